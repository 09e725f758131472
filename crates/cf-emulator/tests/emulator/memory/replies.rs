//! What is large goes piece by piece, in and out.

use http::Method;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;

use super::{account_with_bucket, emulator, peak};
use crate::client::{Answer, Client};

/// The program, with a directory for its state.
async fn with_directory(more: &[&str]) -> (TempDir, Child, Client) {
    let directory = tempfile::tempdir().unwrap();
    let state = ["--state", directory.path().to_str().unwrap()];
    let (child, client) = emulator(&[&state[..], more].concat()).await;
    (directory, child, client)
}

/// Calls an address outside the API.
async fn outside(client: &Client, method: Method, path: &str, body: Vec<u8>) -> Answer {
    let base_url = client.base_url.replace("/client/v4", "");
    let path = path.strip_prefix(&base_url).unwrap_or(path).to_owned();
    let outside = Client {
        base_url,
        headers: Vec::new(),
    };
    outside.try_send(method, &path, None, body).await.unwrap()
}

fn check(child: &Child, what: &str) {
    let peak = peak(child);
    assert!(peak < 60, "{what}: {peak} MiB");
}

async fn database(client: &Client, account: &str, name: &str) -> String {
    let all = format!("/accounts/{account}/d1/database");
    let made = client.post(&all, json!({ "name": name })).await.result();
    format!("{all}/{}", made["uuid"].as_str().unwrap())
}

/// A small database can be much SQL: the table has a long name.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn databases_go_out_and_in() {
    let (_directory, child, client) = with_directory(&[]).await;
    let account = account_with_bucket(&client).await;
    let first = database(&client, &account, "first").await;
    let name = "n".repeat(4000);
    let fill = format!(
        "CREATE TABLE {name} (a); WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c \
         WHERE x < 21000) INSERT INTO {name} SELECT x FROM c"
    );
    let query = format!("{first}/query");
    client.post(&query, json!({ "sql": fill })).await.result();

    let export = format!("{first}/export");
    let mut ask = json!({ "output_format": "polling" });
    let begun = client.post(&export, ask.clone()).await.result();
    ask["current_bookmark"] = begun["at_bookmark"].clone();
    let done = client.post(&export, ask).await.result();
    let url = done["result"]["signed_url"].as_str().unwrap();
    let sql = outside(&client, Method::GET, url, Vec::new()).await.body;
    assert!(sql.len() > 80 << 20, "{}", sql.len());
    check(&child, "export");

    let import = format!("{}/import", database(&client, &account, "second").await);
    let digest = Md5::digest(&sql);
    let etag: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let init = json!({ "action": "init", "etag": etag });
    let init = client.post(&import, init).await.result();
    let url = init["upload_url"].as_str().unwrap();
    outside(&client, Method::PUT, url, sql.to_vec()).await;
    let ingest = json!({ "action": "ingest", "etag": etag, "filename": init["filename"] });
    let begun = client.post(&import, ingest).await.result();
    let poll = json!({ "action": "poll", "current_bookmark": begun["at_bookmark"] });
    let done = client.post(&import, poll).await.result();
    assert_eq!(done["result"]["num_queries"], 21_002, "{done}");
    check(&child, "import");
}

#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn results_of_statements_go_out() {
    let (_directory, child, client) = with_directory(&[]).await;
    let account = account_with_bucket(&client).await;
    let path = database(&client, &account, "d").await;
    let sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 45) \
               SELECT printf('%.*c', 1000000, 'x') AS a FROM c";
    for form in ["query", "raw"] {
        let path = format!("{path}/{form}");
        let reply = client.post(&path, json!({ "sql": sql })).await;
        assert!(reply.body.len() > 45_000_000);
        let length = reply.headers["content-length"].to_str().unwrap();
        assert_eq!(length, reply.body.len().to_string());
        reply.result();
    }
    check(&child, "results");
}

/// A file is twice as long in a snapshot.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn snapshots_go_out_and_in() {
    let (_directory, child, client) = with_directory(&[]).await;
    let account = account_with_bucket(&client).await;
    let object = format!("/accounts/{account}/r2/buckets/bucket/objects/o");
    let bytes = crate::forms::bytes(45 << 20);
    let put = client.try_send(Method::PUT, &object, None, bytes.clone());
    put.await.unwrap().result();
    let snapshot = "/_emulator/snapshot";
    let taken = outside(&client, Method::GET, snapshot, Vec::new())
        .await
        .body;
    assert!(taken.len() > 90 << 20);
    check(&child, "out");
    outside(&client, Method::POST, "/_emulator/reset", Vec::new()).await;
    assert_eq!(client.get(&object).await.status, 404);
    let restored = outside(&client, Method::PUT, snapshot, taken.to_vec()).await;
    assert_eq!(restored.status, 200, "{}", restored.json());
    assert!(client.get(&object).await.body == bytes);
    check(&child, "in");
}

/// In JSON, a control character takes six bytes, and an empty list in memory many more than two.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn values_go_out_together() {
    let (_directory, child, client) = with_directory(&[]).await;
    let account = account_with_bucket(&client).await;
    let all = format!("/accounts/{account}/storage/kv/namespaces");
    let made = client.post(&all, json!({ "title": "t" })).await.result();
    let namespace = format!("{all}/{}", made["id"].as_str().unwrap());
    let list = format!("[{}0]", "[],".repeat(300_000)).into_bytes();
    for (name, value) in [("text", vec![1; 1 << 20]), ("json", list)] {
        let keys: Vec<_> = (0..24).map(|n| format!("{name}{n}")).collect();
        for key in &keys {
            let path = format!("{namespace}/values/{key}");
            let put = client.try_send(Method::PUT, &path, None, value.clone());
            put.await.unwrap().result();
        }
        let get = json!({ "keys": keys, "type": name });
        let reply = client.post(&format!("{namespace}/bulk/get"), get).await;
        let values = reply.result();
        assert_eq!(values["values"].as_object().unwrap().len(), 24);
        check(&child, name);
    }
}

/// The state itself is in memory, its text is not.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn zone_files_go_out() {
    let (directory, mut child, client) = with_directory(&["--zone", "example.com"]).await;
    let zone = client.get("/zones").await.result()[0]["id"].clone();
    let zone = zone.as_str().unwrap();
    let content = format!("\"{}\"", vec!["x".repeat(250); 8].join("\" \""));
    let records =
        (0..20_000).map(|n| json!({ "type": "TXT", "name": format!("r{n}"), "content": content }));
    let records: Vec<Value> = records.collect();
    for some in records.chunks(200) {
        let batch = format!("/zones/{zone}/dns_records/batch");
        client.post(&batch, json!({ "posts": some })).await.result();
    }
    child.kill().await.unwrap();
    let state = directory.path().to_str().unwrap();
    let (child, client) = emulator(&["--state", state]).await;
    let before = peak(&child);
    let file = client
        .get(&format!("/zones/{zone}/dns_records/export"))
        .await;
    assert!(file.body.len() > 40_000_000, "{}", file.body.len());
    let after = peak(&child);
    assert!(after < before + 15, "{before} MiB, then {after} MiB");
}
