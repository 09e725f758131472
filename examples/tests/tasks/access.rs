//! A group and a policy with several rules.

use crate::Outcome;
use cf_client::types::zero_trust::access::AccessRule;
use cf_client::types::zero_trust::access::groups::GroupParam;
use cf_client::types::zero_trust::access::policies::{ApprovalGroup, PolicyParam};

#[tokio::test]
async fn group_and_policy() -> Outcome {
    let (_emulator, client, account, _zone) = cf_examples::start().await?;
    let access = client.zero_trust().access();
    let group = GroupParam::new(
        "staff",
        [
            AccessRule::email_domain("example.com"),
            AccessRule::email("ada@example.org"),
        ],
    )
    .require([AccessRule::country("DE")])
    .exclude([
        AccessRule::ip("192.0.2.0/24"),
        AccessRule::email("mallory@example.com"),
    ]);
    let group = access.groups().create(&account, group).await?;

    let policy = PolicyParam::new(
        "staff",
        "allow",
        [AccessRule::group(&group.id), AccessRule::everyone()],
    )
    .require([
        AccessRule::country("DE"),
        AccessRule::authentication_method("mfa"),
    ])
    .exclude([AccessRule::ip_list("8ba2b4a3")])
    .session_duration("12h")
    .purpose_justification_required(true)
    .approval_required(true)
    .approval_groups([ApprovalGroup::new(1).email_addresses(["grace@example.com"])]);
    let policy = access.policies().create(&account, policy).await?;
    assert_eq!(policy.exclude.map(|rules| rules.len()), Some(1));
    let groups = access.groups().list(&account).items().collect_all().await?;
    assert_eq!(groups.len(), 1);
    Ok(())
}
