//! State in a directory.

use cf_emulator::Emulator;
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn state_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("deep/state");
    let emulator = Emulator::builder().state(&state).start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id().to_owned();
    let zone = client
        .post("/zones", json!({ "name": "example.com" }))
        .await
        .result();
    let records = format!("/zones/{}/dns_records", zone["id"].as_str().unwrap());
    for name in ["b", "a", "c"] {
        let record = json!({ "type": "A", "name": name, "content": "192.0.2.1" });
        client.post(&records, record).await.result();
    }
    let doomed = client
        .get(&format!("{records}?name=c.example.com"))
        .await
        .result();
    let settings = format!("/zones/{}/settings/ssl", zone["id"].as_str().unwrap());
    client
        .patch(&settings, json!({ "value": "strict" }))
        .await
        .result();
    client
        .delete(&format!("{records}/{}", doomed[0]["id"].as_str().unwrap()))
        .await
        .result();
    let (before, token) = (
        client.get(&records).await.result(),
        emulator.token().to_owned(),
    );
    emulator.stop().await.unwrap();

    let emulator = Emulator::builder().state(&state).start().await.unwrap();
    assert_eq!(
        (emulator.account_id(), emulator.token()),
        (account.as_str(), token.as_str())
    );
    let client = Client::new(&emulator);
    assert_eq!(client.get(&records).await.result(), before);
    assert_eq!(before.as_array().unwrap().len(), 2);
    assert_eq!(client.get(&settings).await.result()["value"], "strict");
    // A reset restores the initial state, also on disk.
    client
        .delete(&format!("/zones/{}", zone["id"].as_str().unwrap()))
        .await
        .result();
    emulator.reset();
    emulator.stop().await.unwrap();
    let emulator = Emulator::builder().state(&state).start().await.unwrap();
    assert_eq!(Client::new(&emulator).get(&records).await.result(), before);
}

#[tokio::test]
async fn seeds_are_not_sown_twice_and_a_directory_has_one_emulator() {
    let directory = tempfile::tempdir().unwrap();
    let seed = json!({ "accounts": [{ "zones": [{ "name": "example.com" }] }] }).to_string();
    let start = || {
        Emulator::builder()
            .state(directory.path())
            .seed(seed.clone())
            .start()
    };
    let emulator = start().await.unwrap();
    let error = start().await.unwrap_err().to_string();
    assert!(
        error.contains("another emulator uses the directory"),
        "{error}"
    );
    emulator.stop().await.unwrap();
    let emulator = start().await.unwrap();
    let zones = Client::new(&emulator).get("/zones").await.result();
    assert_eq!(zones.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_state_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.sqlite3");
    std::fs::write(&file, "these are notes of somebody, not a database at all").unwrap();
    let error = Emulator::builder()
        .state(directory.path())
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("state.sqlite3"), "{error}");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .starts_with("these are notes")
    );
}

/// Once a request is answered, its changes are on disk, without any further step.
#[tokio::test]
async fn what_was_answered_is_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().state(directory.path()).start().await;
    let emulator = emulator.unwrap();
    let client = Client::new(&emulator);
    let zones = json!({ "name": "answered.com" });
    client.post("/zones", zones).await.result();
    emulator
        .add_zone(emulator.account_id(), "added.com")
        .unwrap();
    emulator.add_api_key("ada@example.com", "key-of-ada-12345678");
    let rolled = format!("/user/tokens/{}/value", {
        let verified = client.get("/user/tokens/verify").await.result();
        verified["id"].as_str().unwrap().to_owned()
    });
    let token = client.put(&rolled, json!({})).await.result();
    let token = token.as_str().unwrap().to_owned();
    // Copy the files as they are now, as if the machine stopped here.
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("objects")).unwrap();
    for file in ["state.sqlite3", "state.sqlite3-wal"] {
        let from = directory.path().join(file);
        std::fs::copy(&from, copy.path().join(file)).unwrap();
    }
    let kept = Emulator::builder()
        .state(copy.path())
        .start()
        .await
        .unwrap();
    let client = Client::with_token(&kept, &token);
    let zones = client.get("/zones?order=name").await.result();
    assert_eq!(
        (&zones[0]["name"], &zones[1]["name"]),
        (&json!("added.com"), &json!("answered.com"))
    );
    let headers = [
        ("x-auth-email", "ada@example.com"),
        ("x-auth-key", "key-of-ada-12345678"),
    ];
    Client::with_headers(&kept, &headers)
        .get("/user")
        .await
        .result();
}

/// If an object cannot be written, the caller gets an error, and nothing is left behind.
#[tokio::test]
async fn an_object_that_cannot_be_written_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().state(directory.path()).start().await;
    let emulator = emulator.unwrap();
    let client = Client::new(&emulator);
    let buckets = format!("/accounts/{}/r2/buckets", emulator.account_id());
    client
        .post(&buckets, json!({ "name": "bucket" }))
        .await
        .result();
    let object = format!("{buckets}/bucket/objects/o");
    let put = async || {
        let put = client.try_send(http::Method::PUT, &object, None, "content");
        put.await.unwrap()
    };
    let objects = directory.path().join("objects");
    std::fs::remove_dir(&objects).unwrap();
    assert_eq!(put().await.failure(), (500, 10500));
    assert_eq!(client.get(&object).await.failure(), (404, 10007));
    std::fs::create_dir(&objects).unwrap();
    put().await.result();
    // An object that cannot be read is not treated as empty, and no snapshot omits it.
    std::fs::remove_dir_all(&objects).unwrap();
    assert_eq!(client.get(&object).await.failure(), (500, 10500));
    assert_eq!(emulator.snapshot(), json!(null));
    let mut admin = Client::with_headers(&emulator, &[]);
    admin.base_url = admin.base_url.replace("/client/v4", "/_emulator");
    assert_eq!(admin.get("/snapshot").await.status, 500);
}
