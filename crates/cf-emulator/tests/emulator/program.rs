//! The program: its output, its options, and how it stops.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::client::Client;

pub(crate) fn program(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cf-emulator"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub(crate) async fn line_with(lines: &mut Lines<BufReader<ChildStdout>>, start: &str) -> String {
    loop {
        let line = lines.next_line().await.unwrap().expect("the program ended");
        if let Some(rest) = line.strip_prefix(start) {
            return rest.to_owned();
        }
    }
}

/// Sends a signal with the shell's own `kill`: not every machine has it as a program.
#[cfg(unix)]
pub(crate) async fn signal(name: &str, child: &Child) {
    let kill = format!("kill -{name} {}", child.id().unwrap());
    let killed = Command::new("sh").args(["-c", &kill]).status().await;
    assert!(killed.unwrap().success());
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

    #[cfg(unix)]
    {
        signal("INT", &child).await;
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
        (&["--port", "0", "--allow-host", "x:80"], "is not a host"),
        #[cfg(all(unix, feature = "sqlite"))]
        (
            &["--port", "0", "--state", "/dev/null/x"],
            "Not a directory",
        ),
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

/// Waits until the program prints where it listens.
pub(crate) async fn started(child: &mut Child) -> (Lines<BufReader<ChildStdout>>, Client) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base_url = line_with(&mut lines, "export CLOUDFLARE_BASE_URL=").await;
    let token = line_with(&mut lines, "export CLOUDFLARE_API_TOKEN=").await;
    let headers = vec![("authorization", format!("Bearer {token}"))];
    (lines, Client { base_url, headers })
}

#[cfg(all(unix, feature = "sqlite"))]
#[tokio::test]
async fn what_was_answered_outlives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().to_str().unwrap();
    let arguments = ["--port", "0", "--state", state, "--zone", "example.com"];
    let mut child = program(&arguments);
    let (lines, client) = started(&mut child).await;
    let zones = client.get("/zones").await.result();
    let records = format!("/zones/{}/dns_records", zones[0]["id"].as_str().unwrap());
    let add = async |n: usize| {
        let record = json!({ "type": "TXT", "name": format!("r{n}"), "content": "x" });
        client.post(&records, record).await.result();
    };
    for n in 0..40 {
        add(n).await;
    }
    child.kill().await.unwrap();
    drop(lines);

    let mut child = program(&arguments);
    let (_lines, client) = started(&mut child).await;
    let kept = client
        .get(&format!("{records}?per_page=100&order=name"))
        .await;
    assert_eq!(kept.result().as_array().unwrap().len(), 40);
}

#[cfg(all(unix, feature = "tls"))]
#[tokio::test]
async fn https_and_the_signal_of_service_managers() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    let mut child = program(&["--port", "0", "--tls-ca", ca.to_str().unwrap()]);
    let (mut lines, client) = started(&mut child).await;
    assert!(client.base_url.starts_with("https://127.0.0.1:"));
    let pem = std::fs::read_to_string(&ca).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    signal("TERM", &child).await;
    line_with(&mut lines, "stopping").await;
    let end = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    assert!(end.expect("it does not stop").unwrap().success());
}

#[tokio::test]
async fn nobody_has_to_read_what_it_prints() {
    let mut child = program(&["--port", "0"]);
    let (lines, client) = started(&mut child).await;
    drop(lines);
    for _ in 0..3 {
        client.get("/zones").await.result();
    }
}
