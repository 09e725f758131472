//! D1 with real SQL.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::Client;

async fn database() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let all = format!("/accounts/{}/d1/database", emulator.account_id());
    let made = client.post(&all, json!({ "name": "shop" })).await.result();
    let path = format!("{all}/{}", made["uuid"].as_str().unwrap());
    (emulator, client, path)
}

async fn query(client: &Client, path: &str, sql: &str, params: Value) -> Value {
    let body = json!({ "sql": sql, "params": params });
    client.post(&format!("{path}/query"), body).await.result()
}

const TABLE: &str =
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL, picture BLOB)";

#[tokio::test]
async fn statements_parameters_and_types() {
    let (_emulator, client, path) = database().await;
    let made = query(&client, &path, TABLE, json!([])).await;
    assert_eq!(
        (&made[0]["results"], &made[0]["meta"]["changed_db"]),
        (&json!([]), &json!(true))
    );
    let insert = "INSERT INTO items (name, price, picture) VALUES (?1, ?2, ?3)";
    let added = query(&client, &path, insert, json!(["tea", 2.5, [0, 255]])).await;
    assert_eq!(
        (
            &added[0]["meta"]["changes"],
            &added[0]["meta"]["last_row_id"]
        ),
        (&json!(1), &json!(1))
    );
    query(&client, &path, insert, json!(["naïve ☃", null, null])).await;
    let read = query(
        &client,
        &path,
        "SELECT * FROM items WHERE name = ?",
        json!(["tea"]),
    )
    .await;
    assert_eq!(
        read[0]["results"],
        json!([{ "id": 1, "name": "tea", "price": 2.5, "picture": [0, 255] }])
    );
    assert_eq!(read[0]["meta"]["changed_db"], false);
    let several = query(
        &client,
        &path,
        "SELECT count(*) AS n FROM items; SELECT name FROM items WHERE id = 2;",
        json!([]),
    )
    .await;
    assert_eq!(
        (&several[0]["results"], &several[1]["results"]),
        (&json!([{ "n": 2 }]), &json!([{ "name": "naïve ☃" }]))
    );
    let body = json!({ "sql": "SELECT id, id FROM items ORDER BY id" });
    let raw = client.post(&format!("{path}/raw"), body).await.result();
    assert_eq!(
        raw[0]["results"],
        json!({ "columns": ["id", "id"], "rows": [[1, 1], [2, 2]] })
    );
    let info = client.get(&path).await.result();
    assert_eq!(info["num_tables"], 1);
    assert!(info["file_size"].as_u64().unwrap() >= 4096);
}

#[tokio::test]
async fn a_batch_takes_effect_whole_or_not_at_all() {
    let (_emulator, client, path) = database().await;
    query(&client, &path, TABLE, json!([])).await;
    let insert =
        |name: &str| json!({ "sql": "INSERT INTO items (name) VALUES (?)", "params": [name] });
    let batch = json!({ "batch": [insert("a"), insert("b")] });
    assert_eq!(
        client
            .post(&format!("{path}/query"), batch)
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let batch = json!({ "batch": [insert("c"), insert("a")] });
    let failed = client.post(&format!("{path}/query"), batch).await;
    assert_eq!(failed.failure(), (400, 7500));
    assert!(
        failed.json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("UNIQUE")
    );
    let names = query(
        &client,
        &path,
        "SELECT name FROM items ORDER BY name",
        json!([]),
    )
    .await;
    assert_eq!(
        names[0]["results"],
        json!([{ "name": "a" }, { "name": "b" }])
    );
}

#[tokio::test]
async fn what_sql_must_not_do() {
    let (_emulator, client, path) = database().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let name = file.path().display();
    for (sql, code) in [
        ("SELEC 1".to_owned(), 7500),
        ("SELECT ?".to_owned(), 7400),
        ("SELECT * FROM nowhere".to_owned(), 7500),
        ("BEGIN; SELECT 1; COMMIT".to_owned(), 7500),
        (format!("ATTACH '{name}' AS other"), 7500),
        (format!("VACUUM INTO '{name}'"), 7500),
        ("SELECT load_extension('x')".to_owned(), 7500),
        (String::new(), 1003),
    ] {
        let answer = client
            .post(&format!("{path}/query"), json!({ "sql": sql }))
            .await;
        assert_eq!(answer.failure(), (400, code), "{sql}");
    }
    assert_eq!(std::fs::metadata(file.path()).unwrap().len(), 0);
    let all = path.rsplit_once('/').unwrap().0;
    assert_eq!(
        client.post(all, json!({ "name": "shop" })).await.failure(),
        (400, 7502)
    );
    client.delete(&path).await.result();
    let answer = client
        .post(&format!("{path}/query"), json!({ "sql": "SELECT 1" }))
        .await;
    assert_eq!(answer.failure(), (404, 7404));
}

#[tokio::test]
async fn databases_are_part_of_the_state() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder()
        .state(directory.path())
        .start()
        .await
        .unwrap();
    let client = Client::new(&emulator);
    let all = format!("/accounts/{}/d1/database", emulator.account_id());
    let made = client.post(&all, json!({ "name": "shop" })).await.result();
    let path = format!("{all}/{}", made["uuid"].as_str().unwrap());
    query(&client, &path, TABLE, json!([])).await;
    query(
        &client,
        &path,
        "INSERT INTO items (name) VALUES ('kept')",
        json!([]),
    )
    .await;
    emulator.stop().await.unwrap();
    let emulator = Emulator::builder()
        .state(directory.path())
        .start()
        .await
        .unwrap();
    let client = Client::new(&emulator);
    let read = query(&client, &path, "SELECT name FROM items", json!([])).await;
    assert_eq!(read[0]["results"], json!([{ "name": "kept" }]));
}
