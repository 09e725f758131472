//! Workers over the newer operations, which wrangler uses next to the older ones.

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

/// `export default {}`
const MODULE: &str = "ZXhwb3J0IGRlZmF1bHQge30=";

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let workers = format!("/accounts/{}/workers", emulator.account_id());
    (emulator, client, workers)
}

fn version() -> Value {
    json!({
        "main_module": "index.js",
        "compatibility_date": "2026-01-01",
        "bindings": [{ "type": "plain_text", "name": "GREETING", "text": "hi" }],
        "modules": [{ "name": "index.js", "content_type": "application/javascript+module", "content_base64": MODULE }],
    })
}

#[tokio::test]
async fn a_worker_has_a_name_an_identifier_and_versions() {
    let (_emulator, client, workers) = start().await;
    let all = format!("{workers}/workers");
    let body = json!({ "name": "small", "subdomain": { "enabled": true } });
    let made = client.post(&all, body.clone()).await.result();
    assert_eq!(made["subdomain"]["enabled"], true);
    assert_eq!(client.post(&all, body).await.failure().0, 409);
    for by in [made["id"].as_str().unwrap(), "small"] {
        let shown = client.get(&format!("{all}/{by}")).await.result();
        assert_eq!(shown["name"], "small");
    }
    let versions = format!("{all}/small/versions");
    let latest = format!("{versions}/latest");
    let secret = json!({ "env": { "KEY": { "type": "secret_text", "text": "hush" } } });
    assert_eq!(
        client.patch(&latest, secret.clone()).await.failure(),
        (404, 10222)
    );
    let first = client
        .post(&format!("{versions}?deploy=true"), version())
        .await
        .result();
    assert_eq!(first["number"], 1);
    assert_eq!(first["bindings"][0]["name"], "GREETING");
    let code = client.get(&format!("{workers}/scripts/small")).await;
    assert_eq!(&code.body[..], b"export default {}");
    // Secrets lead to another version, without traffic.
    assert_eq!(client.patch(&latest, secret).await.result()["number"], 2);
    assert_eq!(
        client
            .get(&versions)
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let deployments = format!("{workers}/scripts/small/deployments");
    let deployed = client.get(&deployments).await.result();
    assert_eq!(
        deployed["deployments"][0]["versions"][0]["version_id"],
        first["id"]
    );
    let kept = client
        .get(&format!("{workers}/scripts/small/secrets"))
        .await;
    assert_eq!(kept.result()[0]["name"], "KEY");
    assert_eq!(
        client.delete(&format!("{all}/small")).await.json()["success"],
        true
    );
    assert_eq!(client.get(&format!("{all}/small")).await.failure().0, 404);
}

#[tokio::test]
async fn what_one_way_writes_the_other_reads() {
    let (_emulator, client, workers) = start().await;
    let script = format!("{workers}/scripts/old");
    let kind = Some("application/javascript");
    let code = "addEventListener('fetch', () => {})".to_owned();
    let sent = client
        .try_send(Method::PUT, &script, kind, code.clone())
        .await;
    assert_eq!(sent.unwrap().result()["has_modules"], false);
    assert_eq!(&client.get(&script).await.body[..], code.as_bytes());
    let shown = client.get(&format!("{workers}/workers/old")).await.result();
    assert_eq!(shown["subdomain"]["enabled"], false);
    let on = json!({ "enabled": true, "previews_enabled": false });
    client
        .post(&format!("{script}/subdomain"), on)
        .await
        .result();
    let shown = client.get(&format!("{workers}/workers/old")).await.result();
    assert_eq!(shown["subdomain"]["enabled"], true);
}
