//! Replies that are made up conform to the description.

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::description::operations;
use crate::whole_api::{ID, SAMPLE};

#[tokio::test]
async fn what_is_made_up_is_as_described() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let (mut tried, mut wrong) = (0, Vec::new());
    let reading = operations().filter(|one| one.method == Method::GET);
    for operation in reading.filter(|one| matches!(one.reply, "envelope" | "raw")) {
        let segments = operation.path.split('/').map(|segment| match segment {
            segment if segment.starts_with('{') => ID,
            segment => segment,
        });
        let path = format!("/{}", segments.collect::<Vec<_>>().join("/"));
        let answer = client.get(&path).await;
        let all = answer
            .headers
            .get(SAMPLE)
            .is_some_and(|value| value == "true");
        if !answer.status.is_success() || !all {
            continue;
        }
        let json = answer.json();
        let value = match operation.reply {
            "envelope" => &json["result"],
            _ => &json,
        };
        tried += 1;
        if !operation.result.fits(value) {
            wrong.push(format!("{}: {value:.300}", operation.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
    assert!(tried > 600, "{tried}");
}

/// The next page has no name if there is none, and its field takes only a number.
#[tokio::test]
async fn the_last_page_names_no_other() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id();
    let list = format!("/accounts/{account}/cni/interconnects");
    let body = json!({ "account": account, "slot_id": "s", "type": "direct" });
    for _ in 0..2 {
        assert!(client.post(&list, body.clone()).await.status.is_success());
    }
    let first = client.get(&format!("{list}?limit=1")).await.json();
    assert!(first["next"].is_u64(), "{first}");
    let last = format!("{list}?limit=1&cursor={}", first["next"]);
    let last = client.get(&last).await.json();
    assert_eq!(
        (last["items"].as_array().unwrap().len(), last.get("next")),
        (1, None)
    );
}

/// What the description calls a UUID is one in new members, too.
#[tokio::test]
async fn identifiers_are_uuids_where_the_description_says_so() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id();
    let prints = format!("/accounts/{account}/dlp/document_fingerprints");
    let body = json!({ "name": "contract", "match_percent": 50 });
    let made = client.post(&prints, body).await.result();
    let id = made["id"].as_str().unwrap();
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
    assert_eq!(
        client.get(&format!("{prints}/{id}")).await.result()["name"],
        "contract"
    );
}

/// Nothing tells what an action without its name would do.
#[tokio::test]
async fn what_tells_variants_apart_cannot_be_left_out_of_replies() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let queue = format!("/accounts/{}/queues/{ID}", emulator.account_id());
    for consumer in client.get(&queue).await.result()["consumers"]
        .as_array()
        .unwrap()
    {
        assert!(consumer["type"].is_string(), "{consumer}");
    }
    let rule = format!("/zones/{ID}/pagerules/{ID}");
    let rule: Value = client.get(&rule).await.result();
    assert!(rule["actions"][0]["id"].is_string(), "{rule}");
}
