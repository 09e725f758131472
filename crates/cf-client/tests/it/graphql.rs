//! Queries of the GraphQL Analytics API.

use std::time::Duration;

use cf_client::{Client, Error, ErrorKind};
use cf_emulator::{Emulator, TokenSpec};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{SECRET, Server, json as json_reply};

const QUERY: &str = "query ($zone: string!) { viewer { zones(filter: { zoneTag: $zone }) {
    events: firewallEventsAdaptive(limit: 10, orderBy: [datetime_ASC]) { datetime action }
} } }";

const PAGES: &str = "query Pages($zone: string!, $since: Time!, $limit: uint64!) {
  viewer { zones(filter: { zoneTag: $zone }) {
    firewallEventsAdaptive(filter: { datetime_geq: $since }, limit: $limit, orderBy: [datetime_ASC]) {
      datetime
      action
    }
  } }
}";
const ROWS: &str = "/viewer/zones/0/firewallEventsAdaptive";

#[derive(Debug, Deserialize, PartialEq, Clone)]
struct Event {
    datetime: String,
    action: String,
}

fn of(emulator: &Emulator, token: &str) -> Client {
    let client = Client::builder().base_url(emulator.base_url());
    client.api_token(token).build().unwrap()
}

/// A zone with events at these seconds, told apart by their number.
async fn with_events(seconds: &[u32]) -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let rows = seconds.iter().enumerate().map(|(number, second)| {
        let datetime = format!("2026-11-24T10:00:{second:02}Z");
        json!({ "datetime": datetime, "action": format!("a{number}"), "rayName": "x" })
    });
    let dataset = "firewallEventsAdaptive";
    emulator.add_analytics(&zone, dataset, rows).unwrap();
    let client = of(&emulator, emulator.token());
    (emulator, client, zone)
}

async fn fails(client: &Client, query: &str, variables: Value) -> Error {
    client
        .graphql_query::<Value>(query, &variables)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn data_becomes_a_value_of_the_callers() {
    #[derive(Deserialize)]
    struct Data {
        viewer: Viewer,
    }
    #[derive(Deserialize)]
    struct Viewer {
        zones: Vec<Zone>,
    }
    #[derive(Deserialize)]
    struct Zone {
        events: Vec<Event>,
    }
    let (_emulator, client, zone) = with_events(&[2, 1]).await;
    let variables = json!({ "zone": zone });
    let data: Data = client.graphql_query(QUERY, &variables).await.unwrap();
    let actions: Vec<&str> = data.viewer.zones[0]
        .events
        .iter()
        .map(|e| e.action.as_str())
        .collect();
    assert_eq!(actions, ["a1", "a0"]);
    // Without variables, and with the settings of any call.
    let query = format!(
        "query A {{ viewer {{ zones(filter: {{ zoneTag: \"{zone}\" }}) {{ zoneTag }} }} }} query B {{ x }}"
    );
    let call = client.graphql_query::<Value>(query, ()).operation_name("A");
    let data = call
        .with(|call| call.deadline(Duration::from_secs(9)))
        .await
        .unwrap();
    assert_eq!(
        data,
        json!({ "viewer": { "zones": [{ "zoneTag": zone }] } })
    );
}

#[tokio::test]
async fn errors_say_what_where_and_what_to_do() {
    let (emulator, client, zone) = with_events(&[1]).await;
    let in_zone = |inner: &str| {
        format!("{{ viewer {{ zones(filter: {{ zoneTag: \"{zone}\" }}) {{ {inner} }} }} }}")
    };
    for (query, said, path, advice) in [
        (
            in_zone("firewallEventsAdaptive { colour }"),
            "unknown field \"colour\"",
            Some("/viewer/zones/0/firewallEventsAdaptive"),
            "check the query against the schema",
        ),
        (
            in_zone("firewallEventsAdaptive(limit: 90000) { action }"),
            "limit must be positive number and not greater than 10000",
            Some("/viewer/zones/0/firewallEventsAdaptive"),
            "maxPageSize",
        ),
        (
            "{ viewer {".to_owned(),
            "error parsing query",
            None,
            "check the query",
        ),
    ] {
        let error = fails(&client, &query, json!({})).await;
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        assert_eq!(error.status().unwrap(), 200);
        assert!(!error.is_retryable() && !error.is_auth());
        let first = &error.api_errors()[0];
        assert!(first.message().starts_with(said), "{error}");
        assert_eq!(first.path().as_deref(), path);
        let words = error.to_string();
        for part in ["POST /graphql", said, path.unwrap_or_default(), advice] {
            assert!(words.contains(part), "{words} lacks {part}");
        }
    }
    // A token that may not.
    let token = emulator.add_token(TokenSpec::new(["DNS Read"])).unwrap();
    let error = fails(&of(&emulator, &token.value), QUERY, json!({ "zone": zone })).await;
    assert!(error.is_auth(), "{error}");
    assert_eq!(error.api_errors()[0].word().as_deref(), Some("authz"));
    assert!(error.to_string().contains("Analytics Read"), "{error}");
}

/// Part of the data is none: who sums it up would not notice.
#[tokio::test]
async fn errors_beside_data_are_errors() {
    let body = r#"{"data":{"viewer":{"zones":[]}},"errors":[{"message":"cannot request data older than 2678400s","path":["viewer","zones","0","x"],"extensions":{"timestamp":"2026-11-24T10:00:00Z"}}]}"#;
    let server = Server::always(json_reply(200, body)).await;
    let error = fails(&server.client(), QUERY, json!({})).await;
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().contains("notOlderThan"), "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn data_of_another_shape_is_an_error_without_its_values() {
    let body = format!(r#"{{"data":{{"viewer":"{SECRET}"}},"errors":null}}"#);
    let server = Server::always(json_reply(200, &body)).await;
    let client = server.client();
    let error = client
        .graphql_query::<Vec<u8>>(QUERY, ())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error} {error:?}").contains(SECRET));
    let error = client.graphql_query::<Value>(QUERY, [1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert_eq!(server.count(), 1);
}

/// As GraphQL reports it: with status 200, and the time to wait in words.
#[tokio::test(start_paused = true)]
async fn its_rate_limit_is_waited_out() {
    let data = r#"{"data":{"viewer":{}},"errors":null}"#;
    for (message, extensions) in [
        (
            "Rate limiter budget depleted. Please try again after 5 minutes.",
            "{}",
        ),
        (
            "Account 1 has exceeded its rate limit. Please try again after 5 minutes.",
            r#"{"code":"budget"}"#,
        ),
    ] {
        let refusal = format!(
            r#"{{"data":null,"errors":[{{"message":"{message}","path":null,"extensions":{extensions}}}]}}"#
        );
        let server = Server::scripted([json_reply(200, &refusal), json_reply(200, data)]).await;
        let client = server.client();
        let started = tokio::time::Instant::now();
        let found: Value = client.graphql_query(QUERY, ()).await.unwrap();
        assert_eq!(found, json!({ "viewer": {} }));
        let waited = started.elapsed();
        assert!(
            waited >= Duration::from_secs(300) && waited < Duration::from_secs(400),
            "{waited:?}"
        );

        let server = Server::always(json_reply(200, &refusal)).await;
        let client = server.client();
        let call = client
            .graphql_query::<Value>(QUERY, ())
            .account_based_limit();
        let error = call.with(|call| call.retries(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
        assert!(error.is_retryable());
        let received = &server.received()[0];
        assert_eq!(received.header("x-rate-limit-type"), Some("account-based"));
    }
}

async fn all(client: &Client, zone: &str, limit: u64) -> Result<(Vec<usize>, Vec<String>), Error> {
    let variables = json!({ "zone": zone, "since": "2026-11-24T10:00:00Z", "limit": limit });
    let mut pages = client.graphql_pages::<Event>(PAGES, &variables, ROWS);
    let (mut sizes, mut actions) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page?;
        sizes.push(page.len());
        actions.extend(page.into_iter().map(|event| event.action));
    }
    assert!(pages.next().await.is_none());
    Ok((sizes, actions))
}

#[tokio::test]
async fn pages_follow_each_other_by_time_without_doubles() {
    // Rows of one time on both sides of a page's end, and at its very end.
    for seconds in [
        vec![],
        vec![1],
        vec![1, 2, 3],
        vec![1, 2, 3, 4, 5, 6],
        vec![1, 2, 2, 2, 3, 3, 4],
        vec![0, 0, 0, 1, 1, 2, 3, 3, 3, 4],
    ] {
        let (_emulator, client, zone) = with_events(&seconds).await;
        for limit in [4, 5, 100] {
            let (sizes, actions) = all(&client, &zone, limit).await.unwrap();
            let due: Vec<String> = (0..seconds.len()).map(|n| format!("a{n}")).collect();
            assert_eq!(actions, due, "{seconds:?} {limit}");
            assert!(!sizes.contains(&0));
        }
    }
}

#[tokio::test]
async fn pages_that_cannot_be_told_apart_are_an_error() {
    let (_emulator, client, zone) = with_events(&[1, 2, 2, 2, 2, 3]).await;
    let error = all(&client, &zone, 3).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert!(error.to_string().contains("raise the limit"), "{error}");
    assert_eq!(all(&client, &zone, 5).await.unwrap().1.len(), 6);
}

#[tokio::test]
async fn wrong_pages_are_errors_and_not_endless() {
    let (_emulator, client, zone) = with_events(&[1, 2, 3, 4]).await;
    let good = json!({ "zone": zone, "since": "2026-11-24T10:00:02Z", "limit": 2 });
    let with = |name: &str, value: Value| {
        let mut variables = good.clone();
        variables[name] = value;
        variables
    };
    for (query, variables, rows, kind, part) in [
        (
            PAGES,
            with("limit", json!(0)),
            ROWS,
            ErrorKind::Build,
            "`limit`",
        ),
        (
            PAGES,
            with("since", json!(5)),
            ROWS,
            ErrorKind::Build,
            "`since`",
        ),
        (
            PAGES,
            good.clone(),
            "/viewer/accounts/0/x",
            ErrorKind::Pagination,
            "/viewer/accounts/0/x",
        ),
        (
            PAGES,
            with("limit", json!(90_000)),
            ROWS,
            ErrorKind::Api,
            "maxPageSize",
        ),
    ] {
        let mut pages = client.graphql_pages::<Event>(query, &variables, rows);
        let error = pages.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(pages.next().await.is_none());
    }
    // Sorted the other way.
    let descending = PAGES
        .replace("_ASC", "_DESC")
        .replace("datetime_geq", "datetime_leq");
    let mut pages = client.graphql_pages::<Event>(descending, &good, ROWS);
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("ascending"), "{error}");
    // No time where it is looked for.
    let pages = client
        .graphql_pages::<Event>(PAGES, &good, ROWS)
        .time("/dimensions/datetime");
    let error = pages.collect_all().await.unwrap_err();
    assert!(
        error.to_string().contains("/dimensions/datetime"),
        "{error}"
    );
    let pages = client
        .graphql_pages::<Event>(PAGES, &good, ROWS)
        .max_pages(1);
    assert_eq!(
        pages.collect_all().await.unwrap_err().kind(),
        ErrorKind::Pagination
    );
}

#[cfg(feature = "blocking")]
#[test]
fn the_blocking_client_has_it_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (emulator, _, zone) = runtime.block_on(with_events(&[1, 2, 3, 4, 5]));
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token());
    let client = client.build_blocking().unwrap();
    let variables = json!({ "zone": zone, "since": "2026-11-24T10:00:00Z", "limit": 2 });
    let data: Value = client.graphql_query(PAGES, &variables).send().unwrap();
    assert_eq!(data.pointer(ROWS).unwrap().as_array().unwrap().len(), 2);
    let pages = client.graphql_pages::<Event>(PAGES, &variables, ROWS);
    let pages: Result<Vec<Vec<Event>>, Error> = pages.collect();
    assert_eq!(pages.unwrap().concat().len(), 5);
}
