//! Email routing: the settings of zones, rules, and addresses that have to be
//! verified: <https://developers.cloudflare.com/api/resources/email_routing/>.
//! No mail arrives, and no records are added to the DNS.

mod addresses;
mod rules;
mod settings;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::Engine;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::error::ApiError;
use crate::http::paging::PageSize;
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::HttpReply;

/// The code for all invalid requests: the real ones are not published.
const INVALID: u32 = 2007;
/// The path of the control.
const CONTROL: &str = "email-addresses";

const PAGE: PageSize = PageSize {
    default: 20,
    min: 5,
    max: 50,
};

pub(super) struct EmailRouting;

impl Product for EmailRouting {
    fn name(&self) -> &'static str {
        "email_routing"
    }

    fn title(&self) -> &'static str {
        "Email routing"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/email/routing", "zones/{}/email/routing"]
    }

    fn control(&self, engine: &Engine, path: &str, request: &Request) -> Option<HttpReply> {
        (path == CONTROL).then(|| control(engine, request))
    }

    fn controls(&self) -> &'static [&'static str] {
        &["POST email-addresses"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (zone_read, zone_write) = (Group("Zone Settings Read"), Group("Zone Settings Write"));
    let (read, write) = (Group("Email Routing Rules Read"), Group("Email Routing Rules Write"));
    let (to_read, to_write) = (Group("Email Routing Addresses Read"), Group("Email Routing Addresses Write"));
    let address = "accounts/{account_id}/email/routing/addresses/{destination_address_identifier}";
    vec![
        Route::new(Method::GET, "zones/{zone_id}/email/routing", zone_read, settings::get),
        Route::new(Method::PATCH, "zones/{zone_id}/email/routing", zone_write, settings::edit),
        Route::new(Method::PUT, "zones/{zone_id}/email/routing", zone_write, settings::edit),
        Route::new(Method::POST, "zones/{zone_id}/email/routing/enable", zone_write, settings::enable),
        Route::new(Method::POST, "zones/{zone_id}/email/routing/disable", zone_write, settings::disable),
        Route::new(Method::GET, "accounts/{account_id}/email/routing/zones", zone_read, settings::list),
        Route::new(Method::GET, "zones/{zone_id}/email/routing/rules", read, rules::list),
        Route::new(Method::POST, "zones/{zone_id}/email/routing/rules", write, rules::create),
        Route::new(Method::GET, "zones/{zone_id}/email/routing/rules/catch_all", read, rules::get_catch_all),
        Route::new(Method::PUT, "zones/{zone_id}/email/routing/rules/catch_all", write, rules::update_catch_all),
        Route::new(Method::GET, "zones/{zone_id}/email/routing/rules/{rule_identifier}", read, rules::get),
        Route::new(Method::PUT, "zones/{zone_id}/email/routing/rules/{rule_identifier}", write, rules::update),
        Route::new(Method::DELETE, "zones/{zone_id}/email/routing/rules/{rule_identifier}", write, rules::delete),
        Route::new(Method::GET, "accounts/{account_id}/email/routing/rules", read, rules::list_all),
        Route::new(Method::GET, "accounts/{account_id}/email/routing/addresses", to_read, addresses::list),
        Route::new(Method::POST, "accounts/{account_id}/email/routing/addresses", to_write, addresses::create),
        Route::new(Method::GET, address, to_read, addresses::get),
        Route::new(Method::PATCH, address, to_write, addresses::edit),
        Route::new(Method::DELETE, address, to_write, addresses::delete),
    ]
    .into_iter()
    .map(|route| route.with("rule_identifier", Param::Name).with("destination_address_identifier", Param::Name))
    .collect()
}

fn refused(field: &str, why: &str) -> ApiError {
    ApiError::invalid_because(field, why).coded(INVALID)
}

/// `POST /_emulator/email-addresses`: the owner of an address follows the link
/// in the mail that asks for it.
fn control(engine: &Engine, request: &Request) -> HttpReply {
    let refuse = |status, why: &str| HttpReply::beside_api(status, &json!({ "error": why }));
    if request.method != Method::POST {
        let why = format!(
            "{CONTROL_PATH}/{CONTROL} does not support {}",
            request.method
        );
        return refuse(StatusCode::METHOD_NOT_ALLOWED, &why);
    }
    match verify(engine, request) {
        Ok(verified) => HttpReply::beside_api(StatusCode::OK, &json!({ "verified": verified })),
        Err(why) => refuse(StatusCode::BAD_REQUEST, &why),
    }
}

fn verify(engine: &Engine, request: &Request) -> Result<String, String> {
    let body: Value = crate::http::json::parse(&request.body)
        .map_err(|error| format!("the body is not JSON: {error}"))?;
    let email = body["email"].as_str().ok_or("`email` is not a string")?;
    let account = body["account_id"].as_str().unwrap_or(&engine.account_id);
    addresses::verify(engine, account, email)
}
