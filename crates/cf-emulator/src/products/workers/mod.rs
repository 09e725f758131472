//! Workers scripts: <https://developers.cloudflare.com/api/resources/workers/>.
//! Nothing runs; uploads are checked, stored, and counted as versions.

mod assets;
mod beta;
mod builds;
mod live;
mod schedules;
mod secrets;
mod settings;
mod subdomain;
mod tails;
mod triggers;
mod upload;
mod versions;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::access::permissions::Permission::{Group, Public};
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::engine::{Engine, Place};
use crate::http::content::Stored;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::products::user;
use crate::store::identity::user_id;
use crate::store::{Object, text};

pub(crate) use live::trace;

pub(super) struct Workers;

impl Product for Workers {
    fn name(&self) -> &'static str {
        "workers"
    }

    fn title(&self) -> &'static str {
        "Workers"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/workers"]
    }

    /// Events for those who tail a script.
    fn control(&self, engine: &Engine, path: &str, request: &Request) -> Option<HttpReply> {
        (path == "tails").then(|| live::control(engine, request))
    }

    fn controls(&self) -> &'static [&'static str] {
        &["POST tails"]
    }

    fn upgrade(
        &self,
        engine: &Engine,
        path: &str,
        request: &mut http::Request<Incoming>,
        place: &Place,
    ) -> Option<HttpReply> {
        let id = path.strip_prefix("tails/")?;
        (*request.method() == Method::GET).then(|| live::open(engine, id, request, place))
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Workers Scripts Read"), Group("Workers Scripts Write"));
    let own = vec![
        Route::new(Method::GET, "accounts/{account_id}/workers/services/{script_name}", read, service),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/assets-upload-session", write, assets::session),
        // The token of the session is the credential.
        Route::deferred(Method::POST, "accounts/{account_id}/workers/assets/upload", Public, assets::upload).keeping_files().admitting(assets::admitted),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/references", read, references),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/routes", read, triggers::routes),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/routes", write, triggers::set_routes),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/domains/changeset", read, triggers::preview_domains),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/domains/records", write, triggers::set_domains),
        Route::new(Method::GET, "accounts/{account_id}/workers/tails/by-consumer/{script_name}", read, tailed),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/services/{script_name}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}", read, content),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/content/v2", read, content),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}", write, upload::script).streaming(upload::SCRIPT).keeping_files(),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/content", write, upload::content).streaming(upload::SCRIPT).keeping_files(),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/scripts/{script_name}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/settings", read, settings::get),
        Route::new(Method::PATCH, "accounts/{account_id}/workers/scripts/{script_name}/settings", write, settings::edit),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/script-settings", read, settings::get_shared),
        Route::new(Method::PATCH, "accounts/{account_id}/workers/scripts/{script_name}/script-settings", write, settings::edit_shared),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/schedules", read, schedules::get),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/schedules", write, schedules::put),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/subdomain", read, subdomain::of_script),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/subdomain", write, subdomain::switch),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/scripts/{script_name}/subdomain", write, subdomain::switch_off),
        Route::new(Method::GET, "accounts/{account_id}/workers/subdomain", read, subdomain::get),
        Route::new(Method::PUT, "accounts/{account_id}/workers/subdomain", write, subdomain::put),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/subdomain", write, subdomain::delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/subdomains/{name}", read, subdomain::look_up),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/secrets", read, secrets::list),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/secrets", write, secrets::put),
        Route::new(Method::PATCH, "accounts/{account_id}/workers/scripts/{script_name}/secrets-bulk", write, secrets::patch),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/secrets/{secret_name}", read, secrets::get),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/scripts/{script_name}/secrets/{secret_name}", write, secrets::delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/versions", read, versions::list),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/versions", write, upload::version).keeping_files(),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/versions/{version_id}", read, versions::get).with("version_id", Param::Name),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/deployments", read, versions::deployments),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/deployments", write, versions::deploy),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/tails", Group("Workers Tail Read"), tails::list),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/tails", Group("Workers Tail Read"), tails::create),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/scripts/{script_name}/tails/{id}", Group("Workers Tail Read"), tails::delete),
    ];
    own.into_iter().chain(beta::routes()).chain(build_routes()).collect()
}

#[rustfmt::skip]
fn build_routes() -> Vec<Route> {
    let (read, write) = (Group("Workers CI Read"), Group("Workers CI Write"));
    vec![
        Route::new(Method::POST, "accounts/{account_id}/builds/triggers/{trigger_uuid}/builds", write, builds::create)
            .with("trigger_uuid", Param::Text),
        Route::new(Method::GET, "accounts/{account_id}/builds/builds/{build_uuid}", read, builds::get)
            .with("build_uuid", Param::Text),
        Route::new(Method::GET, "accounts/{account_id}/builds/builds/{build_uuid}/logs", read, builds::logs)
            .with("build_uuid", Param::Text),
        Route::new(Method::PUT, "accounts/{account_id}/builds/builds/{build_uuid}/cancel", write, builds::cancel)
            .with("build_uuid", Param::Text),
        Route::new(Method::GET, "accounts/{account_id}/builds/workers/{external_script_id}/builds", read, builds::list)
            .with("external_script_id", Param::Text),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/workers/scripts", call.param("account_id"))
}

/// The name of the script in the path, which may be given by its tag.
fn name<'a>(call: &'a Call<'_>) -> &'a str {
    let given = call.param("script_name");
    let table = table(call);
    let tagged = |row: &&Object| text(row, "tag") == given;
    match call.store.get(&table, given) {
        Some(_) => given,
        None => call
            .store
            .rows(&table)
            .find(tagged)
            .map_or(given, |row| text(row, "id")),
    }
}

/// The path below which everything of the script in the path is stored.
fn home(call: &Call<'_>) -> String {
    format!("{}/{}", table(call), name(call))
}

/// Who uploads: the program, and its user.
struct Author {
    source: &'static str,
    email: String,
    id: String,
}

impl Author {
    fn of(call: &Call<'_>) -> Self {
        let program = call.request.headers.get(http::header::USER_AGENT);
        let wrangler = program.is_some_and(|name| name.as_bytes().starts_with(b"wrangler/"));
        let email = user::document(call.store)["email"].as_str();
        Self {
            source: if wrangler { "wrangler" } else { "api" },
            email: email.unwrap_or_default().to_owned(),
            id: user_id(call.store).to_owned(),
        }
    }
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let missing = || ApiError::not_found(10007, "This Worker does not exist on your account.");
    call.store.get(&table(call), name(call)).ok_or_else(missing)
}

/// A script as the dashboard and its tools see it.
fn service(call: &mut Call<'_>) -> Outcome {
    let script = found(call)
        .map_err(|_| ApiError::not_found(10090, "workers.api.error.service_not_found"))?;
    let environment = json!({ "environment": "production", "created_on": script["created_on"], "modified_on": script["modified_on"], "script": script });
    Ok(Reply::result(json!({
        "id": script["id"],
        "default_environment": environment,
        "environments": [{ "environment": "production", "created_on": script["created_on"], "modified_on": script["modified_on"] }],
        "created_on": script["created_on"],
        "modified_on": script["modified_on"],
        "usage_model": script["usage_model"],
    })))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, home, name) = (table(call), home(call), name(call).to_owned());
    call.store.table_mut(&table).remove(&name);
    call.store.remove_below(&home);
    Ok(Reply::result(Value::Null))
}

/// What refers to a script: other scripts, routes and queues can.
fn references(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let name = name(call);
    let mut services = Vec::new();
    for script in call.store.rows(&table(call)) {
        let bindings = script.get("bindings").and_then(Value::as_array);
        for binding in bindings.into_iter().flatten() {
            if binding["type"] == "service" && binding["service"] == name {
                services.push(json!({
                    "service": script["id"],
                    "environment": "production",
                    "name": binding["name"],
                }));
            }
        }
    }
    let incoming = json!({ "incoming": services, "outgoing": [] });
    let nothing = json!([]);
    Ok(Reply::result(
        json!({ "services": incoming, "durable_objects": nothing, "dispatch_outbounds": nothing }),
    ))
}

/// The scripts whose events the one in the path receives.
fn tailed(call: &mut Call<'_>) -> Outcome {
    let name = name(call);
    let tails = |script: &&Object| {
        let consumers = script.get("tail_consumers").and_then(Value::as_array);
        let mut consumers = consumers.into_iter().flatten();
        consumers.any(|consumer| consumer["service"] == name)
    };
    let scripts = call.store.rows(&table(call)).filter(tails);
    let tailed: Vec<_> = scripts
        .map(|script| json!({ "tag": script["tag"], "producer": { "service": script["id"] } }))
        .collect();
    Ok(Reply::result(tailed))
}

/// The main module as it was uploaded.
fn content(call: &mut Call<'_>) -> Outcome {
    let script = found(call)?;
    let kind = match script["has_modules"] == true {
        true => "application/javascript+module",
        false => "application/javascript",
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(etag) = HeaderValue::from_str(text(script, "etag")) {
        headers.insert("etag", etag);
    }
    let main = text(script, "main_module").to_owned();
    if let Ok(main) = HeaderValue::from_str(&main) {
        headers.insert("cf-entrypoint", main);
    }
    let content = call.store.stored(&format!("{}/content", home(call)));
    let content = content.unwrap_or_else(|| Stored::Small(Bytes::new()));
    Ok(Reply::stored(headers, content))
}
