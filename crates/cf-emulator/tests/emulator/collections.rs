//! Collections and settings answered by the description.

use cf_emulator::{Emulator, TokenSpec};
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test]
async fn a_member_is_created_read_changed_and_deleted() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let checks = format!("/zones/{zone}/healthchecks");
    let made = client
        .post(
            &checks,
            json!({ "name": "primary", "address": "192.0.2.1", "retries": 3 }),
        )
        .await
        .result();
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        (id.len(), &made["name"], &made["address"]),
        (32, &json!("primary"), &json!("192.0.2.1"))
    );
    assert!(
        made["created_on"].is_string() && made["modified_on"].is_string(),
        "{made}"
    );

    let path = format!("{checks}/{id}");
    assert_eq!(client.get(&path).await.result(), made);
    let edit = json!({ "name": "primary", "address": "192.0.2.1", "description": "the first" });
    let edited = client.call(Method::PATCH, &path, Some(edit)).await.result();
    assert_eq!(
        (&edited["description"], &edited["retries"]),
        (&json!("the first"), &json!(3))
    );
    assert_eq!(edited["created_on"], made["created_on"]);
    assert_ne!(edited["modified_on"], made["modified_on"]);
    let update = json!({ "name": "secondary", "address": "192.0.2.1" });
    client.call(Method::PUT, &path, Some(update)).await.result();
    assert_eq!(client.get(&path).await.result()["name"], "secondary");

    assert_eq!(
        client.get(&checks).await.result().as_array().unwrap().len(),
        1
    );
    assert_eq!(
        client.call(Method::DELETE, &path, None).await.result()["id"],
        id
    );
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            client.call(method, &path, None).await.failure(),
            (404, 1001)
        );
    }
    assert_eq!(client.get(&checks).await.result(), json!([]));
}

#[tokio::test]
async fn lists_page_filter_and_sort() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let namespaces = format!("/accounts/{}/storage/kv/namespaces", emulator.account_id());
    for index in (0..25).rev() {
        client
            .post(&namespaces, json!({ "title": format!("n{index:02}") }))
            .await
            .result();
    }
    let page = client
        .get(&format!(
            "{namespaces}?page=2&per_page=10&order=title&direction=asc"
        ))
        .await
        .json();
    let titles: Vec<_> = page["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["title"].clone())
        .collect();
    assert_eq!((titles.len(), &titles[0]), (10, &json!("n10")));
    let info =
        json!({ "page": 2, "per_page": 10, "count": 10, "total_count": 25, "total_pages": 3 });
    assert_eq!(page["result_info"], info);
    assert_eq!(
        client.get(&format!("{namespaces}?page=9")).await.result(),
        json!([])
    );
    assert_eq!(
        client.get(&format!("{namespaces}?page=0")).await.failure(),
        (400, 1003)
    );

    let tunnels = format!("/accounts/{}/cfd_tunnel", emulator.account_id());
    for name in ["blue", "green"] {
        client
            .post(&tunnels, json!({ "name": name, "config_src": "local" }))
            .await
            .result();
    }
    let found = client.get(&format!("{tunnels}?name=green")).await.result();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["name"]),
        (1, &json!("green"))
    );
}

#[tokio::test]
async fn cursors_lead_through_a_list_once() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let bindings = format!(
        "/accounts/{}/dls/regional_services/prefix_bindings",
        emulator.account_id()
    );
    for n in 0..7 {
        let cidr = format!("192.0.{n}.0/24");
        let body = json!({ "cidr": cidr, "prefix_id": "p", "region_key": "eu" });
        client.post(&bindings, body).await.result();
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = format!("per_page=3&cursor={cursor}");
        let page = client.get(&format!("{bindings}?{query}")).await.json();
        let bindings = page["result"].as_array().unwrap().iter();
        seen.extend(bindings.map(|binding| binding["cidr"].to_string()));
        let next = page["result_info"]["cursor"].as_str();
        cursor = next.unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let bad = client.get(&format!("{bindings}?cursor=tomorrow")).await;
    assert_eq!(bad.failure(), (400, 1003));
}

#[tokio::test]
async fn parents_must_exist_and_take_their_children_along() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let queues = format!("/accounts/{}/queues", emulator.account_id());
    let consumer = json!({ "type": "http_pull" });
    let orphan = format!("{queues}/0123456789abcdef0123456789abcdef/consumers");
    assert_eq!(
        client.post(&orphan, consumer.clone()).await.failure(),
        (404, 11000)
    );
    let queue = client
        .post(&queues, json!({ "queue_name": "jobs" }))
        .await
        .result();
    let path = format!("{queues}/{}", queue["queue_id"].as_str().unwrap());
    client
        .post(&format!("{path}/consumers"), consumer)
        .await
        .result();
    assert_eq!(
        client
            .get(&format!("{path}/consumers"))
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert!(
        client
            .call(Method::DELETE, &path, None)
            .await
            .status
            .is_success()
    );
    assert_eq!(
        client.get(&format!("{path}/consumers")).await.failure(),
        (404, 11000)
    );
}

#[tokio::test]
async fn duplicates_are_refused_with_the_code_of_the_product() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    for (path, body, failure) in [
        (
            "storage/kv/namespaces",
            json!({ "title": "one" }),
            (400, 10014),
        ),
        ("queues", json!({ "queue_name": "one" }), (409, 11009)),
        ("d1/database", json!({ "name": "one" }), (400, 7502)),
        ("cfd_tunnel", json!({ "name": "one" }), (409, 1013)),
    ] {
        let path = format!("{account}/{path}");
        client.post(&path, body.clone()).await.result();
        assert_eq!(client.post(&path, body).await.failure(), failure, "{path}");
    }
}

#[tokio::test]
async fn settings_remember() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let path = format!("/zones/{zone}/argo/smart_routing");
    let before = client.get(&path).await.result();
    assert!(before["value"].is_string(), "{before}");
    for value in ["on", "off"] {
        let edit = json!({ "value": value });
        assert_eq!(
            client.call(Method::PATCH, &path, Some(edit)).await.result()["value"],
            value
        );
        assert_eq!(client.get(&path).await.result()["value"], value);
    }
}

#[tokio::test]
async fn a_singleton_is_switched_on_without_a_body() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let gateway = format!("/accounts/{}/gateway", emulator.account_id());
    let made = client.call(Method::POST, &gateway, None).await.result();
    assert!(made["id"].is_string(), "{made}");
    assert_eq!(client.get(&gateway).await.result(), made);
}

#[tokio::test]
async fn permission_groups_open_what_they_name_only() {
    let emulator = Emulator::start().await.unwrap();
    let reader = emulator
        .add_token(TokenSpec::new(["Workers KV Storage Read"]))
        .unwrap();
    let client = Client::with_token(&emulator, &reader.value);
    let account = format!("/accounts/{}", emulator.account_id());
    let namespaces = format!("{account}/storage/kv/namespaces");
    assert_eq!(client.get(&namespaces).await.result(), json!([]));
    assert_eq!(
        client
            .post(&namespaces, json!({ "title": "t" }))
            .await
            .failure(),
        (403, 10000)
    );
    assert_eq!(
        client.get(&format!("{account}/queues")).await.failure(),
        (403, 10000)
    );
}

#[tokio::test]
async fn any_id_stands_for_a_sample_only_on_request() {
    let path = "/queues/0123456789abcdef0123456789abcdef";
    for (any_id, found) in [(false, false), (true, true)] {
        let mut builder = Emulator::builder();
        if any_id {
            builder = builder.any_id();
        }
        let emulator = builder.start().await.unwrap();
        let client = Client::new(&emulator);
        let answer = client
            .get(&format!("/accounts/{}{path}", emulator.account_id()))
            .await;
        assert_eq!(answer.status.is_success(), found);
        assert_eq!(answer.json()["result"] == Value::Null, !found);
    }
}
