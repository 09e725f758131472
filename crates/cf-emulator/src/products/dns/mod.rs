//! DNS records: <https://developers.cloudflare.com/api/resources/dns/>.

mod batch;
mod bind;
mod dnssec;
mod filter;
mod limits;
mod plan_limits;
mod rdata;
mod scan;
pub(crate) mod seed;
mod settings;
mod target;
mod transfer;
mod validate;

use http::Method;
use serde_json::Value;

use super::zones;
use crate::access::authenticate::AUTHENTICATION_ERROR;
use crate::access::permissions::Permission::Group;
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::engine::seed::SeedError;
use crate::http::domain;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::paging::{self, PageSize};
use crate::store::identity::ZONES;
use crate::store::{Object, Store, Table, text};

use plan_limits::Limits;
use validate::Zone;

pub(super) struct Dns;

impl Product for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn title(&self) -> &'static str {
        "DNS"
    }

    fn routes(&self) -> Vec<Route> {
        let mut routes = routes();
        routes.retain_mut(|route| self.adopt(route));
        routes
    }

    fn places(&self) -> &'static [&'static str] {
        &[
            "zones/{}/dns_records",
            "zones/{}/dnssec",
            "zones/{}/dns_settings",
        ]
    }

    /// Unlike others of zones, these refuse tokens as accounts do.
    fn adopt(&self, route: &mut Route) -> bool {
        if route.path.contains("/dns_") {
            route.token_refusal = AUTHENTICATION_ERROR;
        }
        true
    }

    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        seed::seed(engine, seed)
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("DNS Read"), Group("DNS Write"));
    let mut routes = vec![
        Route::new(Method::GET, "zones/{zone_id}/dns_records", read, list),
        Route::new(Method::POST, "zones/{zone_id}/dns_records", write, create),
        Route::new(Method::GET, "zones/{zone_id}/dns_records/{dns_record_id}", read, get),
        Route::new(Method::PATCH, "zones/{zone_id}/dns_records/{dns_record_id}", write, edit),
        Route::new(Method::PUT, "zones/{zone_id}/dns_records/{dns_record_id}", write, update),
        Route::new(Method::DELETE, "zones/{zone_id}/dns_records/{dns_record_id}", write, delete),
        Route::new(Method::POST, "zones/{zone_id}/dns_records/batch", write, batch::run),
        Route::new(Method::GET, "zones/{zone_id}/dns_records/export", read, transfer::export),
        Route::new(Method::POST, "zones/{zone_id}/dns_records/import", write, transfer::import),
    ];
    routes.extend(settings::routes());
    routes.extend(dnssec::routes());
    routes.extend(scan::routes());
    routes
}

/// The path of the records of a zone in the store.
pub(crate) fn table(zone_id: &str) -> String {
    format!("zones/{zone_id}/dns_records")
}

/// What checking a record requires of its zone.
fn zone(store: &Store, id: &str) -> Result<Zone, ApiError> {
    let missing = || ApiError::not_found(1001, "Invalid zone identifier");
    let name = domain::to_ascii(text(store.get(ZONES, id).ok_or_else(missing)?, "name"));
    Ok(Zone {
        name,
        limits: Limits::of(zones::plan(store, id)),
    })
}

fn missing() -> ApiError {
    ApiError::not_found(81044, "Record does not exist.")
}

/// Adds a record of a seed, which may have an identifier, and returns that.
pub(crate) fn add(store: &mut Store, zone_id: &str, mut body: Object) -> Result<String, ApiError> {
    let zone = zone(store, zone_id)?;
    let id = ids::take(&mut body);
    let mut record = validate::create(body, &zone)?;
    record.insert("id".to_owned(), id.clone().into());
    let records = store.table_mut(&table(zone_id));
    validate::conflicts(records, &record)?;
    records.put(record);
    Ok(id)
}

fn insert(records: &mut Table, zone: &Zone, body: Object) -> Result<Object, ApiError> {
    let record = validate::create(body, zone)?;
    validate::conflicts(records, &record)?;
    records.put(record.clone());
    Ok(record)
}

/// Changes the fields of a record that `changes` names.
fn patch(records: &mut Table, zone: &Zone, id: &str, changes: Object) -> Result<Object, ApiError> {
    let old = records.get(id).ok_or_else(missing)?;
    let record = validate::edit(old, changes, zone)?;
    validate::conflicts(records, &record)?;
    records.put(record.clone());
    Ok(record)
}

/// Replaces a record; only identifier and creation time stay.
fn replace(records: &mut Table, zone: &Zone, id: &str, body: Object) -> Result<Object, ApiError> {
    let old = records.get(id).ok_or_else(missing)?;
    let record = validate::replace(old, body, zone)?;
    validate::conflicts(records, &record)?;
    records.put(record.clone());
    Ok(record)
}

fn body(call: &Call<'_>) -> Result<Object, ApiError> {
    call.json().map_err(|error| match error.code() {
        Some(6007) => ApiError::bad_request(9207, "Request body is invalid."),
        _ => error,
    })
}

fn list(call: &mut Call<'_>) -> Outcome {
    let filter = filter::Filter::parse(&call.query)?;
    let table = table(call.param("zone_id"));
    let mut rows: Vec<_> = call
        .store
        .rows(&table)
        .filter(|record| filter.selects(record))
        .collect();
    let orders = ["type", "name", "content", "ttl", "proxied"];
    paging::sort(&call.query, &orders, Some("type"), &mut rows)?;
    let size = PageSize {
        default: 100,
        min: 1,
        max: 5_000_000,
    };
    paging::page(&call.query, size, &rows, |row| Value::Object(row.clone()))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let record = call
        .store
        .get(&table(call.param("zone_id")), call.param("dns_record_id"));
    Ok(Reply::result(record.ok_or_else(missing)?.clone()))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = body(call)?;
    let zone_id = call.params.get("zone_id");
    let zone = zone(call.store, zone_id)?;
    let records = call.store.table_mut(&table(zone_id));
    Ok(Reply::result(insert(records, &zone, body)?))
}

type Change = fn(&mut Table, &Zone, &str, Object) -> Result<Object, ApiError>;

fn change(call: &mut Call<'_>, how: Change) -> Outcome {
    let body = body(call)?;
    let (zone_id, id) = (call.params.get("zone_id"), call.params.get("dns_record_id"));
    let zone = zone(call.store, zone_id)?;
    Ok(Reply::result(how(
        call.store.table_mut(&table(zone_id)),
        &zone,
        id,
        body,
    )?))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    change(call, patch)
}

fn update(call: &mut Call<'_>) -> Outcome {
    change(call, replace)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("dns_record_id");
    let records = call.store.table_mut(&table(call.params.get("zone_id")));
    records.remove(id).ok_or_else(missing)?;
    Ok(Reply::id(id))
}
