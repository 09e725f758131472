//! Live logs of Workers: whoever tails a script gets, over a WebSocket, the
//! events that a test or a person posts for it.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::tails;
use crate::engine::{Engine, Place, lock, stopped};
use crate::http::json;
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::store::{clock, text};

/// The subprotocol that Cloudflare and its tools use for the events.
const PROTOCOL: &str = "trace-v1";
/// How many events are buffered for a slow listener; it misses older ones.
const WAITING: usize = 256;

/// Broadcasts events to listeners.
#[derive(Debug)]
struct Tails(broadcast::Sender<Event>);

#[derive(Debug, Clone)]
struct Event {
    /// The path of the script's tails in the store.
    table: String,
    json: Value,
}

impl Default for Tails {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

/// Answers a request that posts an event:
/// `{"script": "my-worker", "event": {"outcome": "ok"}}`.
pub(super) fn control(engine: &Engine, request: &Request) -> HttpReply {
    let refuse = |status, why: &str| HttpReply::beside_api(status, &json!({ "error": why }));
    if request.method != Method::POST {
        let why = format!("{CONTROL_PATH}/tails does not support {}", request.method);
        return refuse(StatusCode::METHOD_NOT_ALLOWED, &why);
    }
    match sent(engine, request) {
        Ok(tails) => HttpReply::beside_api(StatusCode::OK, &json!({ "tails": tails })),
        Err(why) => refuse(StatusCode::BAD_REQUEST, &why),
    }
}

fn sent(engine: &Engine, request: &Request) -> Result<usize, String> {
    let mut body: Value =
        json::parse(&request.body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let event = body["event"].take();
    let script = body["script"].as_str().ok_or("`script` is not a string")?;
    if !matches!(event, Value::Object(_) | Value::Null) {
        return Err("`event` is not an object".to_owned());
    }
    let account = body["account_id"].as_str().unwrap_or(&engine.account_id);
    Ok(trace(engine, account, script, event))
}

/// Sends an event of a script, with missing members filled in, to its tails.
/// Returns how many there are.
pub(crate) fn trace(engine: &Engine, account_id: &str, script: &str, event: Value) -> usize {
    let table = tails::table(account_id, script);
    let mut json = json!({
        "scriptName": script,
        "outcome": "ok",
        "eventTimestamp": Timestamp::now().as_millisecond(),
        "event": null,
        "exceptions": [],
        "logs": [],
    });
    if let (Value::Object(json), Value::Object(event)) = (&mut json, event) {
        json.extend(event);
    }
    let tails = lock(&engine.store).rows(&table).count();
    // An error means that nobody is listening.
    let _ = engine.own::<Tails>().0.send(Event { table, json });
    tails
}

/// Upgrades the connection to a WebSocket, if the tail exists.
pub(super) fn open(
    engine: &Engine,
    id: &str,
    request: &mut http::Request<Incoming>,
    place: &Place,
) -> HttpReply {
    let refuse = |status, why: &str| HttpReply::raw(status, why.to_owned().into());
    let headers = request.headers();
    let key = headers
        .get(SEC_WEBSOCKET_KEY)
        .filter(|_| lists(headers, &UPGRADE, "websocket") && lists(headers, &CONNECTION, "upgrade"))
        .filter(|_| lists(headers, &SEC_WEBSOCKET_VERSION, "13"));
    let Some(accept) = key.map(|key| derive_accept_key(key.as_bytes())) else {
        let version = HeaderValue::from_static("13");
        return refuse(
            StatusCode::UPGRADE_REQUIRED,
            "a WebSocket upgrade is required\n",
        )
        .with_header(UPGRADE, HeaderValue::from_static("websocket"))
        .with_header(SEC_WEBSOCKET_VERSION, version);
    };
    if !lists(headers, &SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        let why = format!("the subprotocol must be {PROTOCOL}\n");
        return refuse(StatusCode::BAD_REQUEST, &why);
    }
    let found = {
        let store = lock(&engine.store);
        let mut tails = store.tables().filter(|(path, _)| path.ends_with("/tails"));
        tails.find_map(|(path, table)| {
            let tail = table.get(id)?;
            let filters = tail.get("filters").cloned().unwrap_or_default();
            (!clock::is_past(text(tail, "expires_at"))).then(|| (path.to_owned(), filters))
        })
    };
    let Some((table, filters)) = found else {
        return refuse(StatusCode::NOT_FOUND, "no such tail\n");
    };
    let (events, stop) = (engine.own::<Tails>().0.subscribe(), engine.stopping.clone());
    let listener = Listener {
        table,
        filters,
        events,
        stop,
        _place: Arc::clone(place),
    };
    tokio::spawn(listener.run(hyper::upgrade::on(request)));
    let reply = HttpReply::raw(StatusCode::SWITCHING_PROTOCOLS, bytes::Bytes::new())
        .with_header(CONNECTION, HeaderValue::from_static("upgrade"))
        .with_header(UPGRADE, HeaderValue::from_static("websocket"))
        .with_header(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    match HeaderValue::from_str(&accept) {
        Ok(accept) => reply.with_header(SEC_WEBSOCKET_ACCEPT, accept),
        Err(_) => reply,
    }
}

/// Whether one of a header's comma-separated values is `wanted`.
fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(wanted))
}

struct Listener {
    table: String,
    filters: Value,
    events: broadcast::Receiver<Event>,
    stop: watch::Receiver<bool>,
    /// Held while it is listening.
    _place: Place,
}

impl Listener {
    async fn run(mut self, upgrade: OnUpgrade) {
        // An error means that the client is gone.
        let Ok(upgraded) = upgrade.await else { return };
        let io = TokioIo::new(upgraded);
        // Wrangler does not mask its frames, though the protocol requires it of clients.
        let config = WebSocketConfig::default().accept_unmasked_frames(true);
        let mut socket: WebSocketStream<TokioIo<Upgraded>> =
            WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Ok(event) if event.table == self.table && passes(&self.filters, &event.json) => {
                        let message = Message::text(event.json.to_string());
                        if socket.send(message).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                // Clients say how much they want to receive; reading also answers pings.
                said = socket.next() => match said {
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
                () = stopped(&mut self.stop) => break,
            }
        }
        let _ = socket.close(None).await;
    }
}

/// Whether an event passes the filters of a tail.
fn passes(filters: &Value, event: &Value) -> bool {
    let among = |list: &Value, found: &Value| {
        let mut wanted = list.as_array().into_iter().flatten();
        list.is_null() || wanted.any(|wanted| wanted == found)
    };
    filters.as_array().into_iter().flatten().all(|filter| {
        let query = filter["query"].as_str().unwrap_or_default();
        among(&filter["outcome"], &event["outcome"])
            && among(&filter["method"], &event["event"]["request"]["method"])
            && (query.is_empty() || event["logs"].to_string().contains(query))
    })
}
