//! Rulesets of accounts and zones, with their versions and the entry points of
//! phases: <https://developers.cloudflare.com/api/resources/rulesets/>.

mod entry_points;
mod rules;
mod versions;

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::{Object, clock, text};

/// The prefix of a phase's name.
const PHASES: &[&str] = &["ddos_", "http_", "magic_"];

macro_rules! routes_of {
    ($scope:literal, $read:literal, $write:literal) => {{
        let (read, write) = (Group($read), Group($write));
        [
            Route::new(Method::GET, concat!($scope, "/rulesets"), read, list),
            Route::new(Method::POST, concat!($scope, "/rulesets"), write, create),
            Route::new(
                Method::GET,
                concat!($scope, "/rulesets/{ruleset_id}"),
                read,
                get,
            ),
            Route::new(
                Method::PUT,
                concat!($scope, "/rulesets/{ruleset_id}"),
                write,
                update,
            ),
            Route::new(
                Method::DELETE,
                concat!($scope, "/rulesets/{ruleset_id}"),
                write,
                delete,
            ),
            Route::new(
                Method::GET,
                concat!($scope, "/rulesets/{ruleset_id}/versions"),
                read,
                versions::list,
            ),
            Route::new(
                Method::GET,
                concat!($scope, "/rulesets/{ruleset_id}/versions/{ruleset_version}"),
                read,
                versions::get,
            ),
            Route::new(
                Method::DELETE,
                concat!($scope, "/rulesets/{ruleset_id}/versions/{ruleset_version}"),
                write,
                versions::delete,
            ),
            Route::new(
                Method::POST,
                concat!($scope, "/rulesets/{ruleset_id}/rules"),
                write,
                rules::create,
            ),
            Route::new(
                Method::PATCH,
                concat!($scope, "/rulesets/{ruleset_id}/rules/{rule_id}"),
                write,
                rules::edit,
            ),
            Route::new(
                Method::DELETE,
                concat!($scope, "/rulesets/{ruleset_id}/rules/{rule_id}"),
                write,
                rules::delete,
            ),
            Route::new(
                Method::GET,
                concat!($scope, "/rulesets/phases/{ruleset_phase}/entrypoint"),
                read,
                entry_points::get,
            ),
            Route::new(
                Method::PUT,
                concat!($scope, "/rulesets/phases/{ruleset_phase}/entrypoint"),
                write,
                entry_points::update,
            ),
            Route::new(
                Method::GET,
                concat!(
                    $scope,
                    "/rulesets/phases/{ruleset_phase}/entrypoint/versions"
                ),
                read,
                versions::of_entry_point,
            ),
            Route::new(
                Method::GET,
                concat!(
                    $scope,
                    "/rulesets/phases/{ruleset_phase}/entrypoint/versions/{ruleset_version}"
                ),
                read,
                versions::one_of_entry_point,
            ),
        ]
    }};
}

pub(super) struct Rulesets;

impl Product for Rulesets {
    fn name(&self) -> &'static str {
        "rulesets"
    }

    fn title(&self) -> &'static str {
        "Rulesets"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/rulesets", "zones/{}/rulesets"]
    }
}

fn routes() -> Vec<Route> {
    let accounts = routes_of!(
        "accounts/{account_id}",
        "Account Rulesets Read",
        "Account Rulesets Write"
    );
    let zones = routes_of!("zones/{zone_id}", "Zone WAF Read", "Zone WAF Write");
    accounts.into_iter().chain(zones).collect()
}

/// Where the rulesets of the account or zone in the path are.
fn table(call: &Call<'_>) -> String {
    match call.params.find("zone_id") {
        Some(zone) => format!("zones/{zone}/rulesets"),
        None => format!("accounts/{}/rulesets", call.param("account_id")),
    }
}

/// The kind of the rulesets where phases start.
fn entry_kind(call: &Call<'_>) -> &'static str {
    match call.params.find("zone_id") {
        Some(_) => "zone",
        None => "root",
    }
}

fn versions_of(table: &str, id: &str) -> String {
    format!("{table}/{id}/versions")
}

fn missing(what: &str) -> ApiError {
    ApiError::not_found(10003, format!("could not find {what}"))
}

fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Object, ApiError> {
    call.store
        .get(&table(call), id)
        .ok_or_else(|| missing(&format!("ruleset {id}")))
}

fn is_dry_run(call: &Call<'_>) -> Result<bool, ApiError> {
    Ok(call.query.one_of("dry_run", &["true", "false"])? == Some("true"))
}

/// Stores `ruleset` as its next version, unless this is a dry run.
fn publish(call: &mut Call<'_>, mut ruleset: Object) -> Outcome {
    let version = text(&ruleset, "version")
        .parse::<u64>()
        .map_or(1, |last| last + 1)
        .to_string();
    rules::date(&mut ruleset, &version);
    ruleset.insert("version".to_owned(), version.as_str().into());
    ruleset.insert("last_updated".to_owned(), clock::now().into());
    if !is_dry_run(call)? {
        let (table, id) = (table(call), text(&ruleset, "id").to_owned());
        call.store
            .table_mut(&versions_of(&table, &id))
            .put_as(&version, ruleset.clone());
        call.store.table_mut(&table).put(ruleset.clone());
    }
    Ok(Reply::result(ruleset))
}

/// A ruleset as lists show it.
fn without_rules(ruleset: &Object) -> Value {
    let mut shown = ruleset.clone();
    shown.remove("rules");
    Value::Object(shown)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let size = paging::positive(&call.query, "per_page")?
        .unwrap_or(50)
        .min(50);
    let table = table(call);
    let start = match call.query.get("cursor") {
        None => 0,
        Some(cursor) => {
            let position = paging::position(cursor).and_then(|text| text.parse::<usize>().ok());
            position.ok_or_else(|| ApiError::bad_request(10008, "invalid cursor"))?
        }
    };
    let total = call.store.rows(&table).count();
    let shown: Vec<_> = call
        .store
        .rows(&table)
        .skip(start)
        .take(size)
        .map(without_rules)
        .collect();
    let end = start + shown.len();
    let info = match end < total {
        true => json!({ "cursors": { "after": paging::cursor(&end.to_string()) } }),
        false => json!({}),
    };
    Ok(Reply::list(shown, info))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let kind = text(&body, "kind").to_owned();
    let phase = text(&body, "phase").to_owned();
    if !["custom", entry_kind(call), "managed"].contains(&kind.as_str()) {
        return Err(ApiError::invalid("kind"));
    }
    if kind == "managed" {
        return Err(ApiError::bad_request(
            20016,
            "managed rulesets cannot be created",
        ));
    }
    check_phase(&phase)?;
    if text(&body, "name").is_empty() {
        return Err(ApiError::invalid("name"));
    }
    if kind != "custom" && entry_points::of_phase(call, &phase).is_some() {
        let message = format!("a ruleset for the phase {phase} already exists");
        return Err(ApiError::bad_request(20217, message));
    }
    let ruleset = new(body, &kind, &phase)?;
    publish(call, ruleset)
}

fn check_phase(phase: &str) -> Result<(), ApiError> {
    match PHASES.iter().any(|start| phase.starts_with(start)) {
        true => Ok(()),
        false => Err(ApiError::invalid("phase")),
    }
}

fn new(body: Object, kind: &str, phase: &str) -> Result<Object, ApiError> {
    Ok(object(json!({
        "id": ids::hex32(),
        "name": body.get("name").cloned().unwrap_or_else(|| "default".into()),
        "description": body.get("description").cloned().unwrap_or_else(|| "".into()),
        "kind": kind,
        "phase": phase,
        "rules": rules::checked(body.get("rules"), &[])?,
    })))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(
        find(call, call.params.get("ruleset_id"))?.clone(),
    ))
}

fn change(call: &mut Call<'_>, mut ruleset: Object, body: &Object) -> Outcome {
    for field in ["name", "description"] {
        if let Some(value) = body.get(field) {
            if !value.is_string() {
                return Err(ApiError::invalid(field));
            }
            ruleset.insert(field.to_owned(), value.clone());
        }
    }
    for field in ["kind", "phase"] {
        if body
            .get(field)
            .is_some_and(|value| *value != ruleset[field])
        {
            return Err(ApiError::bad_request(
                20015,
                format!("{field} cannot be changed"),
            ));
        }
    }
    let known = ruleset
        .get("rules")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    ruleset.insert(
        "rules".to_owned(),
        rules::checked(body.get("rules"), &known)?,
    );
    publish(call, ruleset)
}

fn update(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let ruleset = find(call, call.params.get("ruleset_id"))?.clone();
    change(call, ruleset, &body)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, id) = (table(call), call.params.get("ruleset_id"));
    find(call, id)?;
    if !is_dry_run(call)? {
        call.store.table_mut(&table).remove(id);
        call.store.remove_below(&format!("{table}/{id}"));
    }
    Ok(Reply::Empty)
}
