//! The way of a request, from the connection to its reply.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Response};
use hyper::body::Incoming;

use super::{Place, Server, receive};
use crate::access::permissions::Permission;
use crate::access::{self, Access};
use crate::control;
use crate::described;
use crate::engine::call::{Call, Work};
use crate::engine::faults::Plan;
use crate::engine::log;
use crate::engine::route::{Handler, Route};
use crate::engine::{Engine, lock};
use crate::http::body::{Body, Cut};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::http::query::Query;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::store::Store;

/// Closes the connection, where the rest of a body is still on the wire.
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Answers one request that came over a connection, which may turn into another
/// kind of connection.
pub(super) async fn connected(
    server: Arc<Server>,
    peer: IpAddr,
    place: Place,
    mut request: http::Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    if let Err(refusal) = server.hosts.check(&request) {
        let started = Instant::now();
        let request = head(&server, peer, request.into_parts().0);
        let reply = HttpReply::from(refusal).with_header(CONNECTION, CLOSE);
        let reply = reply.into_response(None);
        return log::note(&server.engine, request, reply, started);
    }
    match control::tails::is_for(&request) {
        true => control::tails::open(&server.engine, &mut request, place).into_response(None),
        false => dispatch(server, peer, request).await,
    }
}

/// Answers one request: it is received, then either the emulator's own or one
/// of the API, which faults may strike, and which is noted in the log.
pub(crate) async fn dispatch<B>(
    server: Arc<Server>,
    peer: IpAddr,
    request: http::Request<B>,
) -> Result<Response<Body>, Cut>
where
    B: hyper::body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (parts, body) = request.into_parts();
    let mut request = head(&server, peer, parts);
    let received = receive::body(&server, &mut request, body).await?;
    let started = Instant::now();
    if received.is_ok()
        && let Some(reply) = control::answer(&server.engine, &request).await
    {
        return reply;
    }
    let engine = &server.engine;
    let unread = received.is_err();
    let faults = Plan::draw(&mut lock(&engine.faults), &request);
    let answered = faults.around(async |ignore_page| match received {
        Ok(()) => perform(engine, &request, ignore_page).await,
        Err(refusal) => Err(refusal),
    });
    let mut reply = answered.await;
    if let (true, Ok(reply)) = (unread, &mut reply) {
        reply.headers_mut().insert(CONNECTION, CLOSE);
    }
    log::note(engine, request, reply, started)
}

/// What every call of the API passes before it is answered, under the lock of
/// the store. Large bodies are received only from those who have come this far.
pub(super) fn admit<'a>(
    engine: &'a Engine,
    request: &Request,
    store: &Store,
) -> Result<Admitted<'a>, ApiError> {
    let (route, params) = engine.router.find(request)?;
    if route.permission == Permission::Public {
        let access = Access::nothing();
        return Ok(Admitted {
            route,
            params,
            access,
        });
    }
    let access = access::authenticate(request, store, route.token_refusal)?;
    // A permission is needed on something that is there.
    let parents = access::parents(request, store, &params, engine.any_id)?;
    access::authorize(&access, route.permission, route.scope, &parents, store)?;
    Ok(Admitted {
        route,
        params,
        access,
    })
}

/// A call that may be made.
pub(super) struct Admitted<'a> {
    pub(super) route: &'a Route,
    pub(super) params: Params,
    pub(super) access: Access,
}

/// Answers a call that may be made: by hand where a product does, else as the
/// description has it.
fn handle(
    engine: &Engine,
    request: &Request,
    store: &mut Store,
    admitted: Admitted<'_>,
    query: Query,
) -> Result<Handled, ApiError> {
    let described = engine.router.described(request);
    let mut call = Call {
        request,
        params: &admitted.params,
        query,
        access: admitted.access,
        store,
        operation: described.as_ref().map(|(operation, _)| *operation),
        any_id: engine.any_id,
    };
    let outcome = match &admitted.route.handler {
        Handler::Described(operation) => return operation.answer(&mut call).map(Handled::Done),
        Handler::Written(function) => function(&mut call).map(Handled::Done),
        Handler::Deferred(function) => function(&mut call).map(Handled::Deferred),
    };
    match (outcome, &described) {
        (Err(error), Some((operation, params)))
            if engine.any_id && described::hangs_on_state(&error) =>
        {
            call.params = params;
            operation.sample(&mut call).map(Handled::Done)
        }
        (outcome, _) => outcome,
    }
}

/// How far a call gets while the store is locked.
enum Handled {
    Done(Reply),
    Deferred(Work),
}

/// Makes the call and keeps what has changed.
async fn perform(engine: &Arc<Engine>, request: &Request, ignore_page: bool) -> Outcome {
    let mut query = Query::parse(&request.query);
    if ignore_page {
        query.remove("page");
    }
    let (handled, mut changed) = {
        let mut store = lock(&engine.store);
        let admitted = admit(engine, request, &store)?;
        let version = store.version();
        let handled = handle(engine, request, &mut store, admitted, query);
        (handled, store.version() != version)
    };
    let outcome = match handled {
        Ok(Handled::Done(reply)) => Ok(reply),
        Ok(Handled::Deferred(work)) => {
            changed = true;
            work(Arc::clone(engine)).await
        }
        Err(error) => Err(error),
    };
    if changed {
        let saved = engine.saved().await;
        return outcome.and_then(|reply| match saved {
            Ok(()) => Ok(reply),
            Err(why) => Err(ApiError::unsaved(&why)),
        });
    }
    outcome
}

/// A request without its body.
fn head(server: &Server, peer: IpAddr, parts: http::request::Parts) -> Request {
    Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Bytes::new(),
        upload: None,
        form: None,
        room: None,
        peer,
        secure: server.is_secure(),
    }
}
