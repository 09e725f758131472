//! Requests for what is not there are refused with the codes of the API, as far as they are known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

const DESCRIPTION: &str = include_str!("../../src/generated/api.txt");

/// Names of what does not exist: some products have identifiers of one form, some of another.
const NOWHERE: [&str; 2] = [
    "0123456789abcdef0123456789abcdef",
    "f70ff985-a4ef-4643-bbbc-4a0ed4fc8415",
];

/// A status, if it is known, and a code.
type Refusal = (Option<u64>, Option<u64>);

/// The known refusals of each operation for things that its path names.
fn known() -> BTreeMap<(String, String), BTreeSet<Refusal>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/api/codes");
    let (_, operations) = DESCRIPTION.split_once("\n\n").unwrap();
    let mut by_id: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for line in operations.lines() {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap();
        let (method, path, id) = (next(), next(), next());
        by_id.entry(id).or_default().push((method, path));
    }
    let mut known: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let codes: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        for code in codes.as_object().unwrap().values() {
            if code["kind"] != "not_found" {
                continue;
            }
            let ids = code["operations"].as_array().unwrap().iter();
            let named = ids.filter_map(|id| by_id.get(id.as_str().unwrap()));
            for (method, path) in named.flatten() {
                let things = code["thing"].as_array().into_iter().flatten();
                let mut things = things.filter_map(Value::as_str);
                let is_named = path.matches('{').count()
                    > path.matches("s/{account_id}").count() + path.matches("s/{zone_id}").count();
                if is_named || things.any(|thing| thing == *path) {
                    let place = ((*method).to_owned(), (*path).to_owned());
                    let refusal = (code["status"].as_u64(), code["code"].as_u64());
                    known.entry(place).or_default().insert(refusal);
                }
            }
        }
    }
    known
}

/// Collections whose members need not be added before they are used.
const UNBOUNDED: [&str; 5] = [
    "abuse-reports/submitted",
    "artifacts/namespaces",
    "basin-catalog",
    "radar/entities/asns",
    "speed_api/pages",
];

fn filled(path: &str, account: &str, zone: &str, nowhere: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{account_id}" => account,
        "{zone_id}" => zone,
        "{ruleset_phase}" => "http_request_firewall_custom",
        segment if segment.starts_with('{') => nowhere,
        segment => segment,
    });
    let segments: Vec<_> = segments.collect();
    format!("/{}", segments.join("/"))
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_by_the_api() {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::new(&emulator);
    let known = known();
    let mut others = Vec::new();
    for ((method, path), refusals) in &known {
        let mut answers = Vec::new();
        for nowhere in NOWHERE {
            let path = filled(path, emulator.account_id(), &zone, nowhere);
            let method: Method = method.parse().unwrap();
            let body = (!matches!(method, Method::GET | Method::DELETE)).then(|| json!({}));
            let answer = client.call(method, &path, body).await;
            let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let code = json["errors"][0]["code"].as_u64();
            answers.push((u64::from(answer.status.as_u16()), code));
        }
        let agrees = |(status, code): &(u64, Option<u64>)| {
            refusals.iter().any(|(known_status, known_code)| {
                known_status.is_none_or(|known| known == *status)
                    && (400..500).contains(status)
                    && known_code.is_none_or(|known| Some(known) == *code)
            })
        };
        if !answers.iter().any(agrees) {
            others.push(format!("{method} {path}: {answers:?}, not {refusals:?}"));
        }
    }
    let (all, right) = (known.len(), known.len() - others.len());
    assert!(all > 450, "{all}");
    assert!(
        right * 100 >= all * 98,
        "{right} of {all}:\n{}",
        others.join("\n")
    );
}

/// Whatever is below something that is not there is not there either.
#[tokio::test]
async fn nothing_is_below_what_is_not_there() {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::new(&emulator);
    let fill = |path: &str| filled(path, emulator.account_id(), &zone, NOWHERE[0]);
    let anonymous = |path: &str| {
        let segments = path.split('/');
        let segments = segments.map(|one| if one.starts_with('{') { "{}" } else { one });
        segments.collect::<Vec<_>>().join("/")
    };
    let (_, operations) = DESCRIPTION.split_once("\n\n").unwrap();
    let operations = operations.lines().map(|line| {
        let (method, rest) = line.split_once('\t').unwrap();
        let mut columns = rest.split('\t');
        (method, columns.next().unwrap(), columns.nth(4).unwrap())
    });
    let read: BTreeSet<String> = operations
        .clone()
        // A reply without a known form does not tell what is there.
        .filter(|(method, _, result)| *method == "GET" && *result != "*")
        .map(|(_, path, _)| anonymous(path))
        .collect();
    // Whether something at this path is there, as far as the emulator says.
    let mut there: BTreeMap<String, bool> = BTreeMap::new();
    let (mut tried, mut answered) = (0, Vec::new());
    for (method, path, _) in operations {
        let variables = path.match_indices("/{").map(|(at, _)| at);
        for at in variables.skip(usize::from(
            path.contains("s/{account_id}") || path.contains("s/{zone_id}"),
        )) {
            let Some(end) = path[at + 1..].find('/') else {
                continue;
            };
            let (list, member) = (&path[..at], &path[..at + 1 + end]);
            let is_known = read.contains(&anonymous(list)) || read.contains(&anonymous(member));
            if !is_known || UNBOUNDED.iter().any(|known| list.ends_with(known)) {
                continue;
            }
            if read.contains(&anonymous(member)) {
                let known = anonymous(member);
                let is_there = match there.get(&known) {
                    Some(known) => *known,
                    None => client.get(&fill(member)).await.status.is_success(),
                };
                there.insert(known, is_there);
                if is_there {
                    continue;
                }
            }
            tried += 1;
            let body = (!matches!(method, "GET" | "DELETE")).then(|| json!({}));
            let method: Method = method.parse().unwrap();
            let answer = client.call(method.clone(), &fill(path), body).await;
            if !answer.status.is_client_error() {
                answered.push(format!("{method} {path}: {}", answer.status));
            }
            break;
        }
    }
    assert!(tried > 700, "{tried}");
    assert!(
        answered.is_empty(),
        "{} of {tried}:\n{}",
        answered.len(),
        answered.join("\n")
    );
}

#[tokio::test]
async fn what_belongs_to_a_bucket_needs_it_and_goes_with_it() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let bucket = format!("{account}/r2/buckets/media");
    let notifications = format!("{account}/event_notifications/r2/media/configuration");
    for below in [
        "cors",
        "lifecycle",
        "lock",
        "sippy",
        "domains/custom",
        "domains/managed",
    ] {
        let answer = client.get(&format!("{bucket}/{below}")).await;
        assert_eq!(answer.failure(), (404, 10006), "{below}");
    }
    let answer = client.get(&notifications).await;
    assert_eq!(answer.failure(), (404, 10085));

    let buckets = format!("{account}/r2/buckets");
    client
        .post(&buckets, json!({ "name": "media" }))
        .await
        .result();
    let cors = format!("{bucket}/cors");
    assert_eq!(client.get(&cors).await.failure(), (404, 10059));
    let rules = json!({ "rules": [{ "allowed": { "methods": ["GET"], "origins": ["*"] } }] });
    client.put(&cors, rules).await.result();
    assert_eq!(
        client.get(&cors).await.result()["rules"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client.delete(&bucket).await.result();
    client
        .post(&buckets, json!({ "name": "media" }))
        .await
        .result();
    assert_eq!(client.get(&cors).await.failure(), (404, 10059));
}

#[tokio::test]
async fn workers_are_there_before_others_lead_to_them() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let routes = format!("/zones/{zone}/workers/routes");
    let route = |script: &str| json!({ "pattern": "example.com/*", "script": script });
    assert_eq!(
        client.post(&routes, route("none")).await.failure(),
        (400, 10019)
    );
    let queue = json!({ "queue_name": "jobs" });
    let queue = client
        .post(&format!("{account}/queues"), queue)
        .await
        .result();
    let consumers = format!(
        "{account}/queues/{}/consumers",
        queue["queue_id"].as_str().unwrap()
    );
    let consumer = json!({ "type": "worker", "script_name": "none" });
    assert_eq!(
        client.post(&consumers, consumer).await.failure(),
        (404, 10007)
    );
    let schedules = format!("{account}/workers/scripts/none/schedules");
    let answer = client
        .put(&schedules, json!([{ "cron": "* * * * *" }]))
        .await;
    assert_eq!(answer.failure(), (404, 10007));
    let domains = format!("{account}/workers/domains");
    let domain = |service: &str| json!({ "hostname": "www.example.com", "service": service, "zone_id": zone, "environment": "production" });
    assert_eq!(
        client.put(&domains, domain("none")).await.failure(),
        (404, 10007)
    );

    let worker = json!({ "name": "api" });
    client
        .post(&format!("{account}/workers/workers"), worker)
        .await
        .result();
    client.post(&routes, route("api")).await.result();
    let made = client.put(&domains, domain("api")).await.result();
    let made = format!("{domains}/{}", made["id"].as_str().unwrap());
    client.get(&made).await.result();
    client.delete(&format!("/zones/{zone}")).await.result();
    assert_eq!(client.get(&made).await.failure(), (404, 100114));
}

#[tokio::test]
async fn the_code_is_that_of_what_is_missing() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let gateways = format!("/accounts/{}/ai-gateway/gateways", emulator.account_id());
    let gateway = json!({
        "id": "chat", "cache_invalidate_on_update": false, "cache_ttl": 0, "collect_logs": false,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0, "rate_limiting_technique": "fixed",
    });
    let route = format!("{gateways}/chat/routes/none");
    assert_eq!(client.get(&route).await.failure(), (404, 7002));
    client.post(&gateways, gateway.clone()).await.result();
    assert_eq!(client.get(&route).await.failure(), (404, 7005));
    // Another one of this name, and one that is not complete.
    assert_eq!(client.post(&gateways, gateway).await.failure(), (409, 7001));
    assert_eq!(
        client.post(&gateways, json!({})).await.failure(),
        (400, 7001)
    );
}
