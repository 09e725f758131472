//! Everything beside the API: the emulator's controls and page, and what
//! products add.

mod admin;
mod page;

use std::sync::Arc;

use http::{Method, Response};
use hyper::body::Incoming;

use crate::engine::{Engine, Place};
use crate::http::body::{Body, Cut};
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::HttpReply;

/// Whether a path is one of the emulator's controls.
pub(crate) fn is_for(path: &str) -> bool {
    let rest = path.strip_prefix(CONTROL_PATH);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The part of a path after `/_emulator/`.
fn below(path: &str) -> Option<&str> {
    is_for(path).then(|| path[CONTROL_PATH.len()..].trim_matches('/'))
}

/// Whether a request body is a file: a snapshot, or one that a product expects.
pub(crate) fn takes_file(engine: &Engine, request: &Request) -> bool {
    let Some(path) = below(&request.path) else {
        return false;
    };
    let mut products = engine.products.iter();
    admin::takes_file(request, path)
        || products.any(|product| product.takes_file(engine, path, request))
}

/// The reply to a request that upgrades its connection to another protocol.
pub(crate) fn upgrade(
    engine: &Engine,
    request: &mut http::Request<Incoming>,
    place: &Place,
) -> Option<HttpReply> {
    let path = below(request.uri().path())?.to_owned();
    let mut products = engine.products.iter();
    products.find_map(|product| product.upgrade(engine, &path, request, place))
}

/// The reply to a request that does not belong to the API.
pub(crate) async fn answer(
    engine: &Arc<Engine>,
    request: &Request,
) -> Option<Result<Response<Body>, Cut>> {
    let Some(path) = below(&request.path) else {
        let reply = page::answer(engine, request)?;
        return Some(reply.into_response(None));
    };
    if admin::is_dump(request, path) {
        return Some(admin::dump(engine, request, path).await);
    }
    let mut products = engine.products.iter();
    let reply = products.find_map(|product| product.control(engine, path, request));
    let reply = match reply {
        Some(reply) => reply,
        None => admin::answer(engine, request, path).await,
    };
    let saved = match request.method {
        Method::GET => Ok(()),
        _ => engine.saved().await,
    };
    Some(match saved {
        Ok(()) => reply.into_response(None),
        Err(why) => admin::failed(&why).into_response(None),
    })
}
