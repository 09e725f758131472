//! Access: <https://developers.cloudflare.com/api/resources/zero_trust/subresources/access/>.
//! Accounts and zones each have their own. Nobody signs in.

mod apps;
mod attached;
mod authorities;
mod certificates;
mod groups;
mod identity_providers;
mod links;
mod organization;
mod policies;
mod rules;
mod service_tokens;

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use crate::access::permissions::Permission::{self, Group};
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::paging::{self, PageSize};
use crate::store::identity::ZONES;
use crate::store::{Object, text};

/// The code for all invalid requests.
const INVALID: u32 = 12130;

const PAGE: PageSize = PageSize {
    default: 1000,
    min: 1,
    max: 1000,
};

type Handler = fn(&mut Call<'_>) -> Outcome;

/// The permission groups for a part of Access in an account: to read, to write.
type Groups = (&'static str, &'static str);

const APPS: Groups = (
    "Access: Apps and Policies Read",
    "Access: Apps and Policies Write",
);
const PEOPLE: Groups = (
    "Access: Organizations, Identity Providers, and Groups Read",
    "Access: Organizations, Identity Providers, and Groups Write",
);
const TOKENS: Groups = (
    "Access: Service Tokens Read",
    "Access: Service Tokens Write",
);

fn asks(method: &Method, groups: Groups) -> Permission {
    match *method == Method::GET {
        true => Group(groups.0),
        false => Group(groups.1),
    }
}

/// An operation of accounts and zones.
macro_rules! both {
    ($method:ident, $path:literal, $groups:expr, $handler:expr) => {
        [
            Route::new(
                Method::$method,
                concat!("accounts/{account_id}/access/", $path),
                asks(&Method::$method, $groups),
                $handler as Handler,
            ),
            Route::new(
                Method::$method,
                concat!("zones/{zone_id}/access/", $path),
                // Zones have but one pair of groups.
                asks(&Method::$method, APPS),
                $handler as Handler,
            ),
        ]
    };
}

/// An operation of accounts only.
macro_rules! account {
    ($method:ident, $path:literal, $groups:expr, $handler:expr) => {
        [Route::new(
            Method::$method,
            concat!("accounts/{account_id}/access/", $path),
            asks(&Method::$method, $groups),
            $handler as Handler,
        )]
    };
}

pub(super) struct Access;

impl Product for Access {
    fn name(&self) -> &'static str {
        "access"
    }

    fn title(&self) -> &'static str {
        "Access"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/access", "zones/{}/access"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let mut all = Vec::new();
    all.extend(both!(GET, "apps", APPS, apps::list));
    all.extend(both!(POST, "apps", APPS, apps::create));
    all.extend(both!(GET, "apps/ca", APPS, authorities::list));
    all.extend(both!(GET, "apps/{app}", APPS, apps::get));
    all.extend(both!(PUT, "apps/{app}", APPS, apps::replace));
    all.extend(both!(DELETE, "apps/{app}", APPS, apps::delete));
    all.extend(both!(PUT, "apps/{app}/settings", APPS, apps::settings));
    all.extend(both!(PATCH, "apps/{app}/settings", APPS, apps::settings));
    all.extend(both!(POST, "apps/{app}/revoke_tokens", APPS, apps::revoke_tokens));
    all.extend(both!(GET, "apps/{app}/ca", APPS, authorities::get));
    all.extend(both!(POST, "apps/{app}/ca", APPS, authorities::create));
    all.extend(both!(DELETE, "apps/{app}/ca", APPS, authorities::delete));
    all.extend(both!(GET, "apps/{app}/policies", APPS, links::list));
    all.extend(both!(POST, "apps/{app}/policies", APPS, links::create));
    all.extend(both!(GET, "apps/{app}/policies/{policy}", APPS, links::get));
    all.extend(both!(PUT, "apps/{app}/policies/{policy}", APPS, links::replace));
    all.extend(both!(DELETE, "apps/{app}/policies/{policy}", APPS, links::delete));
    all.extend(account!(GET, "policies", APPS, policies::list));
    all.extend(account!(POST, "policies", APPS, policies::create));
    all.extend(account!(GET, "policies/{policy}", APPS, policies::get));
    all.extend(account!(PUT, "policies/{policy}", APPS, policies::replace));
    all.extend(account!(DELETE, "policies/{policy}", APPS, policies::delete));
    all.extend(both!(GET, "certificates", APPS, certificates::list));
    all.extend(both!(POST, "certificates", APPS, certificates::create));
    all.extend(both!(GET, "certificates/{certificate}", APPS, certificates::get));
    all.extend(both!(PUT, "certificates/{certificate}", APPS, certificates::update));
    all.extend(both!(DELETE, "certificates/{certificate}", APPS, certificates::delete));
    all.extend(both!(GET, "groups", PEOPLE, groups::list));
    all.extend(both!(POST, "groups", PEOPLE, groups::create));
    all.extend(both!(GET, "groups/{group}", PEOPLE, groups::get));
    all.extend(both!(PUT, "groups/{group}", PEOPLE, groups::replace));
    all.extend(both!(DELETE, "groups/{group}", PEOPLE, groups::delete));
    all.extend(both!(GET, "identity_providers", PEOPLE, identity_providers::list));
    all.extend(both!(POST, "identity_providers", PEOPLE, identity_providers::create));
    all.extend(both!(GET, "identity_providers/{provider}", PEOPLE, identity_providers::get));
    all.extend(both!(PUT, "identity_providers/{provider}", PEOPLE, identity_providers::replace));
    all.extend(both!(DELETE, "identity_providers/{provider}", PEOPLE, identity_providers::delete));
    all.extend(both!(GET, "organizations", PEOPLE, organization::get));
    all.extend(both!(POST, "organizations", PEOPLE, organization::create));
    all.extend(both!(PUT, "organizations", PEOPLE, organization::change));
    all.extend(both!(POST, "organizations/revoke_user", PEOPLE, organization::revoke_user));
    all.extend(account!(GET, "keys", PEOPLE, organization::keys));
    all.extend(account!(PUT, "keys", PEOPLE, organization::set_keys));
    all.extend(account!(POST, "keys/rotate", PEOPLE, organization::rotate_keys));
    all.extend(both!(GET, "service_tokens", TOKENS, service_tokens::list));
    all.extend(both!(POST, "service_tokens", TOKENS, service_tokens::create));
    all.extend(both!(GET, "service_tokens/{token}", TOKENS, service_tokens::get));
    all.extend(both!(PUT, "service_tokens/{token}", TOKENS, service_tokens::update));
    all.extend(both!(DELETE, "service_tokens/{token}", TOKENS, service_tokens::delete));
    all.extend(account!(POST, "service_tokens/{token}/refresh", TOKENS, service_tokens::refresh));
    all.extend(account!(POST, "service_tokens/{token}/rotate", TOKENS, service_tokens::rotate));
    all
}

/// Where the Access of the account or zone in the path is stored.
fn scope(call: &Call<'_>) -> String {
    match call.params.find("zone_id") {
        Some(zone) => format!("zones/{zone}/access"),
        None => format!("accounts/{}/access", call.param("account_id")),
    }
}

/// The account of the account or zone in the path.
fn account(call: &Call<'_>) -> String {
    let zone = call.store.get(ZONES, call.param("zone_id"));
    match zone.and_then(|zone| zone.get("account")?["id"].as_str()) {
        Some(account) => account.to_owned(),
        None => call.param("account_id").to_owned(),
    }
}

/// A member of a collection here, or in the zone's account.
fn anywhere<'a>(call: &'a Call<'_>, collection: &str, id: &str) -> Option<&'a Object> {
    let here = format!("{}/{collection}", scope(call));
    let above = format!("accounts/{}/access/{collection}", account(call));
    call.store
        .get(&here, id)
        .or_else(|| call.store.get(&above, id))
}

/// Where a collection is, and the member that the path's `param` names.
fn found(call: &Call<'_>, collection: &str, param: &str) -> Result<(String, Object), ApiError> {
    let table = format!("{}/{collection}", scope(call));
    match call.store.get(&table, call.param(param)) {
        Some(row) => Ok((table, row.clone())),
        None => Err(missing()),
    }
}

fn missing() -> ApiError {
    ApiError::not_found(11021, "access.api.error.not_found")
}

fn invalid(why: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(INVALID, format!("access.api.error.invalid_request: {why}"))
}

fn conflict(code: u32, what: &str) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        code,
        format!("access.api.error.{what}"),
    )
}

/// The members of a collection with the name in the query.
fn listed(call: &Call<'_>, collection: &str, show: impl FnMut(&Object) -> Value) -> Outcome {
    let table = format!("{}/{collection}", scope(call));
    let search = call.query.get("search").map(str::to_lowercase);
    let fits = |row: &&Object| {
        call.query
            .get("name")
            .is_none_or(|name| text(row, "name") == name)
            && search
                .as_ref()
                .is_none_or(|part| text(row, "name").to_lowercase().contains(part))
    };
    let rows: Vec<&Object> = call.store.rows(&table).filter(fits).collect();
    paging::page(&call.query, PAGE, &rows, show)
}

/// A duration like `24h` or `1h30m`.
fn duration(field: &str, text: &str) -> Result<SignedDuration, ApiError> {
    let parsed = text
        .parse::<SignedDuration>()
        .ok()
        .filter(|length| !length.is_negative());
    parsed.ok_or_else(|| invalid(format!("{field} must be a duration like 24h or 30m")))
}
