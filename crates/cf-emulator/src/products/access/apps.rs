//! Applications that Access protects.

use serde_json::{Value, json};

use super::{INVALID, account, anywhere, conflict, duration, found, invalid, links, listed, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge, object};
use crate::store::identity::ZONES;
use crate::store::{Object, clock, text};

const HERE: &str = "apps";
/// Types with a hostname in a zone.
const HOSTED: &[&str] = &[
    "self_hosted",
    "ssh",
    "vnc",
    "rdp",
    "mcp",
    "mcp_portal",
    "proxy_endpoint",
];
/// Types that can exist only once.
const SINGLE: &[&str] = &["app_launcher", "warp", "biso", "dash_sso"];
const OTHERS: &[&str] = &["saas", "bookmark", "infrastructure"];

fn show(call: &Call<'_>, app: &Object) -> Value {
    let mut shown = app.clone();
    shown.remove("links");
    shown.insert("policies".to_owned(), links::show(call, app).into());
    if let Some(Value::Object(saas)) = shown.get_mut("saas_app") {
        saas.remove("client_secret");
    }
    Value::Object(shown)
}

/// The hostnames of an application.
fn domains(app: &Object) -> Vec<String> {
    let public = app.get("destinations").and_then(Value::as_array);
    let public = public
        .into_iter()
        .flatten()
        .filter(|one| one["type"] != "private");
    let own = app.get("self_hosted_domains").and_then(Value::as_array);
    let mut all = vec![text(app, "domain")];
    all.extend(own.into_iter().flatten().filter_map(Value::as_str));
    all.extend(public.filter_map(|one| one["uri"].as_str()));
    let mut all: Vec<String> = all
        .into_iter()
        .filter(|one| !one.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut seen = Vec::new();
    all.retain(|one| {
        let new = !seen.contains(one);
        seen.push(one.clone());
        new
    });
    all
}

/// Whether a hostname, with or without a path, is in the zone of the path or
/// in one of the account.
fn is_ours(call: &Call<'_>, domain: &str) -> bool {
    let host = domain.split(['/', ':']).next().unwrap_or_default();
    let account = account(call);
    let within = |zone: &Object| {
        let rest = host.strip_suffix(text(zone, "name"));
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    match call.store.get(ZONES, call.param("zone_id")) {
        Some(zone) => within(zone),
        None => call
            .store
            .rows(ZONES)
            .any(|zone| zone["account"]["id"] == *account && within(zone)),
    }
}

/// Checks what the type of an application requires.
fn checked(call: &Call<'_>, app: &Object, id: &str) -> Result<(), ApiError> {
    let kind = text(app, "type");
    if ![HOSTED, SINGLE, OTHERS].concat().contains(&kind) {
        return Err(invalid(format!("{kind:?} is not an application type")));
    }
    let all = domains(app);
    let private = app.get("destinations").and_then(Value::as_array);
    let private = private.is_some_and(|all| all.iter().any(|one| one["type"] == "private"));
    if HOSTED.contains(&kind) {
        if all.is_empty() && !private {
            return Err(invalid("domain must be set"));
        }
        if let Some(bad) = all.iter().find(|domain| !is_ours(call, domain)) {
            return Err(invalid(format!("domain {bad} does not belong to zone")));
        }
    }
    let table = format!("{}/{HERE}", scope(call));
    let others = || call.store.rows(&table).filter(|row| text(row, "id") != id);
    let taken = match kind {
        _ if HOSTED.contains(&kind) => others()
            .filter(|row| HOSTED.contains(&text(row, "type")))
            .any(|row| domains(row).iter().any(|domain| all.contains(domain))),
        _ if SINGLE.contains(&kind) => others().any(|row| text(row, "type") == kind),
        _ => false,
    };
    if taken {
        return Err(conflict(11010, "application_already_exists"));
    }
    let named = !text(app, "name").is_empty();
    match kind {
        "saas" if !app.get("saas_app").is_some_and(Value::is_object) => {
            Err(invalid("saas_app must be set"))
        }
        "bookmark" if text(app, "domain").is_empty() => Err(invalid("domain must be set")),
        "infrastructure"
            if app
                .get("target_criteria")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty) =>
        {
            Err(invalid("target_criteria must be set"))
        }
        _ if !named && !SINGLE.contains(&kind) => Err(invalid("name must be set")),
        _ => Ok(()),
    }
}

/// The default values of an application.
fn defaults(kind: &str) -> Object {
    let mut app = object(json!({
        "type": kind,
        "session_duration": "24h",
        "allowed_idps": [],
        "tags": [],
        "auto_redirect_to_identity": false,
        "app_launcher_visible": true,
    }));
    if HOSTED.contains(&kind) {
        app.extend(object(json!({
            "enable_binding_cookie": false,
            "http_only_cookie_attribute": true,
            "options_preflight_bypass": false,
        })));
    }
    if SINGLE.contains(&kind) {
        let name = match kind {
            "app_launcher" => "App Launcher",
            "warp" => "Warp Login App",
            "biso" => "Clientless Web Isolation",
            _ => "Cloudflare dashboard",
        };
        app.insert("name".to_owned(), name.into());
    }
    app
}

/// Completes the SaaS settings of an application.
fn connect(app: &mut Object, known: Option<&Object>) -> Result<(), ApiError> {
    let aud = text(app, "aud").to_owned();
    let known = known.and_then(|app| app.get("saas_app"));
    let Some(Value::Object(saas)) = app.get_mut("saas_app") else {
        return Ok(());
    };
    let kept = |field: &str, fresh: String| {
        known
            .and_then(|known| known[field].as_str())
            .map_or(fresh, str::to_owned)
    };
    if text(saas, "auth_type") == "oidc" {
        if saas
            .get("redirect_uris")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
        {
            return Err(invalid("saas_app.redirect_uris must be set"));
        }
        saas.insert(
            "client_id".to_owned(),
            kept("client_id", format!("{}{}", ids::hex32(), ids::hex32())).into(),
        );
        saas.insert(
            "client_secret".to_owned(),
            kept("client_secret", ids::secret("", 64)).into(),
        );
    } else {
        for field in ["sp_entity_id", "consumer_service_url"] {
            if text(saas, field).is_empty() {
                return Err(invalid(format!("saas_app.{field} must be set")));
            }
        }
        saas.insert("auth_type".to_owned(), "saml".into());
        let sso = format!("https://sso.cloudflareaccess.com/cdn-cgi/access/sso/saml/{aud}");
        saas.insert("idp_entity_id".to_owned(), sso.as_str().into());
        saas.insert("sso_endpoint".to_owned(), sso.into());
    }
    Ok(())
}

fn put(call: &mut Call<'_>, known: Option<&Object>) -> Result<Object, ApiError> {
    let mut body = call.object().map_err(|error| error.coded(INVALID))?;
    let policies = body
        .remove("policies")
        .filter(|policies| !policies.is_null());
    body.retain(|_, value| !value.is_null());
    let kind = match text(&body, "type") {
        "" => "self_hosted",
        kind => kind,
    };
    let mut app = defaults(kind);
    merge(
        &mut app,
        body,
        &["id", "uid", "aud", "created_at", "updated_at", "links"],
    );
    let now = clock::now();
    let kept = |field: &str, fresh: String| known.map_or(fresh, |row| text(row, field).to_owned());
    let id = kept("id", ids::dashed(&ids::hex32()));
    checked(call, &app, &id)?;
    if text(&app, "session_duration").is_empty() {
        return Err(invalid("session_duration must be a duration"));
    }
    duration("session_duration", text(&app, "session_duration"))?;
    let providers = app["allowed_idps"]
        .as_array()
        .ok_or_else(|| invalid("allowed_idps must be a list"))?;
    for provider in providers {
        if anywhere(
            call,
            "identity_providers",
            provider.as_str().unwrap_or_default(),
        )
        .is_none()
        {
            return Err(invalid(format!(
                "identity provider {provider} does not exist"
            )));
        }
    }
    if HOSTED.contains(&text(&app, "type")) {
        let all = domains(&app);
        if let (true, Some(first)) = (text(&app, "domain").is_empty(), all.first()) {
            app.insert("domain".to_owned(), first.as_str().into());
        }
        app.entry("destinations").or_insert_with(|| {
            all.iter()
                .map(|uri| json!({ "type": "public", "uri": uri }))
                .collect()
        });
        app.insert("self_hosted_domains".to_owned(), all.into());
    }
    app.insert("uid".to_owned(), id.as_str().into());
    app.insert("id".to_owned(), id.into());
    app.insert(
        "aud".to_owned(),
        kept("aud", format!("{}{}", ids::hex32(), ids::hex32())).into(),
    );
    app.insert(
        "created_at".to_owned(),
        kept("created_at", now.clone()).into(),
    );
    app.insert("updated_at".to_owned(), now.into());
    connect(&mut app, known)?;
    match policies {
        Some(Value::Array(given)) => links::take(call, &mut app, &given)?,
        Some(_) => return Err(invalid("policies must be a list")),
        // What is not named stays.
        None => {
            if let Some(links) = known.and_then(|known| known.get("links")) {
                app.insert("links".to_owned(), links.clone());
            }
        }
    }
    let table = format!("{}/{HERE}", scope(call));
    call.store.table_mut(&table).put(app.clone());
    Ok(app)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let table = format!("{}/{HERE}", scope(call));
    let (aud, domain) = (call.query.get("aud"), call.query.get("domain"));
    if aud.is_none() && domain.is_none() {
        return listed(call, HERE, |row| show(call, row));
    }
    let fits = |row: &&Object| {
        aud.is_none_or(|aud| text(row, "aud") == aud)
            && domain.is_none_or(|domain| domains(row).iter().any(|own| own == domain))
    };
    let rows: Vec<&Object> = call.store.rows(&table).filter(fits).collect();
    crate::http::paging::page(&call.query, super::PAGE, &rows, |row| show(call, row))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let app = put(call, None)?;
    let mut shown = show(call, &app);
    // The secret is shown only now.
    if let Some(secret) = app
        .get("saas_app")
        .and_then(|saas| saas.get("client_secret"))
    {
        shown["saas_app"]["client_secret"] = secret.clone();
    }
    Ok(Reply::Created(shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let (_, app) = found(call, HERE, "app")?;
    Ok(Reply::result(show(call, &app)))
}

pub(super) fn replace(call: &mut Call<'_>) -> Outcome {
    let (_, known) = found(call, HERE, "app")?;
    let app = put(call, Some(&known))?;
    Ok(Reply::result(show(call, &app)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, app) = found(call, HERE, "app")?;
    let id = text(&app, "id");
    call.store.table_mut(&table).remove(id);
    call.store.remove_below(&format!("{table}/{id}"));
    Ok(Reply::id(id))
}

pub(super) fn settings(call: &mut Call<'_>) -> Outcome {
    let (table, mut app) = found(call, HERE, "app")?;
    let body = call.described(INVALID)?;
    let mut shown = Object::new();
    for field in ["allow_iframe", "skip_interstitial"] {
        if let Some(value) = body.get(field) {
            app.insert(field.to_owned(), value.clone());
        }
        shown.insert(
            field.to_owned(),
            app.get(field).cloned().unwrap_or(false.into()),
        );
    }
    call.store.table_mut(&table).put(app);
    Ok(Reply::result(shown))
}

pub(super) fn revoke_tokens(call: &mut Call<'_>) -> Outcome {
    found(call, HERE, "app")?;
    Ok(Reply::result(json!({})))
}
