//! Routes: which tunnel leads to which range of private addresses.

use http::{Method, StatusCode};
use ipnet::IpNet;
use serde_json::{Value, json};

use super::stored_routes::{alive, mark_deleted, table};
use super::{INVALID, PAGE, any_alive, existence, flag, invalid, is_deleted, missing, networks};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, ip, paging};
use crate::store::{Object, clock, text};

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let read = Group("Cloudflare Tunnel Read|Cloudflare One Networks Read");
    let write = Group("Cloudflare Tunnel Write|Cloudflare One Networks Write");
    vec![
        Route::new(Method::GET, "accounts/{account_id}/teamnet/routes", read, list),
        Route::new(Method::POST, "accounts/{account_id}/teamnet/routes", write, create),
        Route::new(Method::GET, "accounts/{account_id}/teamnet/routes/ip/{ip}", read, lookup),
        Route::new(Method::POST, "accounts/{account_id}/teamnet/routes/network/{ip_network_encoded}", write, create).with("ip_network_encoded", Param::Rest),
        Route::new(Method::PATCH, "accounts/{account_id}/teamnet/routes/network/{ip_network_encoded}", write, edit).with("ip_network_encoded", Param::Rest),
        Route::new(Method::DELETE, "accounts/{account_id}/teamnet/routes/network/{ip_network_encoded}", write, delete).with("ip_network_encoded", Param::Rest),
        Route::new(Method::GET, "accounts/{account_id}/teamnet/routes/{route}", read, get),
        Route::new(Method::PATCH, "accounts/{account_id}/teamnet/routes/{route}", write, edit),
        Route::new(Method::DELETE, "accounts/{account_id}/teamnet/routes/{route}", write, delete),
    ]
}

/// A range given by its first address; any other would be an address in it.
fn parse(text: &str) -> Option<IpNet> {
    ip::range(text).filter(|range| range.trunc() == *range)
}

fn network(field: &str, text: &str) -> Result<IpNet, ApiError> {
    parse(text).ok_or_else(|| invalid(field, &format!("{text:?} is not an IP range")))
}

/// The route in the path, by its identifier or by its range and network.
fn found(call: &mut Call<'_>) -> Result<Object, ApiError> {
    let table = table(call);
    let route = match call.params.find("ip_network_encoded") {
        None => call
            .store
            .get(&table, call.param("route"))
            .filter(|route| !is_deleted(route))
            .cloned(),
        Some(range) => {
            let wanted = network("ip_network_encoded", range)?.to_string();
            let id = call
                .query
                .get("virtual_network_id")
                .unwrap_or_default()
                .to_owned();
            let home = networks::find(call, &id)?;
            alive(call.store, &table)
                .find(|route| {
                    text(route, "network") == wanted && route["virtual_network_id"] == home["id"]
                })
                .cloned()
        }
    };
    route.ok_or_else(|| missing("Route"))
}

/// A route as in lists, with names next to the identifiers.
fn show(call: &Call<'_>, networks: &str, route: &Object) -> Value {
    let mut shown = route.clone();
    if let Some(tunnel) = any_alive(call, text(route, "tunnel_id")) {
        shown.insert("tunnel_name".to_owned(), tunnel["name"].clone());
        shown.insert("tun_type".to_owned(), tunnel["tun_type"].clone());
    }
    if let Some(network) = call.store.get(networks, text(route, "virtual_network_id")) {
        shown.insert("virtual_network_name".to_owned(), network["name"].clone());
    }
    Value::Object(shown)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let networks = networks::table(call);
    let query = &call.query;
    let exists = existence(query)?;
    let range = |name: &str| query.get(name).map(|text| network(name, text)).transpose();
    let (subset, superset) = (range("network_subset")?, range("network_superset")?);
    let types: Vec<&str> = query
        .all("tun_types")
        .flat_map(|types| types.split(','))
        .collect();
    let equal = |row: &Object, field: &str, name: &str| {
        query
            .get(name)
            .is_none_or(|wanted| text(row, field) == wanted)
    };
    let fits = |row: &&Object| {
        let own = parse(text(row, "network"));
        let kind =
            any_alive(call, text(row, "tunnel_id")).map_or("", |tunnel| text(tunnel, "tun_type"));
        exists(row)
            && equal(row, "comment", "comment")
            && equal(row, "id", "route_id")
            && equal(row, "tunnel_id", "tunnel_id")
            && equal(row, "virtual_network_id", "virtual_network_id")
            && (types.is_empty() || types.contains(&kind))
            && subset.is_none_or(|subset| own.is_some_and(|own| subset.contains(&own)))
            && superset.is_none_or(|superset| own.is_some_and(|own| own.contains(&superset)))
    };
    let rows: Vec<&Object> = call.store.rows(&table(call)).filter(fits).collect();
    paging::page(query, PAGE, &rows, |row| show(call, &networks, row))
}

/// Checks a route against the others and stores it.
fn put(call: &mut Call<'_>, mut route: Object) -> Outcome {
    let range = network("network", text(&route, "network"))?;
    route.insert("network".to_owned(), range.to_string().into());
    if any_alive(call, text(&route, "tunnel_id")).is_none() {
        return Err(missing("Tunnel"));
    }
    let home = networks::find(call, text(&route, "virtual_network_id"))?;
    route.insert("virtual_network_id".to_owned(), home["id"].clone());
    let table = table(call);
    let same = |row: &Object| {
        row["id"] != route["id"]
            && row["network"] == route["network"]
            && row["virtual_network_id"] == route["virtual_network_id"]
    };
    if alive(call.store, &table).any(same) {
        let message = "You already have a route defined for this exact IP subnet";
        return Err(ApiError::new(StatusCode::CONFLICT, 1014, message));
    }
    call.store.table_mut(&table).put(route.clone());
    Ok(Reply::result(route))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let range = call.params.find("ip_network_encoded");
    let route = json!({
        "id": ids::dashed(&ids::hex32()),
        "network": range.unwrap_or_else(|| text(&body, "network")),
        "tunnel_id": text(&body, "tunnel_id"),
        "virtual_network_id": text(&body, "virtual_network_id"),
        "comment": text(&body, "comment"),
        "created_at": clock::now(),
        "deleted_at": null,
    });
    put(call, object(route))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let route = call.store.get(&table(call), call.param("route"));
    Ok(Reply::result(
        route.ok_or_else(|| missing("Route"))?.clone(),
    ))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let mut route = found(call)?;
    let body = match call.request.body.is_empty() {
        true => Object::new(),
        false => call.object().map_err(|error| error.coded(INVALID))?,
    };
    for field in ["network", "tunnel_id", "virtual_network_id", "comment"] {
        match body.get(field) {
            None | Some(Value::Null) => {}
            Some(Value::String(value)) => {
                drop(route.insert(field.to_owned(), value.as_str().into()))
            }
            Some(_) => return Err(invalid(field, "must be a string")),
        }
    }
    put(call, route)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let route = found(call)?;
    mark_deleted(call, text(&route, "id"));
    let deleted = call.store.get(&table(call), text(&route, "id")).cloned();
    Ok(Reply::result(deleted.unwrap_or(route)))
}

/// The route of an address: that of the smallest range that contains it.
fn lookup(call: &mut Call<'_>) -> Outcome {
    let wanted = network("ip", call.param("ip"))?;
    let id = call
        .query
        .get("virtual_network_id")
        .unwrap_or_default()
        .to_owned();
    let fallback = flag(&call.query, "default_virtual_network_fallback")? != Some(false);
    let home = match networks::find(call, &id) {
        Err(_) if fallback => networks::find(call, "")?,
        home => home?,
    };
    let best = alive(call.store, &table(call))
        .filter(|route| route["virtual_network_id"] == home["id"])
        .filter_map(|route| Some((parse(text(route, "network"))?, route)))
        .filter(|(range, _)| range.contains(&wanted))
        .max_by_key(|(range, _)| range.prefix_len())
        .map(|(_, route)| route.clone());
    let networks = networks::table(call);
    let route = best.ok_or_else(|| missing("Route"))?;
    Ok(Reply::result(show(call, &networks, &route)))
}
