//! Migrations of Durable Objects: each is for a Worker with the tag before it.

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, form};

#[tokio::test]
async fn tags_are_checked_and_kept() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let script = format!("/accounts/{}/workers/scripts/chat", emulator.account_id());
    let upload = async |migrations: Option<Value>| {
        let mut metadata = json!({ "main_module": "a.js" });
        if let Some(migrations) = migrations {
            metadata["migrations"] = migrations;
        }
        let form = form(&[
            ("name=\"metadata\"", metadata.to_string().as_bytes()),
            ("name=\"a.js\"; filename=\"a.js\"", b"export default {}"),
        ]);
        client.send_form(Method::PUT, &script, form).await
    };
    let step = |old: Option<&str>, new: &str| {
        Some(json!({ "old_tag": old, "new_tag": new, "steps": [{}] }))
    };
    let refused = upload(step(Some("v0"), "v1")).await;
    assert_eq!(refused.failure(), (412, 10079));
    assert_eq!(upload(None).await.result()["migration_tag"], Value::Null);
    assert_eq!(
        upload(step(None, "v1")).await.result()["migration_tag"],
        "v1"
    );
    let refused = upload(step(None, "v1")).await;
    assert_eq!(refused.failure(), (412, 10079));
    assert!(
        refused.json()["errors"][0]["message"]
            .to_string()
            .contains("current tag is v1")
    );
    // An upload without migrations keeps the tag.
    assert_eq!(upload(None).await.result()["migration_tag"], "v1");
    assert_eq!(
        upload(step(Some("v1"), "v2")).await.result()["migration_tag"],
        "v2"
    );
}
