//! Turnstile widgets.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::Client;

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let widgets = format!("/accounts/{}/challenges/widgets", emulator.account_id());
    (emulator, client, widgets)
}

fn widget(name: &str) -> Value {
    json!({ "name": name, "domains": ["example.com", "localhost"], "mode": "managed" })
}

#[tokio::test]
async fn a_widget_is_made_read_changed_and_deleted() {
    let (_emulator, client, widgets) = start().await;
    let made = client.post(&widgets, widget("login")).await.result();
    let sitekey = made["sitekey"].as_str().unwrap();
    assert!(sitekey.starts_with("0x4") && made["secret"].as_str().unwrap().starts_with("0x4"));
    assert_ne!(made["secret"], made["sitekey"]);
    assert_eq!(
        (
            &made["region"],
            &made["clearance_level"],
            &made["bot_fight_mode"]
        ),
        (&json!("world"), &json!("no_clearance"), &json!(false))
    );
    let path = format!("{widgets}/{sitekey}");
    assert_eq!(client.get(&path).await.result(), made);
    let listed = client.get(&widgets).await.result();
    assert_eq!(
        (&listed[0]["sitekey"], &listed[0]["secret"]),
        (&made["sitekey"], &Value::Null),
        "lists have no secrets"
    );

    let mut change = widget("signup");
    change["mode"] = json!("invisible");
    let changed = client.put(&path, change.clone()).await.result();
    assert_eq!(
        (&changed["name"], &changed["mode"], &changed["secret"]),
        (&json!("signup"), &json!("invisible"), &made["secret"])
    );
    change["region"] = json!("china");
    assert_eq!(client.put(&path, change).await.failure(), (400, 10400));

    assert_eq!(client.delete(&path).await.result()["sitekey"], sitekey);
    for gone in [
        client.get(&path).await,
        client.delete(&path).await,
        client.put(&path, widget("x")).await,
    ] {
        assert_eq!(gone.failure(), (404, 10404));
    }
}

#[tokio::test]
async fn what_a_widget_cannot_be() {
    let (_emulator, client, widgets) = start().await;
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("n".repeat(255))),
        ("mode", json!("friendly")),
        ("domains", json!("example.com")),
        ("domains", json!(["https://example.com"])),
        ("domains", json!(["example.com/path"])),
        ("domains", json!(vec!["example.com"; 11])),
        ("region", json!("moon")),
        ("clearance_level", json!("all")),
    ] {
        let mut body = widget("w");
        body[field] = value.clone();
        assert_eq!(
            client.post(&widgets, body).await.failure(),
            (400, 10400),
            "{field}: {value}"
        );
    }
    for field in ["name", "mode", "domains"] {
        let mut body = widget("w");
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(
            client.post(&widgets, body).await.failure(),
            (400, 10400),
            "without {field}"
        );
    }
}

#[tokio::test]
async fn a_secret_is_rotated_once_in_its_time_of_grace() {
    let (_emulator, client, widgets) = start().await;
    let made = client.post(&widgets, widget("w")).await.result();
    let path = format!("{widgets}/{}", made["sitekey"].as_str().unwrap());
    let rotate = format!("{path}/rotate_secret");
    let mut secrets = vec![made["secret"].clone()];
    for _ in 0..2 {
        let rotated = client
            .post(&rotate, json!({ "invalidate_immediately": true }))
            .await
            .result();
        secrets.push(rotated["secret"].clone());
    }
    secrets.push(client.post(&rotate, json!({})).await.result()["secret"].clone());
    secrets.dedup();
    assert_eq!(secrets.len(), 4);
    let refused = client
        .post(&rotate, json!({ "invalidate_immediately": true }))
        .await;
    assert_eq!(refused.failure(), (400, 10400));
    let shown = client.get(&path).await.result();
    assert_eq!(
        (&shown["secret"], &shown["rotated_until"]),
        (&secrets[3], &Value::Null)
    );
    assert_eq!(
        client
            .post(&rotate, json!({ "invalidate_immediately": "now" }))
            .await
            .failure(),
        (400, 10400)
    );
    let unknown = format!("{widgets}/0x4none/rotate_secret");
    assert_eq!(
        client.post(&unknown, json!({})).await.failure(),
        (404, 10404)
    );
}

#[tokio::test]
async fn widgets_are_paged_sorted_and_filtered() {
    let (_emulator, client, widgets) = start().await;
    for name in ["c", "a", "b", "e", "d", "Form", "form 2"] {
        client.post(&widgets, widget(name)).await.result();
    }
    let names = async |query: &str| {
        let page = client.get(&format!("{widgets}?{query}")).await.json();
        let names = page["result"].as_array().unwrap().iter();
        let names: Vec<_> = names
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        (names.join(","), page["result_info"].clone())
    };
    let (first, info) = names("order=name&direction=asc&per_page=5").await;
    assert_eq!(
        (first.as_str(), &info["total_pages"]),
        ("Form,a,b,c,d", &json!(2))
    );
    assert_eq!(
        names("order=name&direction=asc&per_page=5&page=2").await.0,
        "e,form 2"
    );
    assert_eq!(
        names("order=name&direction=desc&per_page=5&page=2").await.0,
        "a,Form"
    );
    assert_eq!(names("filter=name:form").await.0, "Form,form 2");
    for bad in ["order=mode", "direction=up", "page=0", "per_page=many"] {
        assert_eq!(
            client.get(&format!("{widgets}?{bad}")).await.failure(),
            (400, 1003),
            "{bad}"
        );
    }
    assert_eq!(
        client
            .get(&format!("{widgets}?filter=mode:managed"))
            .await
            .failure(),
        (400, 10400)
    );
}

#[tokio::test]
async fn widgets_ask_for_their_groups() {
    let (emulator, _, widgets) = start().await;
    for (groups, read, write) in [
        (&["Turnstile Sites Read"][..], 200, 403),
        (&["DNS Write"][..], 403, 403),
    ] {
        let token = emulator
            .add_token(TokenSpec::new(groups.iter().copied()))
            .unwrap();
        let client = Client::with_token(&emulator, &token.value);
        assert_eq!(client.get(&widgets).await.status, read);
        assert_eq!(client.post(&widgets, widget("w")).await.status, write);
    }
}
