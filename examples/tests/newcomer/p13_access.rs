use crate::Outcome;
use cf_client::types::zero_trust::access::AccessRule;
use cf_client::types::zero_trust::access::groups::GroupParam;
use cf_client::types::zero_trust::access::policies::{ApprovalGroup, PolicyParam};

#[tokio::test]
async fn group_and_policy() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    let access = client.zero_trust().access();
    let group = GroupParam::new("staff", [AccessRule::email_domain("example.com"), AccessRule::email("ada@example.org")])
        .require([AccessRule::country("DE")])
        .exclude([AccessRule::ip("192.0.2.0/24"), AccessRule::email("mallory@example.com")]);
    let group = access.groups().create(&account, group).await?;

    let policy = PolicyParam::new("staff", "allow", [AccessRule::group(&group.id), AccessRule::everyone()])
        .require([AccessRule::country("DE"), AccessRule::authentication_method("mfa")])
        .exclude([AccessRule::ip_list("8ba2b4a3")])
        .session_duration("12h")
        .purpose_justification_required(true)
        .approval_required(true)
        .approval_groups([ApprovalGroup::new(1).email_addresses(["grace@example.com"])]);
    let policy = access.policies().create(&account, policy).await?;
    println!("{}", policy.id);
    for rule in policy.include.unwrap_or_default() {
        println!("{rule:?}");
    }
    let groups = access.groups().list(&account).items().collect_all().await?;
    assert_eq!(groups.len(), 1);
    Ok(())
}
