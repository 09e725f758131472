//! Registrar: <https://developers.cloudflare.com/api/resources/registrar/>. Registrations, transfers and changes are
//! workflows that succeed at once, or when their time has come; no registry is asked.

use http::Method;
use jiff::Span;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::access::permissions::Permission::SignedIn;
use crate::engine::call::Call;
use crate::engine::codes::UNKNOWN;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::store::{Object, clock, pending, text};

/// The code of requests that are wrong.
const INVALID: u32 = UNKNOWN;

/// The last segments of the paths where workflows are read.
const REGISTRATION: &str = "registration-status";
const TRANSFER: &str = "transfer-in-status";
const UPDATE: &str = "update-status";

pub(super) struct Registrar;

impl Product for Registrar {
    fn name(&self) -> &'static str {
        "registrar"
    }

    fn title(&self) -> &'static str {
        "Registrar"
    }

    #[rustfmt::skip]
    fn routes(&self) -> Vec<Route> {
        let route = |method, path, handler| Route::new(method, path, SignedIn, handler);
        let of_domain = |method, path, handler| route(method, path, handler).with("domain_name", Param::Text);
        vec![
            route(Method::POST, "accounts/{account_id}/registrar/registrations", register),
            of_domain(Method::PATCH, "accounts/{account_id}/registrar/registrations/{domain_name}", change),
            of_domain(Method::POST, "accounts/{account_id}/registrar/registrations/{domain_name}/transfer-in", transfer),
            of_domain(Method::GET, "accounts/{account_id}/registrar/registrations/{domain_name}/registration-status", |call| state(call, REGISTRATION)),
            of_domain(Method::GET, "accounts/{account_id}/registrar/registrations/{domain_name}/transfer-in-status", |call| state(call, TRANSFER)),
            of_domain(Method::GET, "accounts/{account_id}/registrar/registrations/{domain_name}/update-status", |call| state(call, UPDATE)),
        ]
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/registrar"]
    }
}

fn registrations(call: &Call<'_>) -> String {
    format!(
        "accounts/{}/registrar/registrations",
        call.param("account_id")
    )
}

/// The workflows of a domain, by the last segment of their paths.
fn workflows(call: &Call<'_>, domain: &str) -> String {
    format!("{}/{domain}/workflows", registrations(call))
}

fn missing(domain: &str) -> ApiError {
    ApiError::not_found(INVALID, format!("nothing is known about {domain}"))
}

/// A registration that is not complete yet.
fn new(body: &Object, domain: &str, status: &str) -> Object {
    let years = body.get("years").and_then(Value::as_i64).unwrap_or(1);
    let now = clock::now();
    let start: Option<DateTime> = now.trim_end_matches('Z').parse().ok();
    let end = start.and_then(|start| {
        start
            .checked_add(Span::new().years(years.clamp(1, 10)))
            .ok()
    });
    let given = |name: &str, usual: Value| body.get(name).cloned().unwrap_or(usual);
    object(json!({
        "domain_name": domain,
        "auto_renew": given("auto_renew", Value::Bool(false)),
        "privacy_mode": given("privacy_mode", "redaction".into()),
        "created_at": now,
        "expires_at": end.map(|end| format!("{end}Z")),
        "locked": true,
        "status": status,
    }))
}

fn register(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let domain = text(&body, "domain_name").to_ascii_lowercase();
    begin_domain(call, &body, &domain, REGISTRATION, "registration_pending")
}

fn transfer(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let domain = call.param("domain_name").to_ascii_lowercase();
    begin_domain(call, &body, &domain, TRANSFER, "transfer_pending")
}

/// Begins what brings a domain into the account.
fn begin_domain(
    call: &mut Call<'_>,
    body: &Object,
    domain: &str,
    kind: &str,
    status: &str,
) -> Outcome {
    let table = registrations(call);
    if !domain.contains('.') {
        return Err(ApiError::invalid_because("domain_name", "is not a domain").coded(INVALID));
    }
    if call.store.get(&table, domain).is_some() {
        let message = format!("{domain} is already registered in this account");
        return Err(ApiError::bad_request(INVALID, message));
    }
    let registration = new(body, domain, status);
    call.store.table_mut(&table).put_as(domain, registration);
    begin(call, domain, kind, &json!({ "status": "active" }))
}

/// Changes whether a registration is renewed.
fn change(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let domain = call.param("domain_name").to_owned();
    if call.store.get(&registrations(call), &domain).is_none() {
        return Err(missing(&domain));
    }
    begin(call, &domain, UPDATE, &Value::Object(body))
}

/// Begins a workflow. When it ends, the registration gets these fields.
fn begin(call: &mut Call<'_>, domain: &str, kind: &str, end: &Value) -> Outcome {
    let now = clock::now();
    let home = format!("/{}/{domain}", registrations(call));
    let mut workflow = object(json!({
        "state": "in_progress",
        "completed": false,
        "created_at": now,
        "updated_at": now,
        "links": { "self": format!("{home}/{kind}"), "resource": home },
        "_end": end,
    }));
    if !pending::begin(call.store, &mut workflow) {
        finish(call, domain, &mut workflow);
    }
    let shown = shown(&workflow);
    let table = workflows(call, domain);
    call.store.table_mut(&table).put_as(kind, workflow);
    Ok(Reply::result(shown))
}

fn finish(call: &mut Call<'_>, domain: &str, workflow: &mut Object) {
    workflow.insert("state".to_owned(), "succeeded".into());
    workflow.insert("completed".to_owned(), true.into());
    workflow.insert("updated_at".to_owned(), clock::now().into());
    let table = registrations(call);
    let registration = call.store.table_mut(&table).get_mut(domain);
    if let (Some(registration), Some(Value::Object(end))) = (registration, workflow.remove("_end"))
    {
        registration.extend(end);
    }
}

/// The workflow as callers see it.
fn shown(workflow: &Object) -> Value {
    let fields = workflow.iter().filter(|(name, _)| !name.starts_with('_'));
    let fields = fields.map(|(name, value)| (name.clone(), value.clone()));
    Value::Object(fields.collect())
}

fn state(call: &mut Call<'_>, kind: &str) -> Outcome {
    let domain = call.param("domain_name").to_owned();
    let table = workflows(call, &domain);
    let workflow = call.store.get(&table, kind).cloned();
    let mut workflow = workflow.ok_or_else(|| missing(&domain))?;
    if pending::is_marked(&workflow) {
        if !pending::poll(&mut workflow) {
            finish(call, &domain, &mut workflow);
        }
        call.store.table_mut(&table).put_as(kind, workflow.clone());
    }
    Ok(Reply::result(shown(&workflow)))
}
