//! Things that take time, when a test asks for it.

use cf_emulator::{Emulator, Pending};
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

/// What the field at `pointer` is, question by question.
async fn seen(client: &Client, path: &str, pointer: &str, questions: usize) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..questions {
        let result = client.get(path).await.result();
        let value = result.pointer(pointer).and_then(Value::as_str);
        assert!(!result.to_string().contains("\"_"), "{result}");
        seen.push(value.unwrap_or_default().to_owned());
    }
    seen
}

/// What begins now is pending for two questions.
async fn start() -> (Emulator, Client, String) {
    let (emulator, client, zone) = with_zone().await;
    emulator.set_pending(Pending::polls(2));
    (emulator, client, zone)
}

#[tokio::test]
async fn a_bulk_operation_takes_effect_when_it_is_completed() {
    let (emulator, client, _) = start().await;
    let lists = format!("/accounts/{}/rules/lists", emulator.account_id());
    let list = client
        .post(&lists, json!({ "name": "bad", "kind": "ip" }))
        .await
        .result();
    let list = format!("{lists}/{}", list["id"].as_str().unwrap());
    let items = format!("{list}/items");
    let begun = client
        .post(&items, json!([{ "ip": "192.0.2.1" }]))
        .await
        .result();
    let operation = format!(
        "{lists}/bulk_operations/{}",
        begun["operation_id"].as_str().unwrap()
    );
    assert_eq!(client.get(&items).await.result(), json!([]));
    assert_eq!(client.get(&list).await.result()["num_items"], 0);
    let states = seen(&client, &operation, "/status", 4).await;
    assert_eq!(states, ["running", "running", "completed", "completed"]);
    assert_eq!(client.get(&items).await.result()[0]["ip"], "192.0.2.1");
    assert_eq!(client.get(&list).await.result()["num_items"], 1);
}

#[tokio::test]
async fn zones_hostnames_packs_and_deployments_become_active() {
    let (emulator, client, zone) = start().await;
    let account = json!({ "id": emulator.account_id() });
    let new = client
        .post(
            "/zones",
            json!({ "name": "example.net", "account": account }),
        )
        .await
        .result();
    let new = format!("/zones/{}", new["id"].as_str().unwrap());
    // Nothing happens before the name servers are checked.
    assert_eq!(seen(&client, &new, "/status", 4).await, ["pending"; 4]);
    let checked = client
        .put(&format!("{new}/activation_check"), json!({}))
        .await;
    checked.result();
    let states = seen(&client, &new, "/status", 3).await;
    assert_eq!(states, ["pending", "pending", "active"]);

    let hostnames = format!("{zone}/custom_hostnames");
    let ssl = json!({ "method": "http", "type": "dv" });
    let hostname = client
        .post(
            &hostnames,
            json!({ "hostname": "app.example.org", "ssl": ssl }),
        )
        .await
        .result();
    assert_eq!(hostname["status"], "pending");
    let hostname = format!("{hostnames}/{}", hostname["id"].as_str().unwrap());
    let states = seen(&client, &hostname, "/ssl/status", 3).await;
    assert_eq!(
        states,
        ["pending_validation", "pending_validation", "active"]
    );
    assert_eq!(seen(&client, &hostname, "/status", 1).await, ["active"]);

    let packs = format!("{zone}/ssl/certificate_packs");
    let order = json!({
        "certificate_authority": "google", "hosts": ["example.com"], "type": "advanced",
        "validation_method": "txt", "validity_days": 90,
    });
    let pack = client.post(&format!("{packs}/order"), order).await.result();
    assert_eq!(client.get(&packs).await.result(), json!([]));
    let pack = format!("{packs}/{}", pack["id"].as_str().unwrap());
    let states = seen(&client, &pack, "/status", 3).await;
    assert_eq!(
        states,
        ["pending_validation", "pending_validation", "active"]
    );
    assert_eq!(
        client.get(&packs).await.result().as_array().unwrap().len(),
        1
    );
    client.delete(&pack).await.result();
    assert_eq!(client.get(&pack).await.failure(), (404, 1408));
}

#[tokio::test]
async fn the_setting_comes_over_http_as_a_time_too_and_goes_with_a_reset() {
    let (emulator, client, _) = with_zone().await;
    let control = emulator
        .base_url()
        .replace("/client/v4", "/_emulator/pending");
    let http = |method: &str, body: Value| {
        let (uri, method) = (control.clone(), method.to_owned());
        let emulator = &emulator;
        async move {
            let request = http::Request::builder().method(&*method).uri(uri);
            let reply = emulator
                .answer(request.body(body.to_string()).unwrap())
                .await;
            reply.unwrap().status().as_u16()
        }
    };
    for wrong in [
        json!({}),
        json!({ "polls": -1 }),
        json!({ "polls": 1, "milliseconds": 1 }),
    ] {
        assert_eq!(http("PUT", wrong).await, 400);
    }
    assert_eq!(http("PUT", json!({ "milliseconds": 60_000 })).await, 200);
    let zone = client
        .post("/zones", json!({ "name": "example.net" }))
        .await
        .result();
    let path = format!("/zones/{}", zone["id"].as_str().unwrap());
    client
        .put(&format!("{path}/activation_check"), json!({}))
        .await
        .result();
    assert_eq!(seen(&client, &path, "/status", 5).await, ["pending"; 5]);

    assert_eq!(http("PUT", json!({ "milliseconds": 0 })).await, 200);
    let zone = client
        .post("/zones", json!({ "name": "example.org" }))
        .await
        .result();
    let path = format!("/zones/{}", zone["id"].as_str().unwrap());
    client
        .put(&format!("{path}/activation_check"), json!({}))
        .await
        .result();
    // Seen in the list, too, though nobody asked for the zone.
    let active = client.get("/zones?name=example.org").await.result();
    assert_eq!(active[0]["status"], "active");

    emulator.set_pending(Pending::polls(9));
    emulator.reset();
    let zone = client
        .post("/zones", json!({ "name": "example.net" }))
        .await
        .result();
    let path = format!("/zones/{}", zone["id"].as_str().unwrap());
    client
        .put(&format!("{path}/activation_check"), json!({}))
        .await
        .result();
    assert_eq!(seen(&client, &path, "/status", 1).await, ["active"]);
}

#[tokio::test]
async fn builds_domains_and_crawls_are_done_after_their_time() {
    let (emulator, client, _) = start().await;
    let account = format!("/accounts/{}", emulator.account_id());

    let trigger = json!({
        "trigger_name": "main", "external_script_id": "api", "repo_connection_uuid": "r", "build_token_uuid": "t",
        "branch_includes": ["main"], "branch_excludes": [], "path_includes": ["*"], "path_excludes": [],
        "build_command": "make", "deploy_command": "npx wrangler deploy", "root_directory": "/",
    });
    let triggers = format!("{account}/builds/triggers");
    let trigger = client.post(&triggers, trigger).await.result();
    let trigger = format!("{triggers}/{}", trigger["trigger_uuid"].as_str().unwrap());
    let body = json!({ "branch": "main" });
    let begun = client
        .post(&format!("{trigger}/builds"), body.clone())
        .await
        .result();
    let build = format!(
        "{account}/builds/builds/{}",
        begun["build_uuid"].as_str().unwrap()
    );
    let states = seen(&client, &build, "/status", 3).await;
    assert_eq!(states, ["running", "running", "stopped"]);
    let done = client.get(&build).await.result();
    assert_eq!(done["build_outcome"], "success");
    assert_eq!(done["build_trigger_metadata"]["branch"], "main");
    // One that is cancelled stays so.
    let begun = client
        .post(&format!("{trigger}/builds"), body)
        .await
        .result();
    let build = format!(
        "{account}/builds/builds/{}",
        begun["build_uuid"].as_str().unwrap()
    );
    let cancelled = client
        .put(&format!("{build}/cancel"), json!({}))
        .await
        .result();
    assert_eq!(cancelled["build_outcome"], "cancelled");
    assert_eq!(
        client.get(&build).await.result()["build_outcome"],
        "cancelled"
    );
    let list = client
        .get(&format!("{account}/builds/workers/api/builds"))
        .await
        .result();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["build_uuid"], begun["build_uuid"]);
    let nowhere = format!("{triggers}/none/builds");
    assert_eq!(client.post(&nowhere, json!({})).await.failure().0, 404);

    let registrations = format!("{account}/registrar/registrations");
    let body = json!({ "domain_name": "Example.Net", "auto_renew": true });
    let begun = client.post(&registrations, body.clone()).await.result();
    assert_eq!(begun["state"], "in_progress");
    let domain = format!("{registrations}/example.net");
    let status = format!("{domain}/registration-status");
    let states = seen(&client, &status, "/state", 3).await;
    assert_eq!(states, ["in_progress", "in_progress", "succeeded"]);
    let known = client.get(&domain).await.result();
    assert_eq!(
        (&known["status"], &known["auto_renew"]),
        (&json!("active"), &json!(true))
    );
    assert_eq!(client.post(&registrations, body).await.failure().0, 400);
    client
        .patch(&domain, json!({ "auto_renew": false }))
        .await
        .result();
    assert_eq!(client.get(&domain).await.result()["auto_renew"], true);
    seen(&client, &format!("{domain}/update-status"), "/state", 3).await;
    assert_eq!(client.get(&domain).await.result()["auto_renew"], false);
    let other = format!("{registrations}/example.org");
    assert_eq!(
        client
            .get(&format!("{other}/transfer-in-status"))
            .await
            .failure()
            .0,
        404
    );
    client
        .post(
            &format!("{other}/transfer-in"),
            json!({ "auth_code": "secret" }),
        )
        .await
        .result();
    assert_eq!(
        client.get(&other).await.result()["status"],
        "transfer_pending"
    );
    let states = seen(&client, &format!("{other}/transfer-in-status"), "/state", 3).await;
    assert_eq!(states[2], "succeeded");
    assert_eq!(client.get(&other).await.result()["status"], "active");

    let crawls = format!("{account}/browser-rendering/crawl");
    let body = json!({ "url": "https://example.com" });
    let id = client.post(&crawls, body).await.result();
    let crawl = format!("{crawls}/{}", id.as_str().unwrap());
    let states = seen(&client, &crawl, "/status", 3).await;
    assert_eq!(states, ["running", "running", "completed"]);
}
