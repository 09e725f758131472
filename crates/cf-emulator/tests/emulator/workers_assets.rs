//! Static files of Workers: sessions, uploads, deployments.

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, form};

async fn deploy(client: &Client, path: &str, metadata: &Value) -> Answer {
    let form = form(&[("name=\"metadata\"", metadata.to_string().as_bytes())]);
    client.send_form(Method::PUT, path, form).await
}

#[tokio::test]
async fn files_are_sent_once_and_go_with_an_upload() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let workers = format!("/accounts/{}/workers", emulator.account_id());
    let (script, upload) = (
        format!("{workers}/scripts/site"),
        format!("{workers}/assets/upload?base64=true"),
    );
    let start = format!("{script}/assets-upload-session");
    let manifest = json!({ "manifest": {
        "/index.html": { "hash": "0a", "size": 3 },
        "/copy.html": { "hash": "0a", "size": 3 },
        "/other.html": { "hash": "0b", "size": 3 },
    } });
    assert_eq!(client.post(&start, json!({})).await.failure().0, 400);
    let session = client.post(&start, manifest.clone()).await.result();
    assert_eq!(session["buckets"], json!([["0a", "0b"]]));
    let jwt = session["jwt"].as_str().unwrap();
    let metadata = json!({ "assets": { "jwt": jwt, "config": {} } });
    // Some files are missing.
    assert_eq!(deploy(&client, &script, &metadata).await.failure().0, 400);
    let own = Client::with_token(&emulator, jwt);
    for (hash, data, done) in [("0a", "aGkK", false), ("0b", "aG8K", true)] {
        let head = format!("name=\"{hash}\"; filename=\"{hash}\"");
        let form = form(&[(&head, data.as_bytes())]);
        // The account's own token is not a session's.
        let other = client.send_form(Method::POST, &upload, form.clone()).await;
        assert_eq!(other.failure().0, 401);
        let sent = own.send_form(Method::POST, &upload, form).await.result();
        assert_eq!(sent["jwt"].is_string(), done, "{sent}");
    }
    let kept = deploy(&client, &script, &metadata).await.result();
    assert_eq!(kept["has_assets"], true);
    // Known files are not requested again.
    assert_eq!(
        client.post(&start, manifest).await.result()["buckets"],
        json!([])
    );
}

#[tokio::test]
async fn where_any_identifier_will_do_any_token_uploads() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id();
    let upload = format!("/accounts/{account}/workers/assets/upload?base64=true");
    let form = form(&[("name=\"0a\"", b"aGkK")]);
    let sent = client.send_form(Method::POST, &upload, form).await;
    assert!(sent.result()["jwt"].is_string());
}
