//! Export and import of whole databases, as Wrangler does it.

use bytes::Bytes;
use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const SQL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, \"odd name\" TEXT, data BLOB, half REAL, twice INTEGER AS (id * 2));
CREATE TABLE \"it's\" (a);
CREATE INDEX i ON t (half);
CREATE VIEW v AS SELECT id FROM t;
INSERT INTO t (id, \"odd name\", data, half) VALUES (1, 'O''Neill; ü', x'00ff', 0.5), (2, NULL, NULL, 1e300);
INSERT INTO \"it's\" VALUES (9007199254740993)";

async fn database(emulator: &Emulator, name: &str) -> (Client, String) {
    let client = Client::new(emulator);
    let all = format!("/accounts/{}/d1/database", emulator.account_id());
    let created = client.post(&all, json!({ "name": name })).await.result();
    let path = format!("{all}/{}", created["uuid"].as_str().unwrap());
    (client, path)
}

/// Calls a URL from a reply, without a credential.
async fn fetch(emulator: &Emulator, method: Method, url: &str, body: impl Into<Bytes>) -> Answer {
    let origin = emulator.base_url().replace("/client/v4", "");
    let mut client = Client::with_headers(emulator, &[]);
    client.base_url = origin.clone();
    let path = url.strip_prefix(&origin).unwrap().to_owned();
    client.try_send(method, &path, None, body).await.unwrap()
}

async fn export(emulator: &Emulator, client: &Client, path: &str, options: Value) -> String {
    let path = format!("{path}/export");
    let mut body = json!({ "output_format": "polling", "dump_options": options });
    let begun = client.post(&path, body.clone()).await.result();
    assert_eq!(begun.get("status"), None, "it is not done at once");
    body["current_bookmark"] = begun["at_bookmark"].clone();
    let done = client.post(&path, body).await.result();
    assert_eq!(done["status"], "complete");
    let url = done["result"]["signed_url"].as_str().unwrap();
    let file = fetch(emulator, Method::GET, url, "").await;
    assert_eq!(file.status, StatusCode::OK);
    String::from_utf8(file.body.to_vec()).unwrap()
}

async fn import(emulator: &Emulator, client: &Client, path: &str, sql: &str, etag: &str) -> Value {
    let path = format!("{path}/import");
    let init = json!({ "action": "init", "etag": etag });
    let init = client.post(&path, init).await.result();
    let url = init["upload_url"].as_str().unwrap();
    let put = fetch(emulator, Method::PUT, url, sql.to_owned()).await;
    assert_eq!(put.headers["etag"], format!("\"{etag}\""));
    let ingest = json!({ "action": "ingest", "etag": etag, "filename": init["filename"] });
    let begun = client.post(&path, ingest).await.result();
    let poll = json!({ "action": "poll", "current_bookmark": begun["at_bookmark"] });
    client.post(&path, poll).await.result()
}

#[tokio::test]
async fn an_export_makes_the_same_database_again() {
    let emulator = Emulator::start().await.unwrap();
    let (client, first) = database(&emulator, "first").await;
    let run = json!({ "sql": SQL });
    client.post(&format!("{first}/query"), run).await.result();
    let sql = export(&emulator, &client, &first, json!({})).await;
    assert!(
        sql.starts_with("PRAGMA defer_foreign_keys=TRUE;\n"),
        "{sql}"
    );

    let (client, second) = database(&emulator, "second").await;
    let etag = md5(&sql);
    let done = import(&emulator, &client, &second, &sql, &etag).await;
    assert_eq!(done["status"], "complete", "{done}");
    assert_eq!(done["result"]["num_queries"], 8);
    assert_eq!(done["result"]["meta"]["rows_written"], 3);
    let again = export(&emulator, &client, &second, json!({})).await;
    assert_eq!(again, sql);
    let query = json!({ "sql": "SELECT *, twice FROM t ORDER BY id" });
    let rows = client.post(&format!("{second}/query"), query).await;
    let rows = &rows.result()[0]["results"];
    assert_eq!(rows[0]["odd name"], "O'Neill; ü");
    assert_eq!(
        (&rows[0]["data"], &rows[1]["twice"]),
        (&json!([0, 255]), &json!(4))
    );
}

#[tokio::test]
async fn parts_of_a_database() {
    let emulator = Emulator::start().await.unwrap();
    let (client, path) = database(&emulator, "parts").await;
    let run = json!({ "sql": SQL });
    client.post(&format!("{path}/query"), run).await.result();
    let schema = export(&emulator, &client, &path, json!({ "no_data": true })).await;
    assert!(schema.contains("CREATE INDEX i") && !schema.contains("INSERT"));
    let options = json!({ "no_schema": true, "tables": ["it's"] });
    let data = export(&emulator, &client, &path, options).await;
    let only = "INSERT INTO \"it's\" (\"a\") VALUES(9007199254740993);\n";
    assert_eq!(data, format!("PRAGMA defer_foreign_keys=TRUE;\n{only}"));
}

#[tokio::test]
async fn transfers_that_fail() {
    let emulator = Emulator::start().await.unwrap();
    let (client, path) = database(&emulator, "bad").await;
    let sql = "CREATE TABLE t (a); INSERT INTO nowhere VALUES (1);";
    let done = import(&emulator, &client, &path, sql, &md5(sql)).await;
    assert_eq!(
        (&done["status"], &done["success"]),
        (&json!("error"), &json!(false))
    );
    let error = done["error"].as_str().unwrap();
    assert!(error.contains("no such table"), "{error}");
    let tables = json!({ "sql": "SELECT count(*) AS n FROM sqlite_schema" });
    let tables = client.post(&format!("{path}/query"), tables).await.result();
    assert_eq!(tables[0]["results"][0]["n"], 0, "all of it or nothing");

    // Nothing was uploaded, or not the announced file.
    let init = json!({ "action": "init", "etag": md5("x") });
    let init = client.post(&format!("{path}/import"), init).await.result();
    let ingest = json!({ "action": "ingest", "etag": md5("x"), "filename": init["filename"] });
    let url = init["upload_url"].as_str().unwrap();
    for upload in [None, Some("y")] {
        if let Some(body) = upload {
            fetch(&emulator, Method::PUT, url, body).await;
        }
        let refused = client.post(&format!("{path}/import"), ingest.clone()).await;
        assert_eq!(refused.failure(), (400, 7400));
    }
    let unknown = json!({ "output_format": "polling", "current_bookmark": "never" });
    let unknown = client.post(&format!("{path}/export"), unknown).await;
    assert_eq!(unknown.failure(), (400, 7400));
    let elsewhere = url.rsplit_once('/').unwrap().0.to_owned() + "/guessed";
    let nothing = fetch(&emulator, Method::GET, &elsewhere, "").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

/// A file is read in pieces, which may end within a statement or a character.
#[tokio::test]
async fn long_files_are_read_statement_by_statement() {
    let emulator = Emulator::start().await.unwrap();
    let (client, path) = database(&emulator, "long").await;
    let trigger =
        "CREATE TRIGGER i AFTER INSERT ON t BEGIN UPDATE t SET b = ';' WHERE a IS NULL; END;";
    let mut sql = format!(
        "-- \u{e9}; {}\nCREATE TABLE t (a, b);{trigger}",
        "-".repeat(50_000)
    );
    for n in 0..300 {
        let text = "\u{20ac}''; \u{1f600}".repeat(n);
        sql.push_str(&" \n".repeat(n));
        sql.push_str(&format!("INSERT INTO t VALUES ({n}, '{text}');"));
    }
    sql.push_str(&" ".repeat(200_000));
    let done = import(&emulator, &client, &path, &sql, &md5(&sql)).await;
    assert_eq!(done["result"]["num_queries"], 302, "{done}");
    let sums = json!({ "sql": "SELECT count(*) AS n, sum(length(b)) AS l FROM t" });
    let query = format!("{path}/query");
    let sums = client.post(&query, sums).await.result()[0]["results"][0].clone();
    assert_eq!(sums, json!({ "n": 300, "l": 5 * (0..300).sum::<u32>() }));

    // The SQL is truncated, or a statement is too long.
    for (bad, why) in [
        ("INSERT INTO t VALUES ('", "unrecognized token"),
        ("SELECT 1; -- \n", "no error"),
        (&*format!("SELECT '{}'", "x".repeat(300_000)), "too long"),
        (
            &*format!("/* {} */ SELECT 1;", "x".repeat(300_000)),
            "too long",
        ),
    ] {
        let done = import(&emulator, &client, &path, bad, &md5(bad)).await;
        let error = done["error"].as_str().unwrap_or("no error");
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[tokio::test]
async fn files_that_are_no_text_are_refused() {
    let emulator = Emulator::start().await.unwrap();
    let (client, path) = database(&emulator, "bytes").await;
    let path = format!("{path}/import");
    for end in [&b"\xff"[..], b"\xe2\x82", b"\xe2\x82;"] {
        let sql = [b"SELECT 1; SELECT '", end].concat();
        let etag = digest(&sql);
        let init = json!({ "action": "init", "etag": etag });
        let init = client.post(&path, init).await.result();
        let url = init["upload_url"].as_str().unwrap();
        let sent = fetch(&emulator, Method::PUT, url, sql).await;
        assert_eq!(sent.status, StatusCode::OK);
        let ingest = json!({ "action": "ingest", "etag": etag, "filename": init["filename"] });
        let begun = client.post(&path, ingest).await.result();
        let poll = json!({ "action": "poll", "current_bookmark": begun["at_bookmark"] });
        let done = client.post(&path, poll).await.result();
        let error = done["error"].as_str().unwrap();
        assert!(error.contains("the file is not UTF-8"), "{error}");
    }
}

fn md5(text: &str) -> String {
    digest(text.as_bytes())
}

fn digest(bytes: &[u8]) -> String {
    use md5::{Digest, Md5};
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
