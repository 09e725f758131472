//! Lists answered by the description: each is paginated as in the API.

use std::collections::BTreeSet;

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::Client;

/// Walks through a list: `next` returns the query of the page after a reply, and `items` its items.
async fn walk(
    client: &Client,
    path: &str,
    items: impl Fn(&Value) -> Vec<Value>,
    next: impl Fn(&Value, usize) -> Option<String>,
) -> Vec<Value> {
    let (mut all, mut query) = (Vec::new(), String::new());
    loop {
        let reply = client.get(&format!("{path}{query}")).await.json();
        all.extend(items(&reply));
        match next(&reply, all.len()) {
            Some(next) => query = next,
            None => return all,
        }
        assert!(all.len() < 1_000, "{path}: no end");
    }
}

fn list(value: &Value) -> Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"))
        .clone()
}

/// How many distinct items there are, by `key`.
fn distinct(items: &[Value], key: &str) -> usize {
    items
        .iter()
        .map(|item| item[key].to_string())
        .collect::<BTreeSet<_>>()
        .len()
}

async fn create(client: &Client, path: &str, count: usize, body: impl Fn(usize) -> Value) {
    for number in 0..count {
        let answer = client.post(path, body(number)).await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn by_offset() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/slurper/jobs", emulator.account_id());
    create(&client, &path, 45, |_| json!({ "overwrite": true })).await;
    let next = |reply: &Value, seen: usize| {
        let more = !list(&reply["result"]).is_empty();
        more.then(|| format!("?offset={seen}"))
    };
    let jobs = walk(&client, &path, |reply| list(&reply["result"]), next).await;
    assert_eq!((jobs.len(), distinct(&jobs, "id")), (45, 45));
    let some = client
        .get(&format!("{path}?offset=40&limit=3"))
        .await
        .result();
    assert_eq!(list(&some), jobs[40..43]);
    assert_eq!(
        client.get(&format!("{path}?offset=x")).await.failure().0,
        400
    );
}

#[tokio::test]
async fn by_a_page_number_of_another_name_with_the_totals_in_the_result() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!(
        "/accounts/{}/realtime/kit/app/meetings",
        emulator.account_id()
    );
    create(
        &client,
        &path,
        45,
        |number| json!({ "title": format!("{number}") }),
    )
    .await;
    let reply = client
        .get(&format!("{path}?page_no=3&per_page=20"))
        .await
        .json();
    assert_eq!(list(&reply["data"]).len(), 5, "{reply}");
    assert_eq!(reply["paging"]["total_count"], 45, "{reply}");
    assert_eq!(reply["success"], true);
}

#[tokio::test]
async fn by_a_number_that_the_result_names() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/cni/cnis", emulator.account_id());
    let body = json!({ "account": emulator.account_id(), "interconnect": "x", "magic": { "conduit_name": "", "description": "", "mtu": 1500 } });
    create(&client, &path, 250, |_| body.clone()).await;
    let next = |reply: &Value, _| reply["next"].as_u64().map(|next| format!("?cursor={next}"));
    let cnis = walk(&client, &path, |reply| list(&reply["items"]), next).await;
    assert_eq!((cnis.len(), distinct(&cnis, "id")), (250, 250));
}

#[tokio::test]
async fn by_the_date_of_the_last_item() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/stream", emulator.account_id());
    create(
        &client,
        &format!("{path}/copy"),
        25,
        |number| json!({ "url": format!("https://example.com/{number}.mp4") }),
    )
    .await;
    let all = list(&client.get(&path).await.result());
    assert_eq!((all.len(), distinct(&all, "uid")), (25, 25));
    let created = |video: &Value| video["created"].as_str().unwrap().to_owned();
    assert!(
        all.windows(2)
            .all(|two| created(&two[0]) >= created(&two[1])),
        "the newest first"
    );
    let last = created(&all[9]);
    for bound in ["before", "end"] {
        let older = client.get(&format!("{path}?{bound}={last}")).await.result();
        assert!(list(&older).iter().all(|video| created(video) < last));
        assert!(list(&older).len() >= 10, "{}", list(&older).len());
    }
    let ascending = list(
        &client
            .get(&format!("{path}?asc=true&limit=7"))
            .await
            .result(),
    );
    assert_eq!(ascending.len(), 7);
    assert!(created(&ascending[0]) <= created(&ascending[6]));
    let newer = client.get(&format!("{path}?after={last}")).await.result();
    assert!(list(&newer).iter().all(|video| created(video) > last));
}
