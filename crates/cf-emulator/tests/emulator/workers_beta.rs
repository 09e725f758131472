//! Workers over the newer operations, which wrangler uses besides the older ones.

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
    // Secrets create another version, without traffic.
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

/// What wrangler sets with a deployment appears in the lists of the zone and the account.
#[tokio::test]
async fn routes_and_domains_are_set_from_the_script() {
    let (emulator, client, workers) = start().await;
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    for name in ["one", "two"] {
        let body = json!({ "name": name });
        client
            .post(&format!("{workers}/workers"), body)
            .await
            .result();
    }
    let routes = format!("{workers}/scripts/one/routes");
    let wanted = json!([{ "pattern": "*.example.com/api/*" }, { "pattern": "example.com/*", "zone_name": "example.com" }]);
    client.put(&routes, wanted.clone()).await.result();
    let taken = client
        .put(&format!("{workers}/scripts/two/routes"), wanted)
        .await;
    assert_eq!(taken.failure().0, 409);
    let nowhere = client
        .put(&routes, json!([{ "pattern": "example.net/*" }]))
        .await;
    assert_eq!(nowhere.failure().0, 400);
    client
        .put(&routes, json!([{ "pattern": "example.com/*" }]))
        .await
        .result();
    let listed = client
        .get(&format!("/zones/{zone}/workers/routes"))
        .await
        .result();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["script"], "one");

    let domains = format!("{workers}/scripts/one/domains");
    let origins = json!([{ "hostname": "shop.example.com" }]);
    let changes = client
        .post(&format!("{domains}/changeset"), origins.clone())
        .await
        .result();
    assert_eq!(changes["added"][0]["zone_id"], zone);
    let body = json!({ "override_existing_origin": false, "origins": origins });
    let records = format!("{domains}/records");
    let set = client.put(&records, body.clone()).await.json();
    assert_eq!(set["success"], true);
    let all = format!("{workers}/domains");
    assert_eq!(client.get(&all).await.result()[0]["service"], "one");
    let other = client
        .put(&format!("{workers}/scripts/two/domains/records"), body)
        .await;
    assert_eq!(other.failure().0, 409);
    client.put(&records, json!({ "origins": [] })).await.json();
    assert_eq!(client.get(&all).await.result(), json!([]));
}
