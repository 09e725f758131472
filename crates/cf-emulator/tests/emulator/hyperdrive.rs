//! Hyperdrive configurations.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::Client;

fn origin() -> Value {
    json!({
        "scheme": "postgres", "host": "db.example.com", "port": 5432,
        "database": "shop", "user": "ada", "password": "hush-hush",
    })
}

async fn configs() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/hyperdrive/configs", emulator.account_id());
    (emulator, client, path)
}

#[tokio::test]
async fn a_configuration_from_creation_to_deletion() {
    let (_emulator, client, configs) = configs().await;
    let body = json!({ "name": "shop", "origin": origin() });
    let made = client.post(&configs, body.clone()).await.result();
    assert_eq!(
        (&made["name"], &made["origin"]["host"]),
        (&json!("shop"), &json!("db.example.com"))
    );
    assert_eq!(made["caching"]["disabled"], false);
    assert!(made["created_on"].is_string(), "{made}");
    assert_eq!(client.post(&configs, body).await.failure(), (409, 2017));
    let path = format!("{configs}/{}", made["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.result(), made);
    assert_eq!(client.get(&configs).await.result(), json!([made]));

    let edit = json!({ "caching": { "disabled": true }, "origin": { "password": "hush-new" } });
    let edited = client.patch(&path, edit).await.result();
    assert_eq!(edited["caching"], json!({ "disabled": true }));
    assert_eq!(edited["origin"], made["origin"]);
    let replaced = json!({ "name": "store", "origin": origin(), "origin_connection_limit": 20 });
    let replaced = client.put(&path, replaced).await.result();
    assert_eq!(
        (&replaced["name"], &replaced["origin_connection_limit"]),
        (&json!("store"), &json!(20))
    );
    assert_eq!(
        replaced["caching"]["disabled"], false,
        "what a replacement leaves out is reset"
    );
    assert_eq!(replaced["created_on"], made["created_on"]);
    let restarted = client
        .post(&format!("{path}/restart"), json!({}))
        .await
        .result();
    assert!(restarted["restarted_on"].is_string(), "{restarted}");
    client.delete(&path).await;
    assert_eq!(client.get(&path).await.failure(), (404, 2006));
}

#[tokio::test]
async fn passwords_are_in_no_reply() {
    let (emulator, client, configs) = configs().await;
    let mut behind_access = origin();
    let fields = behind_access.as_object_mut().unwrap();
    fields.remove("port");
    fields.insert("access_client_id".to_owned(), json!("client"));
    fields.insert("access_client_secret".to_owned(), json!("hush-access"));
    for (name, origin) in [("plain", origin()), ("behind", behind_access)] {
        let made = client
            .post(&configs, json!({ "name": name, "origin": origin }))
            .await;
        let path = format!("{configs}/{}", made.result()["id"].as_str().unwrap());
        for answer in [made, client.get(&path).await, client.get(&configs).await] {
            assert!(!String::from_utf8_lossy(&answer.body).contains("hush"));
        }
    }
    assert!(!emulator.snapshot().to_string().contains("hush"));
}

#[tokio::test]
async fn configurations_are_checked() {
    let (_emulator, client, configs) = configs().await;
    let with = |field: &str, value: Value| {
        let mut origin = origin();
        origin[field] = value;
        json!({ "name": "shop", "origin": origin })
    };
    for body in [
        json!({}),
        json!({ "name": "", "origin": origin() }),
        with("scheme", json!("oracle")),
        with("host", json!("")),
        with("port", json!("many")),
    ] {
        let refused = client.post(&configs, body.clone()).await;
        assert_eq!(refused.failure(), (400, 2007), "{body}");
    }
    assert_eq!(client.get(&configs).await.result(), json!([]));
}
