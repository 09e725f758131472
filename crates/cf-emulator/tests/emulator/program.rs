//! The program: what it prints, serves and does at the end.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::client::Client;

fn program(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cf-emulator"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn line_with(lines: &mut Lines<BufReader<ChildStdout>>, start: &str) -> String {
    loop {
        let line = lines.next_line().await.unwrap().expect("the program ended");
        if let Some(rest) = line.strip_prefix(start) {
            return rest.to_owned();
        }
    }
}

#[tokio::test]
async fn it_serves_logs_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let seed = dir.path().join("seed.json");
    std::fs::write(
        &seed,
        r#"{ "accounts": [{ "zones": [{ "name": "seeded.com" }] }] }"#,
    )
    .unwrap();
    let mut child = program(&[
        "--port",
        "0",
        "--token",
        "my-token",
        "--zone",
        "named.com",
        "--seed",
        seed.to_str().unwrap(),
    ]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base_url = line_with(&mut lines, "export CLOUDFLARE_BASE_URL=").await;
    assert_eq!(
        line_with(&mut lines, "export CLOUDFLARE_API_TOKEN=").await,
        "my-token"
    );
    let headers = vec![("authorization", "Bearer my-token".to_owned())];
    let client = Client { base_url, headers };
    let zones = client.get("/zones?order=name").await.result();
    let names: Vec<_> = zones
        .as_array()
        .unwrap()
        .iter()
        .map(|zone| zone["name"].clone())
        .collect();
    assert_eq!(names, [json!("named.com"), json!("seeded.com")]);
    let logged = line_with(&mut lines, "200 GET ").await;
    assert!(
        logged.starts_with("/client/v4/zones?order=name "),
        "{logged}"
    );

    if cfg!(unix) {
        let pid = child.id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .await
                .unwrap()
                .success()
        );
        line_with(&mut lines, "stopping").await;
        let end = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
        assert!(end.expect("it does not stop").unwrap().success());
    }
}

#[tokio::test]
async fn it_says_what_is_wrong() {
    for (arguments, why) in [
        (
            &["--port", "0", "--seed", "/does/not/exist"][..],
            "cannot read /does/not/exist",
        ),
        (&["--port", "0", "--zone", "nodot"], "cannot add zone nodot"),
        (
            &["--port", "0", "--token", "two words"],
            "a token consists of",
        ),
        (&["--port", "high"], "--port"),
    ] {
        let mut child = program(arguments);
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .await
            .unwrap();
        assert!(said.contains(why), "{said}");
        assert!(!child.wait().await.unwrap().success());
    }
}
