//! Workers scripts: uploads, versions, deployments, secrets.

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, Client, form};

const CODE: &str = "export default { fetch() { return new Response('hi') } }";

pub(crate) async fn upload(
    client: &Client,
    method: Method,
    path: &str,
    metadata: &Value,
) -> Answer {
    let module = "name=\"index.js\"; filename=\"index.js\"\r\n\
                  Content-Type: application/javascript+module";
    let metadata = metadata.to_string();
    let form = form(&[
        ("name=\"metadata\"", metadata.as_bytes()),
        (module, CODE.as_bytes()),
    ]);
    client.send_form(method, path, form).await
}

pub(crate) async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let scripts = format!("/accounts/{}/workers/scripts", emulator.account_id());
    (emulator, client, scripts)
}

#[tokio::test]
async fn many_secrets_change_at_once() {
    let (_emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    let secrets = format!("{path}/secrets");
    let bulk = format!("{path}/secrets-bulk");
    let both = json!({ "secrets": {
        "A": { "name": "A", "type": "secret_text", "text": "hush" },
        "B": { "name": "B", "type": "secret_text", "text": "hush" },
    } });
    assert_eq!(client.patch(&bulk, both.clone()).await.failure().0, 404);
    let metadata = json!({ "main_module": "index.js" });
    upload(&client, Method::PUT, &path, &metadata)
        .await
        .result();
    let shown = client.patch(&bulk, both.clone()).await.result();
    assert_eq!(shown["A"], json!({ "name": "A", "type": "secret_text" }));
    let change = json!({ "secrets": { "A": null } });
    client.patch(&bulk, change).await.result();
    let left = json!([{ "name": "B", "type": "secret_text" }]);
    assert_eq!(client.get(&secrets).await.result(), left);
    let wrong = json!({ "secrets": { "C": { "type": "secret_text" } } });
    assert_eq!(client.patch(&bulk, wrong).await.failure().0, 400);
}

/// The official SDKs call all parts `files` and name the modules as files; curl users may do neither.
#[tokio::test]
async fn modules_are_found_by_their_part_or_file() {
    let (_emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    for (head, status) in [
        ("name=\"files\"; filename=\"index.js\"", StatusCode::OK),
        ("name=\"index.js\"; filename=\"built.js\"", StatusCode::OK),
        ("name=\"index.js\"", StatusCode::OK),
        (
            "name=\"files\"; filename=\"built.js\"",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let metadata = br#"{"main_module":"index.js"}"#;
        let form = form(&[("name=\"metadata\"", metadata), (head, CODE.as_bytes())]);
        let answer = client.send_form(Method::PUT, &path, form).await;
        assert_eq!(answer.status, status, "{head}");
    }
}

#[tokio::test]
async fn a_script_is_uploaded_read_and_deleted() {
    let (_emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    let service = path.replace("/scripts/", "/services/");
    assert_eq!(client.get(&service).await.failure(), (404, 10090));
    let metadata = json!({
        "main_module": "index.js",
        "compatibility_date": "2026-01-01",
        "bindings": [{ "type": "plain_text", "name": "A", "text": "b" }, { "type": "secret_text", "name": "KEY", "text": "hush" }],
    });
    let made = upload(&client, Method::PUT, &path, &metadata)
        .await
        .result();
    assert_eq!(
        (&made["id"], &made["has_modules"]),
        (&json!("small"), &json!(true))
    );
    let content = client.get(&path).await;
    assert_eq!(
        (content.status, content.body.as_ref()),
        (StatusCode::OK, CODE.as_bytes())
    );
    let settings = client.get(&format!("{path}/settings")).await.result();
    assert_eq!(
        settings["bindings"][1],
        json!({ "type": "secret_text", "name": "KEY" })
    );
    let again = upload(
        &client,
        Method::PUT,
        &path,
        &json!({ "main_module": "index.js" }),
    )
    .await
    .result();
    assert_eq!(again["created_on"], made["created_on"]);
    assert_eq!(
        client
            .get(&scripts)
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        client.get(&service).await.result()["default_environment"]["environment"],
        "production"
    );
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 10007));
    assert_eq!(
        client.get(&format!("{path}/secrets")).await.failure(),
        (404, 10007)
    );
}

#[tokio::test]
async fn uploads_are_checked() {
    let (_emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    let missing = json!([{ "type": "kv_namespace", "name": "KV", "namespace_id": "0".repeat(32) }]);
    let twice =
        json!([{ "type": "plain_text", "name": "A" }, { "type": "plain_text", "name": "A" }]);
    for (metadata, code) in [
        (json!({}), 10021),
        (json!({ "main_module": "other.js" }), 10021),
        (
            json!({ "main_module": "index.js", "bindings": missing }),
            10041,
        ),
        (
            json!({ "main_module": "index.js", "bindings": twice }),
            10021,
        ),
    ] {
        let answer = upload(&client, Method::PUT, &path, &metadata).await;
        assert_eq!(answer.failure(), (400, code), "{metadata}");
    }
    assert_eq!(client.get(&scripts).await.result(), json!([]));
}

#[tokio::test]
async fn versions_get_traffic_by_deployments() {
    let (_emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    let metadata = json!({ "main_module": "index.js" });
    assert_eq!(
        upload(
            &client,
            Method::POST,
            &format!("{path}/versions"),
            &metadata
        )
        .await
        .failure(),
        (404, 10007)
    );
    upload(&client, Method::PUT, &path, &metadata)
        .await
        .result();
    let second = upload(
        &client,
        Method::POST,
        &format!("{path}/versions"),
        &metadata,
    )
    .await
    .result();
    assert_eq!(second["number"], 2);
    let versions = client.get(&format!("{path}/versions")).await.result();
    let ids: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["id"].clone())
        .collect();
    assert_eq!((ids.len(), &ids[0]), (2, &second["id"]));
    let split = |first: u32| json!({ "strategy": "percentage", "versions": [{ "version_id": ids[0], "percentage": first }, { "version_id": ids[1], "percentage": 30 }] });
    let deployments = format!("{path}/deployments");
    assert_eq!(
        client.post(&deployments, split(60)).await.failure(),
        (400, 100_119)
    );
    client.post(&deployments, split(70)).await.result();
    let all = client.get(&deployments).await.result();
    assert_eq!(all["deployments"][0]["versions"][0]["percentage"], 70);
    let unknown =
        json!({ "strategy": "percentage", "versions": [{ "version_id": "x", "percentage": 100 }] });
    assert_eq!(
        client.post(&deployments, unknown).await.failure(),
        (404, 10025)
    );
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let (emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    let secrets = format!("{path}/secrets");
    let secret = json!({ "name": "KEY", "text": "hush", "type": "secret_text" });
    assert_eq!(
        client.put(&secrets, secret.clone()).await.failure(),
        (404, 10007)
    );
    upload(
        &client,
        Method::PUT,
        &path,
        &json!({ "main_module": "index.js" }),
    )
    .await
    .result();
    client.put(&secrets, secret).await.result();
    let shown = client.get(&secrets).await;
    assert_eq!(
        shown.result(),
        json!([{ "name": "KEY", "type": "secret_text" }])
    );
    assert!(!String::from_utf8_lossy(&shown.body).contains("hush"));
    for bad in [
        json!({ "name": "1st", "text": "x" }),
        json!({ "name": "A-B", "text": "x" }),
        json!({ "name": "A" }),
        json!({ "name": "A", "text": "x", "type": "other" }),
    ] {
        assert_eq!(
            client.put(&secrets, bad).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    client.delete(&format!("{secrets}/KEY")).await.result();
    assert_eq!(
        client.delete(&format!("{secrets}/KEY")).await.failure(),
        (404, 10056)
    );
    drop(emulator);
}
