//! Controls a running emulator over HTTP, next to the API: `/_emulator/…`.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::engine::faults::{Fault, FaultError};
use crate::engine::log::LoggedRequest;
use crate::engine::{Engine, lock};
use crate::http::body::{Body, Cut};
use crate::http::file::Folder;
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::http::text::{Text, TextWriter};
use crate::store::pending::Pending;
use crate::store::snapshot;

/// How many dumps, copies of the whole state or log, are sent at a time.
const MOST_DUMPS: usize = 2;
/// How long a dump waits for others to be sent.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";

/// Permits for sending dumps.
struct Dumps(Arc<Semaphore>);

impl Default for Dumps {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_DUMPS)))
    }
}

/// Whether the reply is a dump.
pub(super) fn is_dump(request: &Request, path: &str) -> bool {
    request.method == Method::GET && matches!(path, "snapshot" | "requests")
}

/// Whether the request body is a snapshot of the state.
pub(super) fn takes_file(request: &Request, path: &str) -> bool {
    request.method == Method::PUT && path == "snapshot"
}

/// A dump of the state or the log. It holds its permit until it is sent.
pub(super) async fn dump(
    engine: &Arc<Engine>,
    request: &Request,
    path: &str,
) -> Result<Response<Body>, Cut> {
    let place = Arc::clone(&engine.own::<Dumps>().0).acquire_owned();
    let Ok(Ok(place)) = tokio::time::timeout(LONGEST_WAIT, place).await else {
        let why = "too many copies are being sent to others; try again later";
        return error(StatusCode::SERVICE_UNAVAILABLE, why).into_response(None);
    };
    let mut response = answer(engine, request, path).await.into_response(None)?;
    response.body_mut().hold(place);
    Ok(response)
}

/// The reply to a request for `path` below `/_emulator/`.
pub(super) async fn answer(engine: &Arc<Engine>, request: &Request, path: &str) -> HttpReply {
    match (path, &request.method) {
        ("", &Method::GET) => ok(&status(engine)),
        ("reset", &Method::POST) => {
            engine.reset();
            ok(&json!({}))
        }
        ("snapshot", &Method::GET) => match apart(engine, Engine::snapshot).await {
            Ok(snapshot) => HttpReply::text(JSON, snapshot),
            Err(why) => failed(&why),
        },
        ("snapshot", &Method::PUT) => match request.content().stored() {
            Ok(sent) => {
                let read = move |folder: Option<&Folder>| snapshot::read(&sent, folder);
                outcome(apart(engine, |engine| engine.restore(read)).await)
            }
            Err(error) => error.into(),
        },
        ("seed", &Method::POST) => {
            let text = String::from_utf8_lossy(&request.body);
            outcome(engine.seed(&text).map_err(|error| error.to_string()))
        }
        ("faults", &Method::POST) => {
            outcome(json_of(request).and_then(|body| fault(&body)).map(|fault| {
                lock(&engine.faults).push(fault);
            }))
        }
        ("faults", &Method::DELETE) => {
            lock(&engine.faults).clear();
            ok(&json!({}))
        }
        ("pending", &Method::PUT) => {
            let setting = json_of(request).and_then(|body| Pending::read(&body));
            outcome(setting.map(|setting| setting.set(&mut lock(&engine.store))))
        }
        ("pending", &Method::DELETE) => {
            Pending::polls(0).set(&mut lock(&engine.store));
            ok(&json!({}))
        }
        ("requests", &Method::GET) => match apart(engine, requests).await {
            Ok(requests) => HttpReply::text(JSON, requests),
            Err(why) => failed(&why),
        },
        ("requests", &Method::DELETE) => {
            lock(&engine.log).clear();
            ok(&json!({}))
        }
        ("" | "reset" | "snapshot" | "seed" | "faults" | "pending" | "requests", method) => error(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{CONTROL_PATH}/{path} does not support {method}"),
        ),
        _ => error(StatusCode::NOT_FOUND, &all(engine)),
    }
}

/// Lists all supported requests, for the reply to any other.
fn all(engine: &Engine) -> String {
    let mut all = format!(
        "supported: GET {CONTROL_PATH}, POST {CONTROL_PATH}/reset, GET and PUT {CONTROL_PATH}/snapshot, POST {CONTROL_PATH}/seed, POST and DELETE {CONTROL_PATH}/faults, PUT and DELETE {CONTROL_PATH}/pending, GET and DELETE {CONTROL_PATH}/requests"
    );
    let products = engine.products.iter();
    for control in products.flat_map(|product| product.controls()) {
        let (method, path) = control.split_once(' ').unwrap_or(("GET", control));
        all.push_str(&format!(", {method} {CONTROL_PATH}/{path}"));
    }
    all
}

/// Does slow work without blocking other requests.
async fn apart<T: Send + 'static>(
    engine: &Arc<Engine>,
    work: impl FnOnce(&Engine) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let engine = Arc::clone(engine);
    let done = tokio::task::spawn_blocking(move || work(&engine)).await;
    done.unwrap_or_else(|error| Err(error.to_string()))
}

/// The log, oldest first.
fn requests(engine: &Engine) -> Result<Text, String> {
    let all = lock(&engine.log).all();
    let write = || {
        let mut out = TextWriter::new(engine.folder.as_ref());
        out.write_all(b"{\"requests\":[")?;
        for (index, request) in all.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(out, "{comma}{}", show(request))?;
        }
        out.write_all(b"]}")?;
        out.finish()
    };
    write().map_err(|error: io::Error| error.to_string())
}

/// A fault as JSON: `{"fault": "rate_limit=2", "method": "POST", "path": "/zones/*", "times": 3}`.
fn fault(body: &Value) -> Result<Fault, String> {
    let text = body["fault"].as_str().ok_or("`fault` is not a string")?;
    let mut fault: Fault = text
        .parse()
        .map_err(|error: FaultError| error.to_string())?;
    let method = match &body["method"] {
        Value::Null => None,
        Value::String(name) => Some(
            Method::from_bytes(name.as_bytes()).map_err(|_| format!("{name} is not a method"))?,
        ),
        _ => return Err("`method` is not a string".to_owned()),
    };
    match &body["path"] {
        Value::Null => fault.restrict(method, None),
        Value::String(path) => fault.restrict(method, Some(path.clone())),
        _ => return Err("`path` is not a string".to_owned()),
    }
    match &body["times"] {
        Value::Null => Ok(fault),
        Value::String(always) if always == "always" => Ok(fault.always()),
        times => {
            let times = times.as_u64().and_then(|times| usize::try_from(times).ok());
            Ok(fault.times(times.ok_or("`times` is neither a number nor \"always\"")?))
        }
    }
}

fn status(engine: &Engine) -> Value {
    let store = lock(&engine.store);
    let tables = store.tables().filter(|(_, table)| table.len() > 0);
    let objects: serde_json::Map<String, Value> = tables
        .map(|(path, table)| (path.to_owned(), table.len().into()))
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "objects": objects,
        "documents": store.documents().count(),
        "blobs": store.blobs().count(),
        "faults": lock(&engine.faults).len(),
        "state_error": lock(&engine.state_error).as_deref(),
    })
}

fn show(request: &LoggedRequest) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = |headers: &HeaderMap| -> Value {
        let all = headers.iter();
        all.map(|(name, value)| (name.to_string(), text(value.as_bytes()).into()))
            .collect::<serde_json::Map<_, Value>>()
            .into()
    };
    json!({
        "method": request.method.as_str(),
        "path": request.path,
        "query": request.query,
        "headers": headers(&request.headers),
        "body": text(&request.body),
        "status": request.status.map(|status| status.as_u16()),
        "reply_headers": headers(&request.reply_headers),
        "reply_body": text(&request.reply_body),
        "milliseconds": request.elapsed.as_secs_f64() * 1000.0,
    })
}

fn json_of(request: &Request) -> Result<Value, String> {
    crate::http::json::parse(&request.body)
        .map_err(|error| format!("the body is not JSON: {error}"))
}

fn ok(value: &Value) -> HttpReply {
    HttpReply::beside_api(StatusCode::OK, value)
}

fn outcome(result: Result<(), String>) -> HttpReply {
    match result {
        Ok(()) => ok(&json!({})),
        Err(why) => error(StatusCode::BAD_REQUEST, &why),
    }
}

/// The reply if something could not be written.
pub(super) fn failed(why: &str) -> HttpReply {
    error(StatusCode::INTERNAL_SERVER_ERROR, why)
}

fn error(status: StatusCode, why: &str) -> HttpReply {
    HttpReply::beside_api(status, &json!({ "error": why }))
}
