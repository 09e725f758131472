//! Load balancers of zones and accounts:
//! <https://developers.cloudflare.com/api/resources/load_balancers/>. Nothing
//! is balanced and nothing probed: enabled origins count as healthy.

mod health;
mod monitors;
mod pools;
mod references;
mod regions;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::merge;
use crate::http::{ids, paging};
use crate::store::identity::ZONES;
use crate::store::{Object, Store, clock, text};

/// The code for all invalid requests.
const INVALID: u32 = 1002;
/// The default TTL of an unproxied name, in seconds.
const USUAL_TTL: u64 = 30;
/// The fields that map locations to their pools.
const PLACES: [&str; 3] = ["region_pools", "country_pools", "pop_pools"];

pub(super) struct LoadBalancers;

impl Product for LoadBalancers {
    fn name(&self) -> &'static str {
        "load-balancers"
    }

    fn title(&self) -> &'static str {
        "Load balancers"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/load_balancers", "zones/{}/load_balancers"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Load Balancers Read"), Group("Load Balancers Write"));
    let (see, change) = (Group("Load Balancing: Monitors and Pools Read"), Group("Load Balancing: Monitors and Pools Write"));
    let mut routes = vec![
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/search", see, references::search),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/regions", see, regions::list),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/regions/{region}", see, regions::get),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/preview/{preview_id}", see, health::preview_result),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/monitors", see, monitors::list),
        Route::new(Method::POST, "accounts/{account_id}/load_balancers/monitors", change, monitors::create),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/monitors/{monitor_id}", see, monitors::get),
        Route::new(Method::PUT, "accounts/{account_id}/load_balancers/monitors/{monitor_id}", change, monitors::replace),
        Route::new(Method::PATCH, "accounts/{account_id}/load_balancers/monitors/{monitor_id}", change, monitors::edit),
        Route::new(Method::DELETE, "accounts/{account_id}/load_balancers/monitors/{monitor_id}", change, monitors::delete),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/monitors/{monitor_id}/references", see, references::of_monitor),
        Route::new(Method::POST, "accounts/{account_id}/load_balancers/monitors/{monitor_id}/preview", change, health::preview_monitor),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/pools", see, pools::list),
        Route::new(Method::POST, "accounts/{account_id}/load_balancers/pools", change, pools::create),
        Route::new(Method::PATCH, "accounts/{account_id}/load_balancers/pools", change, pools::edit_all),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/pools/{pool_id}", see, pools::get),
        Route::new(Method::PUT, "accounts/{account_id}/load_balancers/pools/{pool_id}", change, pools::replace),
        Route::new(Method::PATCH, "accounts/{account_id}/load_balancers/pools/{pool_id}", change, pools::edit),
        Route::new(Method::DELETE, "accounts/{account_id}/load_balancers/pools/{pool_id}", change, pools::delete),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/pools/{pool_id}/health", see, health::of_pool),
        Route::new(Method::POST, "accounts/{account_id}/load_balancers/pools/{pool_id}/preview", change, health::preview_pool),
        Route::new(Method::GET, "accounts/{account_id}/load_balancers/pools/{pool_id}/references", see, references::of_pool),
    ];
    for (all, one, read, write) in [
        ("zones/{zone_id}/load_balancers", "zones/{zone_id}/load_balancers/{load_balancer_id}", read, write),
        ("accounts/{account_id}/load_balancers", "accounts/{account_id}/load_balancers/{load_balancer_id}", see, change),
    ] {
        routes.extend([
            Route::new(Method::GET, all, read, list),
            Route::new(Method::POST, all, write, create),
            Route::new(Method::GET, one, read, get),
            Route::new(Method::PUT, one, write, replace),
            Route::new(Method::PATCH, one, write, edit),
            Route::new(Method::DELETE, one, write, delete),
        ]);
    }
    routes
}

fn invalid(why: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(INVALID, format!("{why}: validation failed"))
}

fn missing(what: &str) -> ApiError {
    ApiError::not_found(1001, format!("{what} not found"))
}

fn in_use() -> ApiError {
    ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        1005,
        "This object is referenced by other objects, delete them first.",
    )
}

/// The account of the zone or account in the path.
fn account(call: &Call<'_>) -> String {
    let zone = call.store.get(ZONES, call.param("zone_id"));
    match zone.and_then(|zone| zone.get("account")?["id"].as_str()) {
        Some(account) => account.to_owned(),
        None => call.param("account_id").to_owned(),
    }
}

fn pools_of(account: &str) -> String {
    format!("accounts/{account}/load_balancers/pools")
}

fn monitors_of(account: &str) -> String {
    format!("accounts/{account}/load_balancers/monitors")
}

fn table(call: &Call<'_>) -> String {
    match call.params.find("zone_id") {
        Some(zone) => format!("zones/{zone}/load_balancers"),
        None => format!("accounts/{}/load_balancers", call.param("account_id")),
    }
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let row = call.store.get(&table(call), call.param("load_balancer_id"));
    row.ok_or_else(|| missing("load balancer"))
}

/// Every load balancer that uses pools of `account`.
fn balancers<'a>(store: &'a Store, account: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
    let own = store.rows(&format!("accounts/{account}/load_balancers"));
    let account = account.to_owned();
    let zones = store
        .rows(ZONES)
        .filter(move |zone| zone.get("account").is_some_and(|of| of["id"] == *account));
    let in_zones =
        zones.flat_map(|zone| store.rows(&format!("zones/{}/load_balancers", text(zone, "id"))));
    own.chain(in_zones)
}

/// The pools that a load balancer, or the overrides of one of its rules, name.
fn pools_named(balancer: &Object) -> BTreeSet<&str> {
    let lists = PLACES
        .iter()
        .filter_map(|field| balancer.get(*field)?.as_object());
    let lists = lists
        .flat_map(|places| places.values())
        .chain(balancer.get("default_pools"));
    let mut named: BTreeSet<&str> = lists
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    named.extend(balancer.get("fallback_pool").and_then(Value::as_str));
    let rules = balancer.get("rules").and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        named.extend(
            rule["overrides"]
                .as_object()
                .into_iter()
                .flat_map(pools_named),
        );
    }
    named
}

/// The default values of a load balancer.
fn defaults() -> Value {
    json!({
        "description": "",
        "enabled": true,
        "proxied": false,
        "session_affinity": "none",
        "session_affinity_attributes": { "samesite": "Auto", "secure": "Auto", "drain_duration": 0, "zero_downtime_failover": "none" },
        "steering_policy": "",
        "region_pools": {},
        "country_pools": {},
        "pop_pools": {},
        "rules": [],
        "random_steering": { "default_weight": 1 },
        "adaptive_routing": { "failover_across_pools": false },
        "location_strategy": { "mode": "pop", "prefer_ecs": "proximity" },
        "networks": ["cloudflare"],
    })
}

/// The name, which must be that of the zone in the path, or below it.
fn checked_name(call: &Call<'_>, name: &str) -> Result<String, ApiError> {
    let name = name.to_lowercase();
    if name.is_empty() {
        return Err(invalid("name must be set"));
    }
    if let Some(zone) = call.store.get(ZONES, call.param("zone_id")) {
        let zone = text(zone, "name");
        let below = name
            .strip_suffix(zone)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !below {
            return Err(invalid(format!("name {name} is not in the zone {zone}")));
        }
    }
    let id = call.param("load_balancer_id");
    let taken = call
        .store
        .rows(&table(call))
        .any(|row| text(row, "name") == name && text(row, "id") != id);
    match taken {
        true => Err(invalid(format!(
            "a load balancer with the name {name} already exists"
        ))),
        false => Ok(name),
    }
}

/// Completes a load balancer, and checks its fields against each other.
fn completed(call: &Call<'_>, mut balancer: Object) -> Result<Object, ApiError> {
    let name = checked_name(call, text(&balancer, "name"))?;
    balancer.insert("name".to_owned(), name.into());
    if balancer["default_pools"]
        .as_array()
        .is_none_or(Vec::is_empty)
    {
        return Err(invalid("default_pools must have at least one pool"));
    }
    if text(&balancer, "fallback_pool").is_empty() {
        return Err(invalid("fallback_pool must be set"));
    }
    let pools = pools_of(&account(call));
    for pool in pools_named(&balancer) {
        if call.store.get(&pools, pool).is_none() {
            return Err(invalid(format!("pool {pool} does not exist")));
        }
    }
    let regions = balancer["region_pools"].as_object();
    for region in regions.into_iter().flat_map(Object::keys) {
        if !regions::is_region(region) {
            return Err(invalid(format!("region {region} is unknown")));
        }
    }
    checked_weights(&balancer)?;
    checked_affinity(&balancer)?;
    let given = balancer
        .get("ttl")
        .and_then(Value::as_f64)
        .filter(|ttl| *ttl != 0.0);
    match (balancer["proxied"] == true, given) {
        (true, Some(_)) => return Err(invalid("ttl must not be set for a proxied load balancer")),
        (true, None) => drop(balancer.remove("ttl")),
        (false, None) => drop(balancer.insert("ttl".to_owned(), USUAL_TTL.into())),
        (false, Some(_)) => {}
    }
    if text(&balancer, "steering_policy").is_empty() {
        let by_place = PLACES.iter().any(|field| {
            balancer[*field]
                .as_object()
                .is_some_and(|all| !all.is_empty())
        });
        let policy = if by_place { "geo" } else { "off" };
        balancer.insert("steering_policy".to_owned(), policy.into());
    }
    Ok(balancer)
}

fn checked_weights(balancer: &Object) -> Result<(), ApiError> {
    let steering = &balancer["random_steering"];
    let each = steering["pool_weights"].as_object();
    let weights = each.into_iter().flat_map(Object::values);
    match weights.chain(steering.get("default_weight")).all(|weight| {
        weight
            .as_f64()
            .is_some_and(|weight| (0.0..=1.0).contains(&weight))
    }) {
        true => Ok(()),
        false => Err(invalid("random_steering weights must be from 0 to 1")),
    }
}

fn checked_affinity(balancer: &Object) -> Result<(), ApiError> {
    let kind = text(balancer, "session_affinity");
    let ttl = balancer.get("session_affinity_ttl").and_then(Value::as_f64);
    let bounds = match kind {
        "cookie" | "ip_cookie" => 1800.0..=604_800.0,
        "header" => 30.0..=3600.0,
        _ => return Ok(()),
    };
    if ttl.is_some_and(|ttl| !bounds.contains(&ttl)) {
        let (from, to) = bounds.into_inner();
        return Err(invalid(format!(
            "session_affinity_ttl must be from {from} to {to}"
        )));
    }
    let headers = &balancer["session_affinity_attributes"]["headers"];
    match kind == "header" && headers.as_array().is_none_or(Vec::is_empty) {
        true => Err(invalid(
            "session_affinity_attributes.headers must be set for affinity by header",
        )),
        false => Ok(()),
    }
}

/// Writes a load balancer, new or replacing the one in the path.
fn write(call: &mut Call<'_>, body: Object) -> Outcome {
    let known = found(call).ok().cloned();
    let now = clock::now();
    let mut balancer = match defaults() {
        Value::Object(balancer) => balancer,
        _ => Object::new(),
    };
    let absent = |value: &Value| value.is_null();
    merge(
        &mut balancer,
        body.into_iter()
            .filter(|(_, value)| !absent(value))
            .collect(),
        &["id"],
    );
    let mut balancer = completed(call, balancer)?;
    let kept = |field: &str, fresh: String| {
        known
            .as_ref()
            .map_or(fresh, |row| text(row, field).to_owned())
    };
    balancer.insert("id".to_owned(), kept("id", ids::hex32()).into());
    balancer.insert(
        "created_on".to_owned(),
        kept("created_on", now.clone()).into(),
    );
    balancer.insert("modified_on".to_owned(), now.into());
    if let Some(zone) = call.store.get(ZONES, call.param("zone_id")) {
        balancer.insert("zone_name".to_owned(), text(zone, "name").into());
    }
    let table = table(call);
    call.store.table_mut(&table).put(balancer.clone());
    Ok(Reply::result(balancer))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let rows = call.store.rows(&table(call));
    Ok(paging::whole(rows.cloned().map(Value::Object).collect()))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    write(call, body)
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?.clone()))
}

fn replace(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = call.described(INVALID)?;
    write(call, body)
}

/// Changes the fields that the body names.
fn edit(call: &mut Call<'_>) -> Outcome {
    let mut balancer = found(call)?.clone();
    let body = call.described(INVALID)?;
    // A TTL that nobody asked for must not conflict with proxying.
    if body.get("proxied") == Some(&Value::Bool(true)) && !body.contains_key("ttl") {
        balancer.remove("ttl");
    }
    merge(&mut balancer, body, &["id", "created_on"]);
    write(call, balancer)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, id) = (table(call), call.params.get("load_balancer_id"));
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
