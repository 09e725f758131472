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
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    client
        .delete(&format!("{records}/{}", doomed[0]["id"].as_str().unwrap()))
        .await
        .result();
    let (before, token) = (
        client.get(&records).await.result(),
        emulator.token().to_owned(),
    );
    emulator.stop().await;

    let emulator = Emulator::builder().state(&state).start().await.unwrap();
    assert_eq!(
        (emulator.account_id(), emulator.token()),
        (account.as_str(), token.as_str())
    );
    let client = Client::new(&emulator);
    assert_eq!(client.get(&records).await.result(), before);
    assert_eq!(before.as_array().unwrap().len(), 2);
    assert_eq!(client.get(&settings).await.result()["value"], "strict");
    // A reset leads back to how it was at the start, also on disk.
    client
        .delete(&format!("/zones/{}", zone["id"].as_str().unwrap()))
        .await
        .result();
    emulator.reset();
    emulator.stop().await;
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
    emulator.stop().await;
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
