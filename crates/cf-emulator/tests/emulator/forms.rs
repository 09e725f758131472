//! Forms with files: every way to write them, and where large parts go.

use std::path::Path;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{Client, KIND, form, part_head};

/// This many bytes, no two pieces alike.
pub(crate) fn bytes(size: usize) -> Vec<u8> {
    let numbers =
        (0..size as u64 / 8 + 1).flat_map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    numbers.take(size).collect()
}

async fn namespace(client: &Client, account: &str) -> String {
    let namespaces = format!("/accounts/{account}/storage/kv/namespaces");
    let made = client.post(&namespaces, json!({ "title": "t" })).await;
    format!("{namespaces}/{}", made.result()["id"].as_str().unwrap())
}

/// The files in the state besides its own.
fn files(directory: &Path) -> usize {
    std::fs::read_dir(directory.join("objects"))
        .unwrap()
        .count()
}

#[tokio::test]
async fn every_legal_way_to_write_one_is_understood() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let namespace = namespace(&client, emulator.account_id()).await;
    let value = "--B in the value, --B\r\n-B and\r\n--A\n\r\n";
    let usual = String::from_utf8(form(&[
        ("name=\"value\"; filename=\"v\"", value.as_bytes()),
        ("name=\"metadata\"", b"{}"),
    ]))
    .unwrap();
    let kind = KIND.unwrap().to_owned();
    let mut ways = vec![
        (kind.clone(), usual.clone()),
        (
            kind.to_uppercase().replace("BOUNDARY", "boundary"),
            usual.clone(),
        ),
        (
            "multipart/form-data;boundary=\"B\"; charset=utf-8".to_owned(),
            usual.clone(),
        ),
        // Blanks after a boundary, text before the first and after the last.
        (
            kind.clone(),
            usual.replace("--B\r\nContent", "--B \t\r\nContent"),
        ),
        (kind.clone(), format!("This is a form.\r\n{usual}")),
        (
            kind.clone(),
            format!("\r\n{usual}That was a form.\r\n--B\r\n"),
        ),
        (kind.clone(), usual.trim_end().to_owned()),
        // Names in quotes, without, and after others.
        (kind.clone(), usual.replace("name=\"value\"", "name=value")),
        (
            kind.clone(),
            usual.replace("filename=\"v\"", "filename=\"a;b=\\\"c\\\".js\""),
        ),
        (
            kind.clone(),
            usual.replace(
                "name=\"value\"; filename=\"v\"",
                "filename=\"name=v\"; name=\"value\"",
            ),
        ),
        (
            kind.clone(),
            usual.replace(
                "filename=\"v\"",
                "filename=\"v\"; filename*=UTF-8''%e2%82%ac",
            ),
        ),
        // Parts without a name, or with another.
        (
            kind.clone(),
            format!("{}1\r\n{usual}", part_head("filename=\"without a name\"")),
        ),
        (
            kind.clone(),
            format!("{}1\r\n{usual}", part_head("name=\"\"")),
        ),
        (
            kind.clone(),
            format!("{}1\r\n{usual}", part_head("name=\"a;b\"")),
        ),
        (
            kind.clone(),
            format!("--B\r\nContent-Type: text/plain\r\n\r\n1\r\n{usual}"),
        ),
        // Headers of every kind.
        (
            kind.clone(),
            usual.replace(
                "Content-Disposition",
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\
                 Content-Length: 3\r\nX-Empty:\r\nX-Own:no blank\r\ncontent-disposition",
            ),
        ),
    ];
    // Every character allowed in a boundary.
    let boundary = "09azAZ'()+_,-./:=? 1";
    ways.push((
        format!("multipart/form-data; boundary=\"{boundary}\""),
        usual
            .replace("--B\r\nContent", &format!("--{boundary}\r\nContent"))
            .replace("--B--", &format!("--{boundary}--")),
    ));
    for (number, (kind, body)) in ways.into_iter().enumerate() {
        let path = format!("{namespace}/values/{number}");
        let put = client.try_send(Method::PUT, &path, Some(&kind), body.clone());
        let put = put.await.unwrap();
        assert_eq!(put.status, 200, "{kind}\n{body}\n{}", put.json());
        let read = client.get(&path).await;
        assert_eq!(read.body, value, "{kind}\n{body}");
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused_whatever_its_size() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let namespace = namespace(&client, emulator.account_id()).await;
    let path = &format!("{namespace}/values/k");
    let whole = |size| form(&[("name=\"value\"", &bytes(size)), ("name=\"metadata\"", b"")]);
    for size in [100, 1 << 20] {
        let form = whole(size);
        let end = form.len();
        for broken in [
            // Truncated, without headers, with endless ones.
            form[..end - 5].to_vec(),
            form[..end / 2].to_vec(),
            [b"--B\r\n\r\n", &form[..]].concat()[..end / 2].to_vec(),
            [b"--B\r\nX: ", "x".repeat(size).as_bytes(), b"\r\n"].concat(),
            vec![b'x'; size],
        ] {
            let refused = client.send_form(Method::PUT, path, broken).await;
            assert_eq!(refused.failure(), (400, 10022));
        }
        let kind = Some("multipart/form-data");
        let without = client.try_send(Method::PUT, path, kind, form);
        assert_eq!(without.await.unwrap().failure(), (400, 10022));
        client
            .send_form(Method::PUT, path, whole(size))
            .await
            .result();
    }
    // Empty parts take memory, too.
    let head: &[(&str, &[u8])] = &[("name=\"a\"", b"")];
    let many = client
        .send_form(Method::PUT, path, form(&head.repeat(10_001)))
        .await;
    assert_eq!(many.failure(), (413, 10413));
}

/// A form to send, and where its file can be read.
struct Sent {
    method: Method,
    path: String,
    parts: Vec<(&'static str, Vec<u8>)>,
    read: Option<String>,
}

impl Sent {
    fn form(&self) -> Vec<u8> {
        let parts = self.parts.iter();
        let parts: Vec<_> = parts.map(|(head, content)| (*head, &content[..])).collect();
        form(&parts)
    }
}

/// Forms with a file for the products that keep it.
async fn kept(client: &Client, account: &str, file: &[u8]) -> Vec<Sent> {
    let namespace = namespace(client, account).await;
    let scripts = format!("/accounts/{account}/workers/scripts");
    let module = "name=\"main.js\"; filename=\"main.js\"";
    let metadata = || br#"{"main_module":"main.js"}"#.to_vec();
    vec![
        Sent {
            method: Method::PUT,
            path: format!("{namespace}/values/k"),
            parts: vec![
                ("name=\"value\"", file.to_vec()),
                ("name=\"metadata\"", Vec::new()),
            ],
            read: Some(format!("{namespace}/values/k")),
        },
        Sent {
            method: Method::PUT,
            path: format!("{scripts}/one"),
            // The module before the metadata that names it, and after another.
            parts: vec![
                ("name=\"files\"; filename=\"other.wasm\"", file.to_vec()),
                ("name=\"files\"; filename=\"main.js\"", file.to_vec()),
                ("name=\"metadata\"", metadata()),
            ],
            read: Some(format!("{scripts}/one")),
        },
        Sent {
            method: Method::PUT,
            path: format!("{scripts}/one/content"),
            parts: vec![("name=\"metadata\"", metadata()), (module, file.to_vec())],
            read: Some(format!("{scripts}/one/content/v2")),
        },
    ]
}

#[tokio::test]
async fn large_files_are_kept_as_files_and_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let file = bytes((1 << 20) + 1);
    for state in [Some(directory.path()), None] {
        let builder = Emulator::builder();
        let builder = match state {
            Some(directory) => builder.state(directory),
            None => builder,
        };
        let emulator = builder.start().await.unwrap();
        let client = Client::new(&emulator);
        let sent = kept(&client, emulator.account_id(), &file).await;
        for form in &sent {
            client
                .send_form(form.method.clone(), &form.path, form.form())
                .await
                .result();
            let read = client.get(form.read.as_ref().unwrap()).await;
            assert!(read.body == file, "{}", form.path);
        }
        // The script itself is sent the same way.
        let script = format!("/accounts/{}/workers/scripts/raw", emulator.account_id());
        let kind = Some("application/javascript");
        let put = client.try_send(Method::PUT, &script, kind, file.clone());
        let etag = put.await.unwrap().result()["etag"].clone();
        let read = client.get(&script).await;
        assert!(read.body == file);
        assert_eq!(read.headers["etag"], etag.as_str().unwrap());
        let Some(directory) = state else { continue };
        // One of KV, one of each script, and not the module that is not referenced.
        emulator.stop().await.unwrap();
        assert_eq!(files(directory), 3);
        let emulator = Emulator::builder().state(directory).start().await.unwrap();
        let client = Client::new(&emulator);
        assert!(client.get(&script).await.body == file);
        for form in &sent[1..] {
            assert!(client.get(form.read.as_ref().unwrap()).await.body == file);
        }
        client.delete(&script).await.result();
        emulator.stop().await.unwrap();
        assert_eq!(files(directory), 2);
    }
}

#[tokio::test]
async fn encoded_files_are_kept_as_files() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().state(directory.path());
    let emulator = emulator.start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id();
    let (file, namespace) = (bytes(1 << 20), namespace(&client, account).await);
    let encoded = BASE64_STANDARD.encode(&file);
    // As static files of a Worker.
    let workers = format!("/accounts/{account}/workers");
    let start = format!("{workers}/scripts/site/assets-upload-session");
    let manifest = json!({ "manifest": { "/a": { "hash": "0a", "size": file.len() } } });
    let session = client.post(&start, manifest.clone()).await.result();
    let own = Client::with_token(&emulator, session["jwt"].as_str().unwrap());
    let upload = format!("{workers}/assets/upload?base64=true");
    let head = "name=\"0a\"; filename=\"0a\"";
    let broken = form(&[(head, format!("{encoded}*").as_bytes())]);
    let refused = own.send_form(Method::POST, &upload, broken).await;
    assert_eq!(refused.failure().0, 400);
    let unknown = form(&[("name=\"0b\"", encoded.as_bytes())]);
    let refused = own.send_form(Method::POST, &upload, unknown).await;
    assert_eq!(refused.failure().0, 400);
    assert_eq!(files(directory.path()), 0);
    let sent = form(&[(head, encoded.as_bytes())]);
    own.send_form(Method::POST, &upload, sent).await.result();
    let again = client.post(&start, manifest).await.result();
    assert_eq!(again["buckets"], json!([]));
    assert_eq!(files(directory.path()), 1);
    // As one of many values.
    let value = |key: &str, value: &str, base64: bool| json!({ "key": key, "value": value, "base64": base64 });
    let bulk = json!([
        value("padded", &encoded, true),
        value("bare", encoded.trim_end_matches('='), true),
        value("plain", &encoded, false),
    ]);
    client
        .put(&format!("{namespace}/bulk"), bulk)
        .await
        .result();
    assert_eq!(files(directory.path()), 4);
    for (key, expected) in [
        ("padded", &file[..]),
        ("bare", &file),
        ("plain", encoded.as_bytes()),
    ] {
        let read = client.get(&format!("{namespace}/values/{key}")).await;
        assert!(read.body == expected, "{key}");
    }
    let bad = json!([value("k", &encoded, true), value("l", "a*", true)]);
    let refused = client.put(&format!("{namespace}/bulk"), bad).await;
    assert_eq!(refused.failure(), (400, 10012));
    assert_eq!(files(directory.path()), 4);
}

/// Parts that products read are bounded; files that they do not read are not kept.
#[tokio::test]
async fn fields_are_bounded_and_files_that_nobody_keeps_pass() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().state(directory.path());
    let emulator = emulator.start().await.unwrap();
    let zone = emulator.add_zone(emulator.account_id(), "example.com");
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let large = bytes(9 << 20);
    let import = format!("/zones/{}/dns_records/import", zone.unwrap());
    let records = "; a comment\n".repeat(90_000) + "www 300 IN A 192.0.2.1\n";
    let file = "name=\"file\"; filename=\"f\"";
    let fits = form(&[(file, records.as_bytes())]);
    let imported = client.send_form(Method::POST, &import, fits).await.result();
    assert_eq!(imported["recs_added"], 1);
    let script = format!("{account}/workers/scripts/s");
    let projects = format!("{account}/pages/projects");
    let project = json!({ "name": "site", "production_branch": "main" });
    client.post(&projects, project).await.result();
    let deployments = format!("{projects}/site/deployments");
    for (method, path, head) in [
        (Method::POST, &import, file),
        (Method::PUT, &script, "name=\"metadata\""),
        (Method::POST, &deployments, "name=\"manifest\""),
    ] {
        let refused = client
            .send_form(method, path, form(&[(head, &large)]))
            .await;
        assert_eq!(refused.failure(), (413, 10413), "{path}");
    }
    let bundle = form(&[
        ("name=\"_worker.bundle\"", &large),
        ("name=\"manifest\"", b"{}"),
    ]);
    let deployed = client.send_form(Method::POST, &deployments, bundle).await;
    assert_eq!(deployed.result()["uses_functions"], true);
    let image = form(&[
        (file, &large),
        ("name=\"metadata\"", b"{\"a\":1}"),
        ("name=\"id\"", b"i"),
    ]);
    let images = format!("{account}/images/v1");
    let made = client.send_form(Method::POST, &images, image).await;
    assert!(made.result()["id"].is_string());
    let video = client
        .send_form(
            Method::POST,
            &format!("{account}/stream"),
            form(&[(file, &large)]),
        )
        .await;
    assert!(video.status.is_success());
    assert_eq!(files(directory.path()), 0);
    // The log has the start.
    let logged = emulator.requests();
    let last = &logged.last().unwrap().body;
    assert!(last.starts_with(part_head(file).as_bytes()));
    assert_eq!(last.len(), 64 << 10);
}

#[tokio::test]
async fn nothing_is_left_of_what_is_refused_or_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().state(directory.path());
    let emulator = emulator.body_limit(4 << 20).start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id();
    let namespace = namespace(&client, account).await;
    let path = format!("{namespace}/values/k");
    let large = bytes(3 << 20);
    // Refused for its content, its size, its sender.
    let parts: &[(&str, &[u8])] = &[("name=\"value\"", &large), ("name=\"metadata\"", b"{bad")];
    let refused = client.send_form(Method::PUT, &path, form(parts)).await;
    assert_eq!(refused.failure(), (400, 10023));
    let broken = form(parts)[..large.len()].to_vec();
    let refused = client.send_form(Method::PUT, &path, broken).await;
    assert_eq!(refused.failure(), (400, 10022));
    let parts = &[("name=\"value\"", &large[..]), ("name=\"more\"", &large)];
    let refused = client.send_form(Method::PUT, &path, form(parts)).await;
    assert_eq!(refused.failure(), (413, 10413));
    let stranger = Client::with_token(&emulator, "unknown");
    let assets = format!("/accounts/{account}/workers/assets/upload?base64=true");
    for (method, path, answer) in [
        (Method::PUT, &path, (401, 10000)),
        (Method::POST, &assets, (401, 10000)),
    ] {
        let refused = stranger.send_form(method, path, form(&parts[..1])).await;
        assert_eq!(refused.failure(), answer);
    }
    assert_eq!(files(directory.path()), 0);
    // Aborted by the client, with and without a known length.
    for size in ["Content-Length: 4000000", "Transfer-Encoding: chunked"] {
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        let token = emulator.token();
        let head = format!(
            "PUT /client/v4{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: multipart/form-data; boundary=B\r\n{size}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let start = [part_head("name=\"value\"").as_bytes(), &large].concat();
        if size.starts_with("Transfer") {
            let chunk = format!("{:x}\r\n", start.len());
            stream.write_all(chunk.as_bytes()).await.unwrap();
        }
        stream.write_all(&start).await.unwrap();
        until(|| files(directory.path()) == 1).await;
        drop(stream);
        until(|| files(directory.path()) == 0).await;
    }
    let keys: Value = client.get(&format!("{namespace}/keys")).await.result();
    assert_eq!(keys, json!([]));
}

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
    waited.expect("it does not come true");
}
