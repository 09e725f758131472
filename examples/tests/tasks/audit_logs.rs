//! Filters whose parts have setters of their own.

use crate::Outcome;

#[tokio::test]
async fn entries_by_actor_action_and_date() -> Outcome {
    let (emulator, client, account, _zone) = cf_examples::start().await?;
    let entries = client
        .audit_logs()
        .list(&account)
        .action_type("add")
        .actor_email("ada@example.com")
        .since("2026-11-01T00:00:00Z")
        .before("2026-11-28T00:00:00Z")
        .direction("asc");
    entries.items().collect_all().await?;
    let sent = emulator.requests().pop().ok_or("no request")?;
    let query = sent.query;
    assert!(query.contains("action.type=add"), "{query}");
    assert!(query.contains("actor.email=ada%40example.com"), "{query}");

    // A filter of one text takes the text.
    client.audit_logs().list(&account).action("add").await?;
    let sent = emulator.requests().pop().ok_or("no request")?;
    assert!(sent.query.contains("action.type=add"));
    Ok(())
}

#[tokio::test]
async fn entries_but_for_some() -> Outcome {
    let (emulator, client, account, _zone) = cf_examples::start().await?;
    let entries = client
        .accounts()
        .logs()
        .audit()
        .list(&account, "2026-11-01T00:00:00Z", "2026-11-28T00:00:00Z")
        .actor_context_not(["dash"])
        .action_type_not(["view"])
        .limit(100);
    entries.items().collect_all().await?;
    let sent = emulator.requests().pop().ok_or("no request")?;
    let query = sent.query;
    assert!(query.contains("action_type.not=view"), "{query}");
    Ok(())
}
