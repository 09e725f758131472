//! Steering a running emulator over HTTP, next to the API: `/_emulator/…`.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::{Content, HttpReply};
use crate::log::LoggedRequest;
use crate::server::{Shared, lock};

/// Whether a path is one of these.
pub(crate) fn is_for(path: &str) -> bool {
    let rest = path.strip_prefix(CONTROL_PATH);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the reply is a copy of all there is of something.
pub(crate) fn is_dump(request: &Request) -> bool {
    let path = request.path.strip_prefix(CONTROL_PATH).unwrap_or_default();
    request.method == Method::GET && matches!(path.trim_matches('/'), "snapshot" | "requests")
}

/// Whether a request brings a file that somebody waits for.
#[cfg_attr(not(feature = "sqlite"), allow(unused_variables))]
pub(crate) fn is_upload(shared: &Shared, request: &Request) -> bool {
    #[cfg(feature = "sqlite")]
    return request
        .path
        .strip_prefix(CONTROL_PATH)
        .and_then(|rest| rest.strip_prefix("/d1/"))
        .is_some_and(|id| crate::products::d1::transfer::is_upload(shared, request, id));
    #[cfg(not(feature = "sqlite"))]
    false
}

/// The reply, if the path is one of these.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Option<HttpReply> {
    if !is_for(&request.path) {
        return None;
    }
    let path = request.path.strip_prefix(CONTROL_PATH)?.trim_matches('/');
    #[cfg(feature = "sqlite")]
    if let Some(path) = path.strip_prefix("d1/") {
        return Some(crate::products::d1::transfer::file(shared, request, path));
    }
    Some(dispatch(shared, request, path))
}

fn dispatch(shared: &Shared, request: &Request, path: &str) -> HttpReply {
    match (path, &request.method) {
        ("", &Method::GET) => ok(&status(shared)),
        ("reset", &Method::POST) => {
            shared.reset();
            ok(&json!({}))
        }
        ("snapshot", &Method::GET) => match shared.snapshot() {
            Ok(snapshot) => ok(&snapshot),
            Err(why) => failed(&why),
        },
        ("snapshot", &Method::PUT) => {
            outcome(json_of(request).and_then(|snapshot| shared.restore(&snapshot)))
        }
        ("seed", &Method::POST) => {
            let text = String::from_utf8_lossy(&request.body);
            outcome(shared.seed(&text).map_err(|error| error.to_string()))
        }
        ("faults", &Method::POST) => {
            outcome(json_of(request).and_then(|body| fault(&body)).map(|fault| {
                lock(&shared.faults).push(fault);
            }))
        }
        ("faults", &Method::DELETE) => {
            lock(&shared.faults).clear();
            ok(&json!({}))
        }
        ("tails", &Method::POST) => match json_of(request).and_then(|body| trace(shared, body)) {
            Ok(tails) => ok(&json!({ "tails": tails })),
            Err(why) => error(StatusCode::BAD_REQUEST, &why),
        },
        ("requests", &Method::GET) => {
            let all: Vec<_> = lock(&shared.log).all().iter().map(show).collect();
            ok(&json!({ "requests": all }))
        }
        ("requests", &Method::DELETE) => {
            lock(&shared.log).clear();
            ok(&json!({}))
        }
        ("" | "reset" | "snapshot" | "seed" | "faults" | "requests" | "tails", method) => error(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{CONTROL_PATH}/{path} does not take {method}"),
        ),
        _ => error(
            StatusCode::NOT_FOUND,
            &format!(
                "there are GET {CONTROL_PATH}, POST {CONTROL_PATH}/reset, GET and PUT {CONTROL_PATH}/snapshot, POST {CONTROL_PATH}/seed, POST and DELETE {CONTROL_PATH}/faults, GET and DELETE {CONTROL_PATH}/requests, POST {CONTROL_PATH}/tails"
            ),
        ),
    }
}

/// A fault as JSON: `{"fault": "rate_limit=2", "method": "POST", "path": "/zones/*", "times": 3}`.
fn fault(body: &Value) -> Result<Fault, String> {
    let text = body["fault"].as_str().ok_or("`fault` is not a string")?;
    let mut fault: Fault = text
        .parse()
        .map_err(|error: crate::faults::FaultError| error.to_string())?;
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

/// An event of a Worker: `{"script": "my-worker", "event": {"outcome": "ok"}}`.
fn trace(shared: &Shared, mut body: Value) -> Result<usize, String> {
    let event = body["event"].take();
    let script = body["script"].as_str().ok_or("`script` is not a string")?;
    if !matches!(event, Value::Object(_) | Value::Null) {
        return Err("`event` is not an object".to_owned());
    }
    let account = body["account_id"].as_str().unwrap_or(&shared.account_id);
    Ok(shared.trace(account, script, event))
}

fn status(shared: &Shared) -> Value {
    let store = lock(&shared.store);
    let tables = store.tables().filter(|(_, table)| table.len() > 0);
    let objects: serde_json::Map<String, Value> = tables
        .map(|(path, table)| (path.to_owned(), table.len().into()))
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "objects": objects,
        "documents": store.documents().count(),
        "blobs": store.blobs().count(),
        "faults": lock(&shared.faults).len(),
        "state_error": lock(&shared.state_error).as_deref(),
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
    reply(StatusCode::OK, value)
}

fn outcome(result: Result<(), String>) -> HttpReply {
    match result {
        Ok(()) => ok(&json!({})),
        Err(why) => error(StatusCode::BAD_REQUEST, &why),
    }
}

/// The reply where others are sent so many copies that there is no room.
pub(crate) fn busy() -> HttpReply {
    let why = "others are being sent as many copies as there may be";
    error(StatusCode::SERVICE_UNAVAILABLE, why)
}

/// The reply where something could not be written down.
pub(crate) fn failed(why: &str) -> HttpReply {
    error(StatusCode::INTERNAL_SERVER_ERROR, why)
}

fn error(status: StatusCode, why: &str) -> HttpReply {
    reply(status, &json!({ "error": why }))
}

fn reply(status: StatusCode, value: &Value) -> HttpReply {
    let json = HeaderValue::from_static("application/json");
    let mut reply = HttpReply::raw(status, Bytes::new()).with_header(CONTENT_TYPE, json);
    reply.content = Content::Raw(Bytes::from(value.to_string()));
    reply
}
