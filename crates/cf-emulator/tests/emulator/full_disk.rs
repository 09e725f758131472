//! What cannot be written is never acknowledged. A limit on the size of files
//! stands in for a full disk.

use std::process::Stdio;

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::{Client, KIND, form};
use crate::program::{signal, started};

/// The program, with files limited to `blocks` times 512 bytes.
fn limited(blocks: u32, arguments: &[&str], stdout: Stdio) -> Child {
    let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_cf-emulator")])
        .args(arguments)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Stops the program as service managers do. Returns whether it exited
/// successfully, and its stderr.
async fn ended(child: &mut Child) -> (bool, String) {
    signal("TERM", child).await;
    let success = child.wait().await.unwrap().success();
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).await.unwrap();
    (success, said)
}

#[tokio::test]
async fn a_change_that_cannot_be_written_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().to_str().unwrap();
    let arguments = ["--port", "0", "--state", state, "--zone", "example.com"];
    let mut child = limited(1200, &arguments, Stdio::piped());
    let (_lines, client) = started(&mut child).await;
    let zones = client.get("/zones").await.result();
    let records = format!("/zones/{}/dns_records", zones[0]["id"].as_str().unwrap());
    let account = client.get("/accounts").await.result()[0]["id"].clone();
    let databases = format!("/accounts/{}/d1/database", account.as_str().unwrap());
    let made = client
        .post(&databases, json!({ "name": "d" }))
        .await
        .result();
    let database = format!("{databases}/{}", made["uuid"].as_str().unwrap());
    let sql = json!({ "sql": "CREATE TABLE t (n INTEGER)" });
    client
        .post(&format!("{database}/query"), sql)
        .await
        .result();
    let content = "x".repeat(2000);
    let mut acknowledged = 0;
    let refused = loop {
        let record =
            json!({ "type": "TXT", "name": format!("r{acknowledged}"), "content": content });
        let answer = client.post(&records, record).await;
        match answer.status.is_success() {
            true => acknowledged += 1,
            false => break answer,
        }
        assert!(acknowledged < 5000, "the limit has no effect");
    };
    assert_eq!(refused.failure(), (500, 10500));
    let why = refused.json()["errors"][0]["error_chain"][0]["message"].clone();
    assert!(why.as_str().unwrap().contains("state.sqlite3"), "{why}");
    // The same for every kind of change; reading still works.
    let sql = json!({ "sql": "INSERT INTO t VALUES (2)" });
    let query = client.post(&format!("{database}/query"), sql).await;
    assert_eq!(query.failure(), (500, 10500));
    let zone = format!("/zones/{}", zones[0]["id"].as_str().unwrap());
    let paused = client.patch(&zone, json!({ "paused": true })).await;
    assert_eq!(paused.failure(), (500, 10500));
    let admin = Client {
        base_url: client.base_url.replace("/client/v4", "/_emulator"),
        headers: Vec::new(),
    };
    let seed = json!({ "accounts": [{ "zones": [{ "name": "example.net" }] }] });
    assert_eq!(admin.post("/seed", seed).await.status, 500);
    let status = admin.get("").await.json();
    assert!(status["state_error"].is_string(), "{status}");
    client.get(&records).await.result();
    let (success, said) = ended(&mut child).await;
    assert!(!success, "{said}");
    assert!(said.contains("cannot write the state"), "{said}");

    // With space again, all that was acknowledged is there.
    let mut child = crate::program::program(&arguments);
    let (_lines, client) = started(&mut child).await;
    let kept = client
        .get(&format!("{records}?per_page=5000"))
        .await
        .result();
    let kept: Vec<&Value> = kept.as_array().unwrap().iter().collect();
    for n in 0..acknowledged {
        let name = json!(format!("r{n}.example.com"));
        assert!(kept.iter().any(|record| record["name"] == name), "{name}");
    }
    let record = json!({ "type": "A", "name": "after", "content": "192.0.2.1" });
    client.post(&records, record).await.result();
    let (success, said) = ended(&mut child).await;
    assert!(success, "{said}");
}

#[tokio::test]
async fn a_state_that_cannot_be_begun_is_an_error() {
    for blocks in [0, 4, 20] {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().to_str().unwrap();
        let mut child = limited(blocks, &["--port", "0", "--state", state], Stdio::piped());
        assert!(!child.wait().await.unwrap().success(), "{blocks}");
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).await.unwrap();
        assert!(said.contains("state.sqlite3"), "{blocks}: {said}");
        let mut stdout = child.stdout.take().unwrap();
        let mut greeting = String::new();
        stdout.read_to_string(&mut greeting).await.unwrap();
        assert_eq!(greeting, "", "{blocks}");
    }
}

#[tokio::test]
async fn a_disk_that_has_room_again_takes_what_it_missed() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().to_str().unwrap();
    let arguments = ["--port", "0", "--state", state];
    let mut child = limited(4000, &arguments, Stdio::piped());
    let (_lines, client) = started(&mut child).await;
    let account = client.get("/accounts").await.result()[0]["id"].clone();
    let namespaces = format!(
        "/accounts/{}/storage/kv/namespaces",
        account.as_str().unwrap()
    );
    let made = client
        .post(&namespaces, json!({ "title": "t" }))
        .await
        .result();
    let values = format!("{namespaces}/{}/values", made["id"].as_str().unwrap());
    let send = async |key: &str, kind: Option<&str>, body: Vec<u8>| {
        let path = format!("{values}/{key}");
        let put = client.try_send(Method::PUT, &path, kind, body);
        put.await.unwrap()
    };
    let put = async |key: &str, size: usize| send(key, None, vec![b'x'; size]).await;
    // Larger than any file may be.
    let large = vec![b'x'; 3 << 20];
    let sent = form(&[("name=\"value\"", &large), ("name=\"metadata\"", b"")]);
    assert_eq!(send("large", None, large).await.failure(), (500, 10500));
    assert_eq!(send("large", KIND, sent).await.failure(), (500, 10500));
    let encoded = json!([{ "key": "large", "value": "x".repeat(3 << 20) }]);
    let bulk = values.replace("/values", "/bulk");
    assert_eq!(client.put(&bulk, encoded).await.failure(), (500, 10500));
    assert_eq!(
        client.get(&format!("{values}/large")).await.failure(),
        (404, 10009)
    );
    put("small", 1 << 20).await.result();
    let (success, said) = ended(&mut child).await;
    assert!(success, "{said}");
    let told = said.lines().filter(|line| line.contains("/objects/"));
    assert_eq!(told.count(), 3, "{said}");
    let objects = std::fs::read_dir(directory.path().join("objects")).unwrap();
    assert_eq!(objects.count(), 1, "nothing is left of what was refused");
}

#[tokio::test]
async fn lines_that_cannot_be_printed_are_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    // Space for the greeting, and not for many requests.
    let mut child = limited(2, &["--port", "0", "--token", "t"], file.into());
    let line = "export CLOUDFLARE_BASE_URL=";
    let base_url = loop {
        let said = std::fs::read_to_string(&log).unwrap();
        let url = said.lines().find_map(|said| said.strip_prefix(line));
        if let Some(url) = url.filter(|_| said.contains("curl")) {
            break url.to_owned();
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        tokio::task::yield_now().await;
    };
    let headers = vec![("authorization", "Bearer t".to_owned())];
    let client = Client { base_url, headers };
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = async { stderr.next_line().await.unwrap().unwrap() };
    let ask = async {
        loop {
            client.get("/zones").await.result();
        }
    };
    let told = tokio::select! {
        told = told => told,
        () = ask => unreachable!(),
    };
    assert!(told.contains("cannot print"), "{told}");
    // It keeps serving.
    client.get("/zones").await.result();
    signal("TERM", &child).await;
    assert!(!child.wait().await.unwrap().success());
    let last = stderr.next_line().await.unwrap().unwrap();
    assert!(last.contains("not all lines could be printed"), "{last}");
    assert_eq!(stderr.next_line().await.unwrap(), None);
}
