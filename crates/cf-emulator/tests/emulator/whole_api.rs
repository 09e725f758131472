//! What holds for every operation of the description.

use std::collections::BTreeSet;

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::description::{Operation, Schema, operations};

pub(crate) const SAMPLE: &str = "cf-emulator-sample";
pub(crate) const ID: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// An emulator with an account and a zone that paths can name.
pub(crate) struct Api {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
    pub(crate) zone: String,
}

impl Api {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let zone = emulator
            .add_zone(emulator.account_id(), "example.com")
            .unwrap();
        let client = Client::new(&emulator);
        Self {
            emulator,
            client,
            zone,
        }
    }

    /// A path with values for its parameters.
    fn fill(&self, path: &str) -> String {
        let segments = path.split('/').map(|segment| match segment {
            "{account_id}" => self.emulator.account_id(),
            "{zone_id}" => &self.zone,
            other if other.starts_with('{') => ID,
            other => other,
        });
        format!("/{}", segments.collect::<Vec<_>>().join("/"))
    }

    async fn call(&self, operation: &Operation, body: Option<Value>) -> Answer {
        let path = self.fill(operation.path);
        self.client
            .call(operation.method.clone(), &path, body)
            .await
    }
}

/// Whether a path names nothing but the account or zone.
fn is_at_top(operation: &Operation) -> bool {
    let known = ["{account_id}", "{zone_id}"];
    let mut variables = operation.path.split('/').filter(|s| s.starts_with('{'));
    variables.all(|segment| known.contains(&segment))
}

/// The object that a reply is about.
fn shown(answer: &Answer) -> Value {
    let json = answer.json();
    match json.get("result") {
        Some(result) => result.clone(),
        None => json,
    }
}

/// Reading by POST, where a reply without an effect is all there is.
fn computes(operation: &Operation) -> bool {
    let last = operation.path.rsplit('/').next().unwrap();
    let words = [
        "accessibilityTree",
        "address-validation",
        "ai-search",
        "analyze",
        "bulk",
        "check",
        "completions",
        "connectivity-precheck",
        "content",
        "destination",
        "domain-check",
        "domain-transfer-check",
        "download",
        "evaluate",
        "exists",
        "get-by-ids",
        "graphql",
        "json",
        "keys",
        "links",
        "lookup",
        "markdown",
        "message",
        "origin",
        "pdf",
        "plan",
        "policy-preview",
        "preview",
        "query",
        "recall",
        "requests",
        "run",
        "scan-logo",
        "scan-page",
        "scrape",
        "screenshot",
        "search",
        "snapshot",
        "status",
        "summary",
        "test",
        "timeseries",
        "tomarkdown",
        "top-n",
        "trace",
        "traceroute",
        "validate",
        "validate_sql",
        "values",
    ];
    words.contains(&last)
}

/// A success has an effect, or is a reply that only reads; anything else says
/// that the emulator does not do it.
#[tokio::test]
async fn no_action_only_says_that_it_was_done() {
    let api = Api::start().await;
    let (mut refused, mut wrong) = (0, Vec::new());
    let whole = ["accounts/{account_id}", "zones/{zone_id}"];
    let writing =
        operations().filter(|one| one.method != Method::GET && !whole.contains(&one.path));
    for operation in writing {
        let filled = operation
            .body
            .as_ref()
            .map(|body| body.fill("", 1, &mut str::to_owned));
        let answer = api.call(&operation, filled).await;
        let is_sample = answer
            .headers
            .get(SAMPLE)
            .is_some_and(|value| value == "true");
        if answer.status == StatusCode::NOT_IMPLEMENTED {
            assert_eq!(answer.failure(), (501, 10501));
            refused += 1;
        } else if answer.status.is_success()
            && is_sample
            && operation.method != Method::DELETE
            && !computes(&operation)
        {
            wrong.push(format!("{} {}", operation.method, operation.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!((120..300).contains(&refused), "{refused}");
}

/// What a reply has a field for comes back as it was sent, from the creation
/// and from reading.
#[tokio::test]
async fn what_was_sent_comes_back() {
    let api = Api::start().await;
    let (mut compared, mut wrong) = (0, Vec::new());
    for operation in operations().filter(|one| one.method == Method::POST && is_at_top(one)) {
        let Some(body) = &operation.body else {
            continue;
        };
        for depth in [1, 0] {
            let sent = body.fill("", depth, &mut |name| format!("{name}-sent-{depth}"));
            let Value::Object(fields) = &sent else {
                continue;
            };
            let answer = api.call(&operation, Some(sent.clone())).await;
            if !answer.status.is_success()
                || answer.headers.get(SAMPLE).is_some_and(|v| v == "true")
            {
                continue;
            }
            let shown = shown(&answer);
            if !shown.is_object() {
                continue;
            }
            let described = operation.result.fields(6);
            for (name, value) in fields {
                let fits = |field: &&crate::description::Field| {
                    field.name == *name && !field.write_only && field.schema.fits(value)
                };
                let secret = cf_redact::is_secret(name);
                if described.iter().any(|field| fits(&field)) && !secret && simple(value) {
                    compared += 1;
                    if shown[name] != *value {
                        wrong.push(format!(
                            "{}: {name} is {} instead of {value}",
                            operation.name, shown[name]
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 300, "{compared}");
}

fn simple(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// Names that callers know by another: the identifiers in paths, and what the
/// reply calls by a longer name.
#[tokio::test]
async fn parameters_and_names_are_in_replies() {
    let api = Api::start().await;
    let account = api.emulator.account_id();
    let namespaces = format!("/accounts/{account}/workers/dispatch/namespaces");
    let made = api
        .client
        .post(&namespaces, json!({ "name": "tenants" }))
        .await
        .result();
    assert_eq!(made["namespace_name"], "tenants");
    assert!(made["namespace_id"].is_string(), "{made}");
    let read = api
        .client
        .get(&format!("{namespaces}/tenants"))
        .await
        .result();
    assert_eq!(read, made);
    assert_eq!(api.client.get(&namespaces).await.result(), json!([made]));

    let mut wrong = Vec::new();
    for operation in operations().filter(|one| one.method == Method::POST && is_at_top(one)) {
        let sent = operation
            .body
            .as_ref()
            .map(|body| body.fill("", 0, &mut str::to_owned));
        let answer = api.call(&operation, sent).await;
        if !answer.status.is_success() || answer.headers.contains_key(SAMPLE) {
            continue;
        }
        let shown = shown(&answer);
        for (name, value) in [
            ("account_id", account),
            ("zone_id", &api.zone),
            ("zone_name", "example.com"),
        ] {
            if shown.get(name).is_some_and(|shown| shown != value)
                && !operation.path.starts_with("user")
            {
                wrong.push(format!("{}: {name} is {}", operation.name, shown[name]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The texts of all secrets in a value.
fn secrets(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("hush-") => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| secrets(item, found)),
        Value::Object(object) => object.values().for_each(|item| secrets(item, found)),
        _ => {}
    }
}

/// The names of the fields that replies must have.
fn required(schema: &Schema, depth: usize, found: &mut BTreeSet<String>) {
    if depth == 0 {
        return;
    }
    match schema.resolved() {
        Schema::Object(fields) => {
            for field in fields.iter().filter(|field| !field.write_only) {
                if field.required {
                    found.insert(field.name.clone());
                }
                required(&field.schema, depth - 1, found);
            }
        }
        Schema::Either(all) | Schema::All(all) => {
            all.iter().for_each(|one| required(one, depth - 1, found))
        }
        Schema::List(items) => required(&items, depth - 1, found),
        _ => {}
    }
}

/// What was sent as a secret is in no reply, unless the description says that
/// replies have it.
#[tokio::test]
async fn secrets_do_not_come_back() {
    let api = Api::start().await;
    let (mut sent_secrets, mut wrong) = (0, Vec::new());
    let writing = [Method::POST, Method::PUT, Method::PATCH];
    for operation in operations().filter(|one| writing.contains(&one.method)) {
        let Some(body) = &operation.body else {
            continue;
        };
        let sent = body.fill("", 3, &mut |name| match cf_redact::is_secret(name) {
            true => format!("hush-{name}"),
            false => name.to_owned(),
        });
        let mut hushed = BTreeSet::new();
        secrets(&sent, &mut hushed);
        // It is part of the pages that visitors load.
        hushed.remove("hush-web_analytics_token");
        if hushed.is_empty() {
            continue;
        }
        let mut public = BTreeSet::new();
        required(&operation.result, 8, &mut public);
        hushed.retain(|secret| !public.contains(&secret["hush-".len()..]));
        let answer = api.call(&operation, Some(sent)).await;
        sent_secrets += usize::from(answer.status.is_success());
        let read = api.client.get(&api.fill(operation.path)).await;
        for answer in [answer, read] {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            let found = hushed
                .iter()
                .filter(|secret| answer.status.is_success() && text.contains(*secret));
            wrong.extend(
                found.map(|secret| format!("{} {} {secret}", operation.method, operation.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(sent_secrets > 40, "{sent_secrets}");
}

/// Operations whose reply has no body, because Cloudflare says so; the others
/// have the envelope.
#[tokio::test]
async fn replies_are_empty_only_where_the_api_sends_none() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::new(&emulator);
    let api = Api {
        emulator,
        client,
        zone,
    };
    let mut empty = BTreeSet::new();
    for operation in
        operations().filter(|one| one.reply == "empty" && !one.path.contains("/browser-rendering/"))
    {
        let body = operation
            .body
            .as_ref()
            .map(|body| body.fill("", 1, &mut str::to_owned));
        let answer = api.call(&operation, body).await;
        if answer.status == StatusCode::NO_CONTENT {
            assert!(answer.body.is_empty());
            empty.insert(operation.name);
        } else if !operation.path.ends_with("/loa")
            && !operation.path.contains("/binary/")
            && answer.status.is_success()
        {
            assert_eq!(answer.json()["success"], true, "{}", operation.name);
        }
    }
    let expected = [
        "accounts.profile.update",
        "basin_catalog.delete",
        "basin_catalog.disable",
        "managed_transforms.delete",
        "magic_transit.pcaps.stop",
        "organizations.members.delete",
        "organizations.organization_profile.update",
        "page_shield.policies.delete",
        "r2_data_catalog.delete",
        "r2_data_catalog.disable",
        "resource_sharing.recipients.bulk_update",
        "rulesets.delete",
        "rulesets.versions.delete",
        "url_normalization.delete",
        "workers.subdomains.delete",
    ];
    let unexpected: Vec<_> = empty
        .iter()
        .filter(|name| !expected.contains(name))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    let missing: Vec<_> = expected
        .iter()
        .filter(|name| !empty.contains(*name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
