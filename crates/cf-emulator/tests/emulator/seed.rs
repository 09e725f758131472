//! Seeds as text.

use cf_emulator::Emulator;
#[cfg(feature = "yaml")]
use serde_json::json;

#[cfg(feature = "yaml")]
use crate::client::Client;

/// The example in the README.
#[cfg(feature = "yaml")]
fn example() -> String {
    let page = include_str!("../../README.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[cfg(feature = "yaml")]
#[tokio::test]
async fn the_example_of_the_front_page() {
    let emulator = Emulator::builder().seed(example()).start().await.unwrap();
    let client = Client::new(&emulator);
    let zone = "023e105f4ecef8ad9ca31a8372d0c353";
    let records = client.get(&format!("/zones/{zone}/dns_records")).await;
    let records = records.result();
    assert_eq!(records.as_array().unwrap().len(), 2);
    assert_eq!(records[0]["content"], "192.0.2.1");
    assert_eq!(records[1]["priority"], 10);
    let reader = Client::with_token(&emulator, "reader");
    let all = format!("/zones/{zone}/dns_records");
    reader.get(&all).await.result();
    let record = json!({ "type": "A", "name": "a", "content": "192.0.2.2" });
    assert_eq!(reader.post(&all, record).await.failure(), (403, 10000));
    let key = [
        ("x-auth-email", "ada@example.com"),
        ("x-auth-key", "0123456789abcdef"),
    ];
    let service = [("x-auth-user-service-key", "v1.0-0123456789abcdef")];
    for headers in [&key[..], &service[..]] {
        let client = Client::with_headers(&emulator, headers);
        client.get("/accounts").await.result();
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let emulator = Emulator::start().await.unwrap();
    let mut wrong = vec![
        (
            r#"{"acounts": []}"#,
            "unknown field acounts; known fields are accounts",
        ),
        (r#"{"accounts": [{]}"#, "column"),
        (r#"{"accounts": 1}"#, "it is not a list"),
        (
            r#"{"tokens": [{"permissions": [1]}]}"#,
            "not a list of strings",
        ),
        (
            r#"{"tokens": [{"permissions": ["Dig"]}]}"#,
            "no permission group Dig",
        ),
    ];
    if cfg!(feature = "yaml") {
        wrong.push(("accounts:\n  - zones: [}\n", "line"));
        wrong.push(("- accounts", "it is not an object"));
    }
    for (text, why) in wrong {
        let error = emulator.seed(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    emulator.seed("").unwrap();
    emulator.seed(r#" {"accounts": []}"#).unwrap();
}
