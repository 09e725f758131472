//! Steering a running emulator over HTTP, next to the API: `/_emulator/…`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::engine::faults::{Fault, FaultError};
use crate::engine::log::LoggedRequest;
use crate::engine::{Engine, lock};
use crate::http::body::{Body, Cut};
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::HttpReply;

/// Copies of the whole state, or of the log, that are sent at a time.
const MOST_DUMPS: usize = 2;
/// How long such a copy waits for others to be sent.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How many copies of the state, and of the log, can still be sent.
struct Dumps(Arc<Semaphore>);

impl Default for Dumps {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_DUMPS)))
    }
}

/// Whether the reply is a copy of all there is of something.
pub(super) fn is_dump(request: &Request, path: &str) -> bool {
    request.method == Method::GET && matches!(path, "snapshot" | "requests")
}

/// A copy of the state or the log, which others wait for until it is sent.
pub(super) async fn dump(
    engine: &Engine,
    request: &Request,
    path: &str,
) -> Result<Response<Body>, Cut> {
    let place = Arc::clone(&engine.own::<Dumps>().0).acquire_owned();
    let Ok(Ok(place)) = tokio::time::timeout(LONGEST_WAIT, place).await else {
        let why = "others are being sent as many copies as there may be";
        return error(StatusCode::SERVICE_UNAVAILABLE, why).into_response(None);
    };
    let mut response = answer(engine, request, path).into_response(None)?;
    response.body_mut().hold(place);
    Ok(response)
}

/// The reply to a request whose path goes on with `path`.
pub(super) fn answer(engine: &Engine, request: &Request, path: &str) -> HttpReply {
    match (path, &request.method) {
        ("", &Method::GET) => ok(&status(engine)),
        ("reset", &Method::POST) => {
            engine.reset();
            ok(&json!({}))
        }
        ("snapshot", &Method::GET) => match engine.snapshot() {
            Ok(snapshot) => ok(&snapshot),
            Err(why) => failed(&why),
        },
        ("snapshot", &Method::PUT) => {
            outcome(json_of(request).and_then(|snapshot| engine.restore(&snapshot)))
        }
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
        ("requests", &Method::GET) => {
            let all: Vec<_> = lock(&engine.log).all().iter().map(show).collect();
            ok(&json!({ "requests": all }))
        }
        ("requests", &Method::DELETE) => {
            lock(&engine.log).clear();
            ok(&json!({}))
        }
        ("" | "reset" | "snapshot" | "seed" | "faults" | "requests", method) => error(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{CONTROL_PATH}/{path} does not take {method}"),
        ),
        _ => error(StatusCode::NOT_FOUND, &all(engine)),
    }
}

/// All requests that are answered, for whoever made another one.
fn all(engine: &Engine) -> String {
    let mut all = format!(
        "there are GET {CONTROL_PATH}, POST {CONTROL_PATH}/reset, GET and PUT {CONTROL_PATH}/snapshot, POST {CONTROL_PATH}/seed, POST and DELETE {CONTROL_PATH}/faults, GET and DELETE {CONTROL_PATH}/requests"
    );
    let products = engine.products.iter();
    for control in products.flat_map(|product| product.controls()) {
        let (method, path) = control.split_once(' ').unwrap_or(("GET", control));
        all.push_str(&format!(", {method} {CONTROL_PATH}/{path}"));
    }
    all
}

/// A fault as JSON: `{"fault": "rate_limit=2", "method": "POST", "path": "/zones/*", "times": 3}`.
fn fault(body: &Value) -> Result<Fault, String> {
    let text = body["fault"].as_str().ok_or("`fault` is not a string")?;
    let mut fault: Fault = text
        .parse()
        .map_err(|error: FaultError| error.to_string())?;
    let method = match &body["method"] {
        Value::Null => None,
        Value::String(name) => {
            Some(Method::from_bytes(name.as_bytes()).map_err(|_| format!("{name} is no method"))?)
        }
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

/// The reply where something could not be written down.
pub(super) fn failed(why: &str) -> HttpReply {
    error(StatusCode::INTERNAL_SERVER_ERROR, why)
}

fn error(status: StatusCode, why: &str) -> HttpReply {
    HttpReply::beside_api(status, &json!({ "error": why }))
}
