//! Tunnels and the private networks behind them:
//! <https://developers.cloudflare.com/api/resources/zero_trust/subresources/tunnels/>.
//! No connector ever connects.

mod configurations;
mod networks;
mod routes;
mod stored_routes;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging::{self, PageSize};
use crate::http::query::Query;
use crate::store::{Object, clock, text};

/// The code for all invalid requests.
const INVALID: u32 = 1002;
/// The fewest bytes of a secret.
const SHORTEST_SECRET: usize = 32;

const PAGE: PageSize = PageSize {
    default: 20,
    min: 1,
    max: 1000,
};

/// The two kinds of tunnels, each with a collection of that name.
const KINDS: [&str; 2] = ["cfd_tunnel", "warp_connector"];

pub(super) struct Tunnels;

impl Product for Tunnels {
    fn name(&self) -> &'static str {
        "tunnels"
    }

    fn title(&self) -> &'static str {
        "Tunnels"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/cfd_tunnel", "accounts/{}/teamnet"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let read = Group("Cloudflare Tunnel Read|Cloudflare One Connectors Read|Cloudflare One Connector: cloudflared Read");
    let write = Group("Cloudflare Tunnel Write|Cloudflare One Connectors Write|Cloudflare One Connector: cloudflared Write");
    let read_warp = Group("Cloudflare Tunnel Read|Cloudflare One Connectors Read|Cloudflare One Connector: WARP Read");
    let write_warp = Group("Cloudflare Tunnel Write|Cloudflare One Connectors Write|Cloudflare One Connector: WARP Write");
    let mut all = vec![
        Route::new(Method::GET, "accounts/{account_id}/tunnels", read, list_all),
        Route::new(Method::DELETE, "accounts/{account_id}/cfd_tunnel/{tunnel}/connections", write, disconnect),
        Route::new(Method::POST, "accounts/{account_id}/cfd_tunnel/{tunnel}/management", write, management),
        Route::new(Method::PUT, "accounts/{account_id}/warp_connector/{tunnel}/failover", write_warp, failover),
        Route::new(Method::GET, "accounts/{account_id}/cfd_tunnel/{tunnel}/configurations", read, configurations::get),
        Route::new(Method::PUT, "accounts/{account_id}/cfd_tunnel/{tunnel}/configurations", write, configurations::put),
        Route::new(Method::GET, "accounts/{account_id}/warp_connector/{tunnel}/configurations", read_warp, configurations::get_warp),
        Route::new(Method::PUT, "accounts/{account_id}/warp_connector/{tunnel}/configurations", write_warp, configurations::put_warp),
    ];
    for (read, write, tunnels, tunnel, token, connections, connector) in [
        (read, write, "accounts/{account_id}/cfd_tunnel", "accounts/{account_id}/cfd_tunnel/{tunnel}", "accounts/{account_id}/cfd_tunnel/{tunnel}/token", "accounts/{account_id}/cfd_tunnel/{tunnel}/connections", "accounts/{account_id}/cfd_tunnel/{tunnel}/connectors/{connector}"),
        (read_warp, write_warp, "accounts/{account_id}/warp_connector", "accounts/{account_id}/warp_connector/{tunnel}", "accounts/{account_id}/warp_connector/{tunnel}/token", "accounts/{account_id}/warp_connector/{tunnel}/connections", "accounts/{account_id}/warp_connector/{tunnel}/connectors/{connector}"),
    ] {
        all.extend([
            Route::new(Method::GET, tunnels, read, list),
            Route::new(Method::POST, tunnels, write, create),
            Route::new(Method::GET, tunnel, read, get),
            Route::new(Method::PATCH, tunnel, write, edit),
            Route::new(Method::DELETE, tunnel, write, delete),
            // Who has the token can run the tunnel.
            Route::new(Method::GET, token, write, self::token),
            Route::new(Method::GET, connections, read, self::connections),
            Route::new(Method::GET, connector, read, self::connector),
        ]);
    }
    all.extend(networks::routes());
    all.extend(routes::routes());
    all
}

/// The kind of tunnels that the path is about.
fn kind(call: &Call<'_>) -> &'static str {
    match call.request.path.contains("/warp_connector") {
        true => KINDS[1],
        false => KINDS[0],
    }
}

fn table_of(call: &Call<'_>, kind: &str) -> String {
    format!("accounts/{}/{kind}", call.param("account_id"))
}

fn table(call: &Call<'_>) -> String {
    table_of(call, kind(call))
}

/// The path below which everything of the tunnel in the path is stored.
fn home(call: &Call<'_>) -> String {
    format!("{}/{}", table(call), call.param("tunnel"))
}

fn missing(what: &str) -> ApiError {
    let code = match what {
        "Tunnel" => 1002,
        "Virtual network" => 1046,
        _ => 1003,
    };
    ApiError::not_found(code, format!("{what} not found"))
}

fn invalid(field: &str, why: &str) -> ApiError {
    ApiError::invalid_because(field, why).coded(INVALID)
}

fn is_deleted(row: &Object) -> bool {
    row.get("deleted_at").is_some_and(Value::is_string)
}

/// A tunnel, deleted or not.
fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let tunnel = call.store.get(&table(call), call.param("tunnel"));
    tunnel.ok_or_else(|| missing("Tunnel"))
}

/// A tunnel that has not been deleted.
fn alive<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    found(call).and_then(|tunnel| match is_deleted(tunnel) {
        true => Err(missing("Tunnel")),
        false => Ok(tunnel),
    })
}

/// A tunnel of either kind that has not been deleted.
fn any_alive<'a>(call: &'a Call<'_>, id: &str) -> Option<&'a Object> {
    KINDS
        .iter()
        .find_map(|kind| call.store.get(&table_of(call, kind), id))
        .filter(|tunnel| !is_deleted(tunnel))
}

/// A tunnel without its secret.
fn show(tunnel: &Object) -> Value {
    let mut shown = tunnel.clone();
    shown.remove("secret");
    Value::Object(shown)
}

/// A point in time in the query.
fn moment(query: &Query, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let parse = |text: &str| {
        text.parse()
            .map_err(|_| invalid(name, "is not an RFC 3339 date"))
    };
    query.get(name).map(parse).transpose()
}

fn flag(query: &Query, name: &str) -> Result<Option<bool>, ApiError> {
    let text = query.one_of(name, &["true", "false"]);
    Ok(text
        .map_err(|error| error.coded(INVALID))?
        .map(|text| text == "true"))
}

/// Whether `field` of `row` is a time up to `when`.
fn is_until(row: &Object, field: &str, when: Timestamp) -> bool {
    text(row, field)
        .parse::<Timestamp>()
        .is_ok_and(|at| at <= when)
}

/// The time filters of the lists of tunnels, routes and networks: without any,
/// they include what was deleted.
fn existence(query: &Query) -> Result<impl Fn(&Object) -> bool + use<>, ApiError> {
    let deleted = flag(query, "is_deleted")?;
    let existed = moment(query, "existed_at")?;
    Ok(move |row: &Object| {
        deleted.is_none_or(|deleted| deleted == is_deleted(row))
            && existed.is_none_or(|at| {
                is_until(row, "created_at", at) && !is_until(row, "deleted_at", at)
            })
    })
}

fn listed(call: &Call<'_>, kinds: &[&str]) -> Outcome {
    let query = &call.query;
    let exists = existence(query)?;
    let active = moment(query, "was_active_at")?;
    let inactive = moment(query, "was_inactive_at")?;
    let statuses = ["inactive", "degraded", "healthy", "down"];
    let status = query
        .one_of("status", &statuses)
        .map_err(|error| error.coded(INVALID))?;
    let fits = |row: &&Object| {
        let name = text(row, "name");
        exists(row)
            && query.get("name").is_none_or(|wanted| name == wanted)
            && query
                .get("uuid")
                .is_none_or(|wanted| text(row, "id") == wanted)
            && query
                .get("include_prefix")
                .is_none_or(|prefix| name.starts_with(prefix))
            && query
                .get("exclude_prefix")
                .is_none_or(|prefix| !name.starts_with(prefix))
            && status.is_none_or(|wanted| text(row, "status") == wanted)
            && active.is_none_or(|at| is_until(row, "conns_active_at", at))
            && inactive.is_none_or(|at| {
                is_until(row, "created_at", at) && !is_until(row, "conns_active_at", at)
            })
    };
    let tables: Vec<String> = kinds.iter().map(|kind| table_of(call, kind)).collect();
    let rows = tables.iter().flat_map(|table| call.store.rows(table));
    let mut rows: Vec<&Object> = rows.filter(fits).collect();
    rows.sort_by(|a, b| text(b, "created_at").cmp(text(a, "created_at")));
    paging::page(query, PAGE, &rows, show)
}

fn list(call: &mut Call<'_>) -> Outcome {
    listed(call, &[kind(call)])
}

/// Tunnels of all kinds, or of those that the query names.
fn list_all(call: &mut Call<'_>) -> Outcome {
    let asked: Vec<&str> = call
        .query
        .all("tun_types")
        .flat_map(|types| types.split(','))
        .collect();
    let wanted = |kind: &&&str| asked.is_empty() || asked.contains(*kind);
    let kinds: Vec<&str> = KINDS.iter().filter(wanted).copied().collect();
    listed(call, &kinds)
}

/// The secret in a body, or a new one.
fn secret(body: &Object) -> Result<String, ApiError> {
    let given = match text(body, "tunnel_secret") {
        "" => return Ok(BASE64_STANDARD.encode(ids::secret("", SHORTEST_SECRET))),
        given => given,
    };
    match BASE64_STANDARD.decode(given) {
        Ok(bytes) if bytes.len() >= SHORTEST_SECRET => Ok(given.to_owned()),
        _ => Err(invalid(
            "tunnel_secret",
            "must be at least 32 bytes in base64",
        )),
    }
}

fn checked_name(call: &Call<'_>, body: &Object) -> Result<(), ApiError> {
    let name = text(body, "name");
    if name.trim().is_empty() {
        return Err(invalid("name", "must not be empty"));
    }
    let mut all = KINDS
        .iter()
        .flat_map(|kind| call.store.rows(&table_of(call, kind)));
    let id = call.param("tunnel");
    match all.any(|row| text(row, "name") == name && text(row, "id") != id && !is_deleted(row)) {
        true => Err(ApiError::new(
            StatusCode::CONFLICT,
            1013,
            "You already have a tunnel with this name",
        )),
        false => Ok(()),
    }
}

/// What a connector needs to run the tunnel.
fn token_of(tunnel: &Object) -> String {
    let token = json!({ "a": tunnel["account_tag"], "t": tunnel["id"], "s": tunnel["secret"] });
    BASE64_STANDARD.encode(token.to_string())
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    checked_name(call, &body)?;
    let (id, account, kind) = (
        ids::dashed(&ids::hex32()),
        call.param("account_id"),
        kind(call),
    );
    let mut tunnel = object(json!({
        "id": id,
        "account_tag": account,
        "created_at": clock::now(),
        "deleted_at": null,
        "name": body["name"],
        "connections": [],
        "conns_active_at": null,
        "conns_inactive_at": null,
        "tun_type": kind,
        "metadata": {},
        "status": "inactive",
        "secret": secret(&body)?,
    }));
    if kind == "cfd_tunnel" {
        let source = match text(&body, "config_src") {
            "" => "local",
            source => source,
        };
        tunnel.insert("config_src".to_owned(), source.into());
        tunnel.insert("remote_config".to_owned(), (source == "cloudflare").into());
    }
    let table = table(call);
    call.store.table_mut(&table).put(tunnel.clone());
    // The secret is shown only now, as the file that a connector reads.
    let mut shown = show(&tunnel);
    shown["token"] = token_of(&tunnel).into();
    shown["credentials_file"] = json!({
        "AccountTag": tunnel["account_tag"],
        "TunnelID": id,
        "TunnelName": tunnel["name"],
        "TunnelSecret": tunnel["secret"],
    });
    Ok(Reply::result(shown))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(found(call)?)))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let mut tunnel = alive(call)?.clone();
    let body = call.described(INVALID)?;
    if let Some(name) = body.get("name") {
        checked_name(call, &body)?;
        tunnel.insert("name".to_owned(), name.clone());
    }
    if !text(&body, "tunnel_secret").is_empty() {
        tunnel.insert("secret".to_owned(), secret(&body)?.into());
    }
    let table = table(call);
    call.store.table_mut(&table).put(tunnel.clone());
    Ok(Reply::result(show(&tunnel)))
}

/// Marks a tunnel as deleted. Routes through it prevent that, unless they are
/// to be deleted, too.
fn delete(call: &mut Call<'_>) -> Outcome {
    let mut tunnel = alive(call)?.clone();
    let cascade = flag(&call.query, "cascade")? == Some(true);
    let routes = stored_routes::through(call, text(&tunnel, "id"));
    if !routes.is_empty() && !cascade {
        let message = "Cannot delete this tunnel because there are routes through it";
        return Err(ApiError::bad_request(1022, message));
    }
    for route in routes {
        stored_routes::mark_deleted(call, &route);
    }
    tunnel.insert("deleted_at".to_owned(), clock::now().into());
    let table = table(call);
    call.store.table_mut(&table).put(tunnel.clone());
    Ok(Reply::result(show(&tunnel)))
}

fn token(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(token_of(alive(call)?)))
}

fn connections(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    Ok(Reply::result(json!([])))
}

fn connector(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    Err(missing("Connector"))
}

fn disconnect(call: &mut Call<'_>) -> Outcome {
    alive(call)?;
    Ok(Reply::result(json!({})))
}

/// A token for watching the logs of connectors.
fn management(call: &mut Call<'_>) -> Outcome {
    let tunnel = alive(call)?;
    let body = call.described(INVALID)?;
    if body["resources"].as_array().is_none_or(Vec::is_empty) {
        return Err(invalid("resources", "must not be empty"));
    }
    let header = json!({ "alg": "ES256", "typ": "JWT" });
    let claims = json!({
        "tun": { "id": tunnel["id"], "account_tag": tunnel["account_tag"] },
        "res": body["resources"],
        "exp": Timestamp::now().as_second() + 3600,
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(ids::secret("", 64));
    Ok(Reply::result(format!(
        "{}.{}.{signature}",
        part(&header),
        part(&claims)
    )))
}

/// There is no connector to fail over to.
fn failover(call: &mut Call<'_>) -> Outcome {
    alive(call)?;
    call.described(INVALID)?;
    Err(missing("Connector"))
}
