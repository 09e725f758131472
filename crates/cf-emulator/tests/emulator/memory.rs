//! How much memory unauthorized callers and large content can use, measured from outside.

mod replies;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::sync::mpsc;

use crate::client::{Client, form, part_head};
use crate::forms::bytes;
use crate::program::{program, started};

const BODY: usize = 98 << 20;
/// Large bodies may take 256 MiB at a time; the rest is for the program itself.
const MOST_MIB: usize = 256 + 100;

/// The ID of the account, after creating a bucket named `bucket` in it.
async fn account_with_bucket(client: &Client) -> String {
    let accounts = client.get("/accounts").await.result();
    let account = accounts[0]["id"].as_str().unwrap().to_owned();
    let buckets = format!("/accounts/{account}/r2/buckets");
    let made = client.post(&buckets, json!({ "name": "bucket" })).await;
    made.result();
    account
}

/// The program's peak memory in MiB.
fn peak(child: &Child) -> usize {
    let status = format!("/proc/{}/status", child.id().unwrap());
    let status = std::fs::read_to_string(status).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib: usize = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib >> 10
}

async fn emulator(arguments: &[&str]) -> (Child, Client) {
    let fixed = ["--port", "0", "--token", "good", "--quiet"];
    let mut child = program(&[&fixed[..], arguments].concat());
    let (_, client) = started(&mut child).await;
    (child, client)
}

/// How sending a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Only its last byte is missing.
    Sent,
    /// There was a reply before.
    Replied,
}

/// Sends a body, whose start follows the head, except for its last byte.
async fn send(stream: &mut TcpStream, head: &str, mut left: usize) -> std::io::Result<End> {
    stream.write_all(head.as_bytes()).await?;
    let piece = vec![b'1'; 1 << 20];
    let (mut read, mut write) = stream.split();
    let mut reply = [0; 1024];
    while left > 0 {
        tokio::select! {
            replied = read.read(&mut reply) => return match replied? {
                0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(End::Replied),
            },
            written = write.write(&piece[..left.min(1 << 20)]) => left -= written?,
        }
    }
    Ok(End::Sent)
}

/// Sends such bodies on twenty connections, until the given number of them has ended in the given way.
/// A form starts with the headers of a part.
async fn unfinished(
    client: &Client,
    request: &str,
    size: usize,
    (enough, expected): (usize, End),
) -> Vec<TcpStream> {
    let address = client.base_url.split('/').nth(2).unwrap().to_owned();
    let (sender, mut ends) = mpsc::channel(20);
    for _ in 0..20 {
        let start = match request.contains("multipart") {
            true => part_head("name=\"file\"; filename=\"f\""),
            false => String::new(),
        };
        let left = size - start.len() - 1;
        let head = format!("{request}\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n{start}");
        let (address, sender) = (address.clone(), sender.clone());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            let end = send(&mut stream, &head, left).await;
            let _ = sender.send((end, stream)).await;
            std::io::Result::Ok(())
        });
    }
    let mut open = Vec::new();
    while open.len() < enough {
        // 2 GB in all, on machines that may be busy.
        let end = tokio::time::timeout(Duration::from_secs(300), ends.recv()).await;
        let (end, stream) = end.expect("they do not come to an end").unwrap();
        assert_eq!(end.unwrap(), expected, "{request}");
        open.push(stream);
    }
    open
}

#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn unfinished_bodies_of_strangers_take_none() {
    let (child, client) = emulator(&[]).await;
    for request in [
        "POST /client/v4/zones HTTP/1.1",
        "POST /client/v4/zones HTTP/1.1\r\nAuthorization: Bearer bad",
        "POST /nowhere HTTP/1.1",
    ] {
        let _open = unfinished(&client, request, BODY, (20, End::Replied)).await;
        let peak = peak(&child);
        assert!(peak < 100, "{request}: {peak} MiB");
    }
}

#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn unfinished_bodies_share_a_bounded_room() {
    let object = "PUT /client/v4/accounts/ACCOUNT/r2/buckets/bucket/objects/o HTTP/1.1";
    let value = "PUT /client/v4/accounts/ACCOUNT/storage/kv/namespaces/ACCOUNT/bulk HTTP/1.1";
    for request in [
        "POST /client/v4/zones HTTP/1.1",
        "PUT /_emulator/snapshot HTTP/1.1",
        object,
        value,
    ] {
        let (child, client) = emulator(&[]).await;
        let account = &account_with_bucket(&client).await;
        let request = request.replace("ACCOUNT", account);
        let request = format!("{request}\r\nAuthorization: Bearer good");
        let _open = unfinished(&client, &request, BODY, (2, End::Sent)).await;
        // Small requests are served meanwhile.
        client
            .post("/zones", json!({ "name": "example.com" }))
            .await
            .result();
        let small = format!("/accounts/{account}/r2/buckets/bucket/objects/small");
        let put = client.try_send(Method::PUT, &small, None, "small").await;
        put.unwrap().result();
        let peak = peak(&child);
        assert!(peak < MOST_MIB, "{request}: {peak} MiB");
    }
}

/// Objects that go to a directory take no memory at all.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn large_objects_go_to_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let (child, client) = emulator(&["--state", directory.path().to_str().unwrap()]).await;
    let account = account_with_bucket(&client).await;
    let object = format!("/accounts/{account}/r2/buckets/bucket/objects/o");
    let request = format!("PUT /client/v4{object} HTTP/1.1\r\nAuthorization: Bearer good");
    let open = unfinished(&client, &request, 12 << 20, (20, End::Sent)).await;
    for mut stream in open {
        stream.write_all(b"1").await.unwrap();
        let mut reply = [0; 12];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"HTTP/1.1 200");
    }
    let peak = peak(&child);
    assert!(peak < 150, "{peak} MiB");
}

/// Files in forms go to the directory, or nowhere, but are never in memory as a whole.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn large_forms_take_none() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().to_str().unwrap();
    let (child, client) = emulator(&["--state", state, "--zone", "example.com"]).await;
    let account = account_with_bucket(&client).await;
    let id = async |path: &str, body: Value| {
        let path = path.replace("ACCOUNT", &account);
        client.post(&path, body).await.result()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let namespace = id(
        "/accounts/ACCOUNT/storage/kv/namespaces",
        json!({ "title": "t" }),
    )
    .await;
    let site = json!({ "name": "site", "production_branch": "main" });
    id("/accounts/ACCOUNT/pages/projects", site).await;
    let zone = client.get("/zones").await.result()[0]["id"].clone();
    let file = bytes(80 << 20);
    let fields: [(&str, &[u8]); 3] = [
        (
            "name=\"metadata\"",
            br#"{"main_module":"f","body_part":"f"}"#,
        ),
        ("name=\"manifest\"", b"{}"),
        ("name=\"id\"", b"i"),
    ];
    for upload in [
        "POST /accounts/ACCOUNT/stream file 200",
        "POST /accounts/ACCOUNT/images/v1 file 200",
        "POST /accounts/ACCOUNT/cloudforce-one/binary file 200",
        "POST /accounts/ACCOUNT/pages/projects/site/deployments _worker.bundle 200",
        "PUT /zones/ZONE/snippets/s files 200",
        // Parts that are read are bounded, and so are values of KV.
        "POST /zones/ZONE/dns_records/import file 413",
        "PUT /accounts/ACCOUNT/storage/kv/namespaces/NAMESPACE/values/k value 413",
        "PUT /accounts/ACCOUNT/workers/scripts/s f 200",
        "POST /accounts/ACCOUNT/workers/scripts/s/versions f 200",
        "PUT /accounts/ACCOUNT/workers/scripts/s/content f 200",
    ] {
        let words: Vec<_> = upload.split(' ').collect();
        let path = words[1]
            .replace("ACCOUNT", &account)
            .replace("NAMESPACE", &namespace)
            .replace("ZONE", zone.as_str().unwrap());
        let head = format!("name=\"{0}\"; filename=\"{0}\"", words[2]);
        let body = form(&[&[(&*head, &file[..])], &fields[..]].concat());
        let method = words[0].parse().unwrap();
        let sent = client.send_form(method, &path, body).await;
        assert_eq!(sent.status.as_str(), words[3], "{upload}");
        let peak = peak(&child);
        assert!(peak < 60, "{upload}: {peak} MiB");
    }
    let script = format!("/accounts/{account}/workers/scripts/s");
    assert!(client.get(&script).await.body == file);
    // Static files are in Base64.
    let manifest = json!({ "manifest": { "/a": { "hash": "0a", "size": 60 << 20 } } });
    let path = format!("{script}/assets-upload-session");
    let session = client.post(&path, manifest).await;
    let jwt = session.result()["jwt"].as_str().unwrap().to_owned();
    let uploader = Client {
        base_url: client.base_url.clone(),
        headers: vec![("authorization", format!("Bearer {jwt}"))],
    };
    let path = format!("/accounts/{account}/workers/assets/upload?base64=true");
    let encoded = form(&[("name=\"0a\"", &vec![b'A'; 80 << 20])]);
    let sent = uploader.send_form(Method::POST, &path, encoded).await;
    assert!(sent.result()["jwt"].is_string());
    let peak = peak(&child);
    assert!(peak < 60, "{peak} MiB");
}

/// The same if they never end.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn unfinished_forms_take_few() {
    let directory = tempfile::tempdir().unwrap();
    let state = ["--state", directory.path().to_str().unwrap()];
    let form = "multipart/form-data; boundary=B";
    for (request, kind, arguments, size, end) in [
        (
            "POST /client/v4/accounts/ACCOUNT/stream",
            form,
            &[][..],
            BODY,
            End::Sent,
        ),
        // A video is a form's file or comes in parts; as the body itself, it is refused at once.
        (
            "POST /client/v4/accounts/ACCOUNT/stream",
            "video/mp4",
            &[],
            BODY,
            End::Replied,
        ),
        (
            "PUT /client/v4/accounts/ACCOUNT/workers/scripts/s",
            form,
            &state,
            12 << 20,
            End::Sent,
        ),
    ] {
        let (child, client) = emulator(arguments).await;
        let request = request.replace("ACCOUNT", &account_with_bucket(&client).await);
        let head = format!("HTTP/1.1\r\nContent-Type: {kind}\r\nAuthorization: Bearer good");
        let request = format!("{request} {head}");
        let open = unfinished(&client, &request, size, (20, end)).await;
        let peak = peak(&child);
        assert!(peak < 100, "{request}: {peak} MiB");
        drop(open);
    }
}

/// Two bytes of JSON can take a hundred in memory.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn json_of_nothing_but_brackets_is_refused() {
    let (child, client) = emulator(&[]).await;
    let admin = Client {
        base_url: client.base_url.replace("/client/v4", "/_emulator"),
        headers: Vec::new(),
    };
    let json = Some("application/json");
    for values in ["[],", "{\"\":0},", "0,", "\"\",", "[[]],"] {
        let values = values.repeat((16 << 20) / values.len());
        let body = format!("{{\"accounts\":[{values}0]}}");
        for (client, method, path) in [
            (&client, Method::POST, "/zones"),
            (&admin, Method::POST, "/seed"),
            (&admin, Method::PUT, "/snapshot"),
        ] {
            let refused = client.try_send(method, path, json, body.clone()).await;
            assert_eq!(refused.unwrap().status, 400, "{path}");
        }
    }
    let peak = peak(&child);
    assert!(peak < MOST_MIB, "{peak} MiB");
    // Realistic amounts are accepted.
    let keys = vec![json!({ "name": "key", "more": [1, 2, 3] }); 200_000];
    let refused = client.post("/zones", json!({ "name": keys })).await;
    let why = refused.json()["errors"][0]["message"].to_string();
    assert!(!why.contains("Malformed"), "{why}");
}

/// A client that does not read its copy of the state blocks others from theirs, and takes no more memory.
#[tokio::test]
#[ignore = "takes half a minute; `.ci/run emulator` runs it"]
async fn copies_of_the_state_that_nobody_reads_are_few() {
    let (child, client) = emulator(&[]).await;
    let account = account_with_bucket(&client).await;
    let object = format!("/accounts/{account}/r2/buckets/bucket/objects/o");
    let body = vec![0; 3 << 20];
    let put = client.try_send(Method::PUT, &object, None, body).await;
    put.unwrap().result();
    let address = client.base_url.split('/').nth(2).unwrap().to_owned();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request = b"GET /_emulator/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        waiting.spawn(async move {
            let mut reply = [0; 12];
            stream.read_exact(&mut reply).await.unwrap();
            // On a busy machine, some may have waited for too long.
            assert!([b"HTTP/1.1 200", b"HTTP/1.1 503"].contains(&&reply));
            stream
        });
    }
    // Each is answered when another ends, and other requests are served all the time.
    while let Some(unread) = waiting.join_next().await {
        let _open = unread.unwrap();
        client.get("/zones").await.result();
    }
    let peak = peak(&child);
    assert!(peak < 90, "{peak} MiB");
}
