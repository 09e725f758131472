use crate::Outcome;

#[tokio::test]
async fn v1() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    // TypeScript: client.auditLogs.list({ account_id, action: { type: 'add' }, actor: { email }, since, before, direction: 'desc' })
    let mut entries = client
        .audit_logs()
        .list(&account)
        .action_type("add")
        .actor_email("ada@example.com")
        .since("2026-11-01T00:00:00Z")
        .before("2026-11-28T00:00:00Z")
        .direction("asc")
        .items();
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        println!("{:?} {:?} {:?}", entry.when, entry.actor.and_then(|actor| actor.email), entry.action.and_then(|action| action.kind));
    }
    Ok(())
}

#[tokio::test]
async fn v2() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    let mut entries = client
        .accounts()
        .logs()
        .audit()
        .list(&account, "2026-11-01T00:00:00Z", "2026-11-28T00:00:00Z")
        .actor_context_not(["dash"])
        .action_type_not(["view"])
        .resource_product_not(["dns"])
        .limit(100)
        .items();
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        let (action, actor) = (entry.action.unwrap_or_default(), entry.actor.unwrap_or_default());
        println!("{:?} {:?} {:?}", action.time, action.kind, actor.email);
    }
    Ok(())
}
