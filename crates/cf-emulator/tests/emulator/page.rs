//! The page at `/`, as Chromium shows it. `.ci/run emulator` runs this: it needs
//! Debian's `chromium`.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use cf_emulator::Emulator;
use http::{Method, Request};
use serde_json::{Value, json};

/// An emulator with a zone, and a log with everything that the page must cope with.
async fn emulator() -> Emulator {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let record = json!({ "type": "A", "name": "www", "content": "192.0.2.1" });
    emulator.add_record(&zone, record).unwrap();
    let account = emulator.account_id().to_owned();
    let script = format!("/accounts/{account}/workers/scripts/small");
    for (method, path, body) in [
        (Method::GET, format!("/zones/{zone}"), ""),
        (
            Method::PUT,
            script.clone(),
            "addEventListener('fetch', e => 0)",
        ),
        (
            Method::PUT,
            format!("{script}/secrets"),
            r#"{"name":"KEY","text":"hush-hush","type":"secret_text"}"#,
        ),
        (Method::POST, "/user/tokens".to_owned(), TOKEN),
        (Method::GET, "/nothing?a='&lt;script=1".to_owned(), ""),
        (
            Method::POST,
            "/zones".to_owned(),
            r#"{"name":"<img src=x>"}"#,
        ),
    ] {
        let kind = match body.starts_with('{') {
            true => "application/json",
            false => "application/javascript",
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("/client/v4{path}"))
            .header("authorization", format!("Bearer {}", emulator.token()))
            .header("content-type", kind)
            .header("host", "localhost");
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        emulator.answer(request).await.unwrap();
    }
    emulator
}

const TOKEN: &str = r#"{"name":"ci","policies":[{"effect":"allow","permission_groups":[{"id":"82e64a83756745bbbb1c9c2701bf816b"}],"resources":{"com.cloudflare.api.account.zone.*":"*"}}]}"#;

/// Runs Chromium on a page and returns its output.
fn chromium(profile: &Path, arguments: &[&str], url: &str) -> String {
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(url)
        .output()
        .expect("chromium is not installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn dom(emulator: &Emulator, path: &str) -> String {
    let url = format!("http://{}{path}", emulator.address());
    let shown = tokio::task::spawn_blocking(move || {
        let profile = tempfile::tempdir().unwrap();
        chromium(profile.path(), &["--dump-dom"], &url)
    });
    shown.await.unwrap()
}

#[tokio::test]
#[ignore = "needs chromium; `.ci/run emulator` runs it"]
async fn a_browser_shows_products_requests_and_replies() {
    let emulator = emulator().await;
    let page = dom(&emulator, "/").await;
    for part in [
        "<title>cf-emulator</title>",
        "href=\"/products/dns\">DNS</a>",
        "href=\"/products/workers\">Workers</a>",
        "<h3>Reply</h3>",
        "\"name\":\"example.com\"",
        "/client/v4/nothing?a='&amp;lt;script=1",
        "{\"name\":\"&lt;img src=x&gt;\"}",
        "\"text\":\"[redacted]\"",
        "\"value\":\"[redacted]\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for secret in [emulator.token(), "hush-hush", "cfut_", "<img", "<script"] {
        assert!(!page.contains(secret), "{secret} in {page}");
    }
    assert_eq!(page.matches("<details").count(), 6);

    let filtered = dom(&emulator, "/?method=PUT&status=2&path=secrets").await;
    assert_eq!(filtered.matches("<details").count(), 1, "{filtered}");
    assert!(filtered.contains("<option value=\"PUT\" selected=\"\">"));
    let failed = dom(&emulator, "/?status=4").await;
    assert_eq!(failed.matches("<details").count(), 2, "{failed}");
    let none = dom(&emulator, "/?path=%22%3E%3Cb%3E").await;
    assert!(none.contains("None.") && !none.contains("<b>"), "{none}");
}

#[tokio::test]
#[ignore = "needs chromium; `.ci/run emulator` runs it"]
async fn a_product_leads_to_its_resources() {
    let emulator = emulator().await;
    let shown = dom(&emulator, "/products/dns").await;
    let (_, json) = shown.split_once("<pre>").unwrap();
    let json = json.split_once("</pre>").unwrap().0;
    let resources: Value = serde_json::from_str(json).unwrap();
    let (path, records) = resources.as_object().unwrap().iter().next().unwrap();
    assert!(path.ends_with("/dns_records"), "{path}");
    assert_eq!(records[0]["name"], "www.example.com");
    let workers = dom(&emulator, "/products/workers").await;
    assert!(workers.contains("KEY") && !workers.contains("hush-hush"));
    let nothing = dom(&emulator, "/products/stream").await;
    assert!(nothing.contains("there is nothing of stream"));
}

/// The screenshots are not compared with stored ones: fonts differ between machines.
/// Light and dark must differ, and neither may be blank.
#[tokio::test]
#[ignore = "needs chromium; `.ci/run emulator` runs it"]
async fn it_is_drawn_light_and_dark() {
    let emulator = emulator().await;
    let url = format!("http://{}/", emulator.address());
    let folder = tempfile::tempdir().unwrap();
    let pictures = tokio::task::spawn_blocking(move || {
        ["1", "0"].map(|scheme| {
            let profile = tempfile::tempdir().unwrap();
            let file = folder.path().join(format!("{scheme}.png"));
            let screenshot = format!("--screenshot={}", file.display());
            let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
            let arguments = [screenshot.as_str(), &scheme, "--window-size=1000,1200"];
            chromium(profile.path(), &arguments, &url);
            std::fs::read(file).unwrap()
        })
    });
    let [light, dark] = pictures.await.unwrap();
    for picture in [&light, &dark] {
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000);
    }
    assert_ne!(light, dark);
}
