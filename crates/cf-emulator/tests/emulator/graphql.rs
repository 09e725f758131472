//! The GraphQL Analytics API over seeded rows.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::Client;

const ACCOUNT: &str = "01a7362d577a6c3019a474fd6f485823";
const ZONES: [&str; 2] = [
    "023e105f4ecef8ad9ca31a8372d0c353",
    "123e105f4ecef8ad9ca31a8372d0c353",
];

async fn start() -> (Emulator, Client) {
    let group = |hour: u32, country: &str, count: u32, bytes: u32| {
        json!({
            "count": count,
            "dimensions": { "datetime": format!("2026-11-24T{hour:02}:00:00Z"), "clientCountryName": country },
            "sum": { "edgeResponseBytes": bytes },
            "max": { "size": bytes },
            "avg": { "sampleInterval": f64::from(bytes) },
        })
    };
    let seed = json!({ "accounts": [{
        "name": "Ada's account",
        "id": ACCOUNT,
        "analytics": { "workersInvocationsAdaptive": [{ "dimensions": { "scriptName": "a" }, "sum": { "requests": 3 } }] },
        "zones": [
            { "name": "example.com", "id": ZONES[0], "analytics": {
                "httpRequestsAdaptiveGroups": [group(10, "DE", 5, 10), group(10, "US", 2, 90), group(11, "DE", 1, 40)],
                "firewallEventsAdaptive": [
                    { "datetime": "2026-11-24T10:00:00Z", "action": "block", "tags": ["a", "b"] },
                    { "datetime": "2026-11-24T10:00:00.5Z", "action": "log", "botScore": 7, "tags": [] },
                    { "datetime": "2026-11-24T09:59:59Z", "action": "blocked", "botScore": 30, "tags": ["b"] },
                ],
            } },
            { "name": "example.net", "id": ZONES[1] },
        ],
    }] });
    let emulator = Emulator::builder()
        .seed(seed.to_string())
        .start()
        .await
        .unwrap();
    let client = Client::new(&emulator);
    (emulator, client)
}

async fn ask(client: &Client, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let answer = client.post("/graphql", body).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

/// What a query finds in the first zone.
async fn zone(client: &Client, inner: &str) -> Value {
    let query = format!(
        "query ($zone: string!) {{ viewer {{ zones(filter: {{ zoneTag: $zone }}) {{ {inner} }} }} }}"
    );
    let reply = ask(client, &query, json!({ "zone": ZONES[0] })).await;
    assert_eq!(reply["errors"], Value::Null, "{inner}: {reply}");
    reply["data"]["viewer"]["zones"][0].clone()
}

async fn actions(client: &Client, arguments: &str) -> Vec<String> {
    let found = zone(
        client,
        &format!("found: firewallEventsAdaptive{arguments} {{ action }}"),
    )
    .await;
    let rows = found["found"].as_array().unwrap().iter();
    rows.map(|row| row["action"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn rows_are_filtered_sorted_and_cut() {
    let (_emulator, client) = start().await;
    for (arguments, due) in [
        ("", vec!["block", "log", "blocked"]),
        ("(orderBy: [datetime_ASC])", vec!["blocked", "block", "log"]),
        ("(orderBy: datetime_DESC, limit: 2)", vec!["log", "block"]),
        // Times are compared as times.
        (
            r#"(filter: { datetime_gt: "2026-11-24T10:00:00Z" })"#,
            vec!["log"],
        ),
        (
            r#"(filter: { datetime_geq: "2026-11-24T11:00:00+01:00" })"#,
            vec!["block", "log"],
        ),
        (
            r#"(filter: { datetime_lt: "2026-11-24T10:00:00Z" })"#,
            vec!["blocked"],
        ),
        (r#"(filter: { action: "log" })"#, vec!["log"]),
        (
            r#"(filter: { action_neq: "log" })"#,
            vec!["block", "blocked"],
        ),
        (
            r#"(filter: { action_in: ["log", "blocked"] })"#,
            vec!["log", "blocked"],
        ),
        (
            r#"(filter: { action_notin: ["log", "blocked"] })"#,
            vec!["block"],
        ),
        (
            r#"(filter: { action_like: "%lock%" })"#,
            vec!["block", "blocked"],
        ),
        (r#"(filter: { action_like: "%lock" })"#, vec!["block"]),
        (
            r#"(filter: { action_notlike: "b%k" })"#,
            vec!["log", "blocked"],
        ),
        ("(filter: { botScore_leq: 7 })", vec!["log"]),
        (r#"(filter: { tags_has: "b" })"#, vec!["block", "blocked"]),
        (r#"(filter: { tags_hasall: ["a", "b"] })"#, vec!["block"]),
        (r#"(filter: { tags_hasany: ["a", "c"] })"#, vec!["block"]),
        (
            r#"(filter: { OR: [{ action: "log" }, { action: "block", botScore: 1 }] })"#,
            vec!["log"],
        ),
        (
            r#"(filter: { AND: [{ action_neq: "log" }, { botScore_gt: 7 }] })"#,
            vec!["blocked"],
        ),
    ] {
        assert_eq!(actions(&client, arguments).await, due, "{arguments}");
    }
    // A field that only other rows have.
    let found = zone(
        &client,
        "firewallEventsAdaptive(limit: 1) { action score: botScore }",
    )
    .await;
    assert_eq!(
        found["firewallEventsAdaptive"],
        json!([{ "action": "block", "score": null }])
    );
}

#[tokio::test]
async fn groups_are_merged_by_the_selected_dimensions() {
    let (_emulator, client) = start().await;
    let total = "httpRequestsAdaptiveGroups { count sum { edgeResponseBytes } max { size } }";
    assert_eq!(
        zone(&client, total).await["httpRequestsAdaptiveGroups"],
        json!([{ "count": 8, "sum": { "edgeResponseBytes": 140 }, "max": { "size": 90 } }])
    );
    let by_country = "httpRequestsAdaptiveGroups(orderBy: [sum_edgeResponseBytes_DESC]) \
                      { count dimensions { country: clientCountryName } }";
    assert_eq!(
        zone(&client, by_country).await["httpRequestsAdaptiveGroups"],
        json!([
            { "count": 2, "dimensions": { "country": "US" } },
            { "count": 6, "dimensions": { "country": "DE" } },
        ])
    );
    let filtered = r#"httpRequestsAdaptiveGroups(filter: { datetime_lt: "2026-11-24T11:00:00Z", clientCountryName: "DE" })
                      { count avg { sampleInterval } }"#;
    assert_eq!(
        zone(&client, filtered).await["httpRequestsAdaptiveGroups"],
        json!([{ "count": 5, "avg": { "sampleInterval": 10.0 } }])
    );
}

#[tokio::test]
async fn zones_and_accounts_are_named_by_filters() {
    let (_emulator, client) = start().await;
    for (query, due) in [
        ("{ viewer { zones { zoneTag } } }".to_owned(), json!({ "zones": [{ "zoneTag": ZONES[0] }, { "zoneTag": ZONES[1] }] })),
        (
            format!("{{ viewer {{ zones(filter: {{ zoneTag_gt: \"{}\" }}) {{ tag: zoneTag }} }} }}", ZONES[0]),
            json!({ "zones": [{ "tag": ZONES[1] }] }),
        ),
        (
            format!("{{ viewer {{ zones(filter: {{ zoneTag: \"{}\" }}) {{ firewallEventsAdaptive {{ action }} }} }} }}", ZONES[1]),
            json!({ "zones": [{ "firewallEventsAdaptive": [] }] }),
        ),
        (
            format!(
                "query {{ ...Viewer }} fragment Viewer on Query {{ viewer {{ accounts(filter: {{ accountTag: \"{ACCOUNT}\" }}) {{
                    workersInvocationsAdaptive {{ sum {{ requests }} }}
                    ... on Account {{ zones(filter: {{ zoneTag_in: [\"{}\"] }}) {{ zoneTag }} }}
                }} }} }}",
                ZONES[1]
            ),
            json!({ "accounts": [{ "workersInvocationsAdaptive": [{ "sum": { "requests": 3 } }], "zones": [{ "zoneTag": ZONES[1] }] }] }),
        ),
    ] {
        let reply = ask(&client, &query, json!({})).await;
        assert_eq!(reply, json!({ "data": { "viewer": due }, "errors": null }), "{query}");
    }
}

#[tokio::test]
async fn what_it_does_not_know_is_an_error_of_graphql() {
    let (emulator, client) = start().await;
    let in_zone = |inner: &str| {
        format!(
            "{{ viewer {{ zones(filter: {{ zoneTag: \"{}\" }}) {{ {inner} }} }} }}",
            ZONES[0]
        )
    };
    let deep = format!(
        "{{ viewer {{ zones(filter: {}) {{ zoneTag }} }} }}",
        "[".repeat(100_000)
    );
    for (query, message) in [
        (String::new(), "query is required"),
        ("{ viewer {".to_owned(), "error parsing query: "),
        (deep, "query is nested too deeply"),
        (
            "mutation { viewer { zones { zoneTag } } }".to_owned(),
            "mutation operations are not supported",
        ),
        ("{ cost }".to_owned(), "unknown field \"cost\""),
        (
            "{ __schema { types { name } } }".to_owned(),
            "unknown field \"__schema\"",
        ),
        ("{ viewer }".to_owned(), "object field must have selections"),
        (
            "{ viewer { zones } }".to_owned(),
            "object field must have selections",
        ),
        (
            "{ viewer { accounts { accountTag } } }".to_owned(),
            "error parsing args for \"accounts\"",
        ),
        (
            in_zone("nothingAdaptive { x }"),
            "unknown field \"nothingAdaptive\"",
        ),
        (
            in_zone("firewallEventsAdaptive { nothing }"),
            "unknown field \"nothing\"",
        ),
        (
            in_zone("firewallEventsAdaptive { action { x } }"),
            "scalar fields must have no selections",
        ),
        (
            in_zone("httpRequestsAdaptiveGroups { sum }"),
            "object field must have selections",
        ),
        (
            in_zone("httpRequestsAdaptiveGroups { avg { sampleInterval } }"),
            "the emulator cannot compute \"avg\"",
        ),
        (
            in_zone("firewallEventsAdaptive(limit: 0) { action }"),
            "limit must be positive number",
        ),
        (
            in_zone("firewallEventsAdaptive(first: 1) { action }"),
            "unknown arg \"first\"",
        ),
        (
            in_zone("firewallEventsAdaptive(orderBy: [nothing_ASC]) { action }"),
            "error parsing args for",
        ),
        (
            in_zone("firewallEventsAdaptive(filter: { nothing_gt: 1 }) { action }"),
            "error parsing args for",
        ),
        (
            in_zone("firewallEventsAdaptive(filter: $f) { action }"),
            "unknown variable \"f\"",
        ),
        (
            "query ($a: string!) { viewer { zones { zoneTag } } }".to_owned(),
            "error parsing args: variable \"a\"",
        ),
        (
            "query A { x } query B { x }".to_owned(),
            "must provide operation name",
        ),
        (
            "{ ...F } fragment F on Q { ...F }".to_owned(),
            "query is nested too deeply",
        ),
        (
            in_zone("zoneTag @skip(if: true)"),
            "directives are not supported",
        ),
    ] {
        let reply = ask(&client, &query, json!({})).await;
        assert_eq!(reply["data"], Value::Null, "{message}");
        let said = reply["errors"][0]["message"].as_str().unwrap();
        assert!(said.starts_with(message), "{said} for {message}");
        assert!(reply["errors"][0]["extensions"]["timestamp"].is_string());
    }
    let reply = ask(
        &client,
        &in_zone("all: firewallEventsAdaptive { x }"),
        json!({}),
    )
    .await;
    assert_eq!(
        reply["errors"][0]["path"],
        json!(["viewer", "zones", "0", "all"])
    );

    // Nothing is said about what the caller may not see.
    let token = emulator
        .add_token(TokenSpec::new(["Analytics Read"]).zones([ZONES[1]]))
        .unwrap();
    let reader = Client::with_token(&emulator, &token.value);
    let reply = ask(&reader, &in_zone("zoneTag"), json!({})).await;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "authz");
    let reply = ask(&reader, "{ viewer { zones { zoneTag } } }", json!({})).await;
    assert_eq!(
        reply["data"]["viewer"]["zones"],
        json!([{ "zoneTag": ZONES[1] }])
    );
}
