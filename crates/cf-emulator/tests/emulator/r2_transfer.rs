//! Transferring objects: ranges, conditions, and bodies longer than what is
//! received at once.

use bytes::Bytes;
use cf_emulator::{Emulator, Fault};
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, Client};

async fn bucket(emulator: &Emulator) -> (Client, String) {
    let client = Client::new(emulator);
    let all = format!("/accounts/{}/r2/buckets", emulator.account_id());
    let body = json!({ "name": "photos" });
    client.post(&all, body).await.result();
    (client, format!("{all}/photos/objects"))
}

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let mut all = client.headers.clone();
    all.extend(headers.iter().map(|(n, v)| (*n, (*v).to_owned())));
    let client = Client {
        base_url: client.base_url.clone(),
        headers: all,
    };
    client.try_send(method, path, None, body).await.unwrap()
}

/// Longer than one piece in memory.
fn long() -> Bytes {
    (0..1_000_003_u32).map(|n| (n % 251) as u8).collect()
}

#[tokio::test]
async fn ranges_in_memory_and_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [
        Emulator::builder(),
        Emulator::builder().state(directory.path()),
    ] {
        let emulator = builder.start().await.unwrap();
        let (client, objects) = bucket(&emulator).await;
        let (path, bytes) = (format!("{objects}/long"), long());
        let stored = send(&client, Method::PUT, &path, &[], bytes.clone()).await;
        // The MD5 of the same bytes, by md5sum.
        assert_eq!(stored.result()["etag"], "c767382bbc15b14aff5ccfad14bdd82e");
        let size = bytes.len();
        for (range, from, to) in [
            ("bytes=0-0", 0, 1),
            ("bytes=262143-262144", 262_143, 262_145),
            ("bytes=999000-", 999_000, size),
            ("bytes=-10", size - 10, size),
            ("bytes=5-9999999", 5, size),
        ] {
            let part = send(&client, Method::GET, &path, &[("range", range)], "").await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
            let shown = format!("bytes {from}-{}/{size}", to - 1);
            assert_eq!(part.headers["content-range"], shown);
            assert_eq!(part.body, bytes.slice(from..to), "{range}");
        }
        for whole in ["bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=9-3"] {
            let all = send(&client, Method::GET, &path, &[("range", whole)], "").await;
            assert_eq!((all.status, &all.body), (StatusCode::OK, &bytes), "{whole}");
        }
        let beyond = send(
            &client,
            Method::GET,
            &path,
            &[("range", "bytes=1000003-")],
            "",
        )
        .await;
        assert_eq!(beyond.failure(), (416, 10039));
        emulator.inject(Fault::cut_body(300_000));
        let cut = client.try_send(Method::GET, &path, None, "").await;
        assert!(cut.is_err(), "a file breaks off like other bodies");
    }
}

#[tokio::test]
async fn conditions() {
    let emulator = Emulator::start().await.unwrap();
    let (client, objects) = bucket(&emulator).await;
    let path = format!("{objects}/a");
    let meta = [("x-amz-meta-colour", "red"), ("content-language", "da")];
    let stored = send(&client, Method::PUT, &path, &meta, "hello").await;
    let etag = stored.result()["etag"].as_str().unwrap().to_owned();
    assert_eq!(etag, "5d41402abc4b2a76b9719d911017c592");
    let read = client.get(&path).await;
    assert_eq!(read.headers["x-amz-meta-colour"], "red");
    assert_eq!(read.headers["content-language"], "da");
    let modified = read.headers["last-modified"].to_str().unwrap().to_owned();
    let quoted = format!("\"{etag}\"");
    let past = "Mon, 01 Jan 2001 00:00:00 GMT";

    for (name, value, status) in [
        ("if-none-match", quoted.as_str(), 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"other\"", 200),
        ("if-modified-since", modified.as_str(), 304),
        ("if-modified-since", past, 200),
        ("if-match", quoted.as_str(), 200),
        ("if-match", "\"other\", \"one\"", 412),
        ("if-unmodified-since", past, 412),
        ("if-unmodified-since", modified.as_str(), 200),
    ] {
        let answer = send(&client, Method::GET, &path, &[(name, value)], "").await;
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 304 {
            assert_eq!(
                (answer.body.len(), &answer.headers["etag"]),
                (0, &quoted.parse().unwrap())
            );
        }
    }
    for (known, status) in [(quoted.as_str(), 206), ("\"other\"", 200), (past, 200)] {
        let headers = [("range", "bytes=0-1"), ("if-range", known)];
        let answer = send(&client, Method::GET, &path, &headers, "").await;
        assert_eq!(answer.status, status, "if-range: {known}");
    }
    let twice = send(&client, Method::PUT, &path, &[("if-none-match", "*")], "x").await;
    assert_eq!(twice.failure(), (412, 10031));
    let stale = send(&client, Method::PUT, &path, &[("if-match", "\"old\"")], "x").await;
    assert_eq!(stale.failure(), (412, 10031));
    assert_eq!(client.get(&path).await.body, "hello");
    let fresh = send(&client, Method::PUT, &path, &[("if-match", &quoted)], "x").await;
    fresh.result();
    assert_eq!(client.get(&path).await.body, "x");
}

#[tokio::test]
async fn files_on_disk_live_as_long_as_their_objects() {
    let directory = tempfile::tempdir().unwrap();
    let files = || {
        let folder = directory.path().join("objects");
        std::fs::read_dir(folder).unwrap().count()
    };
    let start = || Emulator::builder().state(directory.path()).start();
    let emulator = start().await.unwrap();
    let (client, objects) = bucket(&emulator).await;
    for (key, body) in [("a", "one"), ("b", "two"), ("a", "three")] {
        let path = format!("{objects}/{key}");
        send(&client, Method::PUT, &path, &[], body).await.result();
    }
    let nobody = Client::with_headers(&emulator, &[]);
    let refused = send(&nobody, Method::PUT, &format!("{objects}/c"), &[], "x").await;
    assert_eq!(refused.failure(), (401, 9106));
    let other = objects.replace("photos", "nothing");
    let lost = send(&client, Method::PUT, &format!("{other}/c"), &[], "x").await;
    assert_eq!(lost.failure(), (404, 10006));
    let snapshot = emulator.snapshot();
    emulator.stop().await.unwrap();
    assert_eq!(files(), 2, "what was replaced or refused is gone");

    // What an aborted upload left when the program was killed.
    let orphan = "0123456789abcdef0123456789abcdef";
    std::fs::write(directory.path().join("objects").join(orphan), "x").unwrap();
    let emulator = start().await.unwrap();
    assert_eq!(files(), 2);
    let client = Client::new(&emulator);
    assert_eq!(client.get(&format!("{objects}/a")).await.body, "three");
    client.delete(&format!("{objects}/a")).await.result();
    // The state of the start still refers to the file.
    emulator.reset();
    assert_eq!(client.get(&format!("{objects}/a")).await.body, "three");
    emulator.restore(&snapshot).unwrap();
    assert_eq!(client.get(&format!("{objects}/b")).await.body, "two");
    emulator.stop().await.unwrap();
    let emulator = start().await.unwrap();
    let client = Client::new(&emulator);
    assert_eq!(client.get(&format!("{objects}/a")).await.body, "three");
    assert_eq!(files(), 2);
}
