//! The path of a request, from the connection to its reply:
//!
//! receive → control → faults → route → authenticate → account or zone →
//! authorize → what the path names → handler or description → log.
//!
//! Each step is a function of another part of the emulator; this is the list.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::CONNECTION;
use http::{HeaderValue, Response, StatusCode};

use super::{Server, receive};
use crate::access::permissions::Permission;
use crate::access::{self, Access};
use crate::engine::call::{Call, Work};
use crate::engine::faults::Plan;
use crate::engine::route::{Handler, Route};
use crate::engine::{Engine, lock};
use crate::http::body::{Body, Cut};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::made_up::MadeUp;
use crate::http::path::Params;
use crate::http::query::Query;
use crate::http::request::Request;
use crate::store::Store;
use crate::{control, described};

/// Closes the connection, if the rest of a body is still on the wire.
pub(super) const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Answers one request.
pub(crate) async fn dispatch<B>(
    server: Arc<Server>,
    peer: IpAddr,
    request: http::Request<B>,
) -> Result<Response<Body>, Cut>
where
    B: hyper::body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let engine = &server.engine;
    let (head, body) = request.into_parts();
    let mut request = server.request(peer, head);

    let permit = |request: &Request| permit(engine, request);
    let received = receive::body(server.receiver(), &mut request, body, permit).await?;

    let (unread, started) = (received.is_err(), Instant::now());
    if !unread && let Some(reply) = control::answer(engine, &request).await {
        return reply;
    }

    let faults = Plan::draw(&mut lock(&engine.faults), &request);
    let performed = faults.around(async |ignore_page| match received {
        Ok(()) => perform(engine, &request, ignore_page).await,
        Err(refusal) => Err(refusal),
    });
    let mut reply = performed.await;
    if let (true, Ok(reply)) = (unread, &mut reply) {
        reply.headers_mut().insert(CONNECTION, CLOSE);
    }

    engine.note(request, reply, started)
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

/// A call that passed all checks.
struct Admitted<'a> {
    route: &'a Route,
    params: Params,
    access: Access,
}

/// The checks of every call.
fn admit<'a>(
    engine: &'a Engine,
    request: &Request,
    store: &Store,
) -> Result<Admitted<'a>, ApiError> {
    let (route, params) = engine.router.find(request)?;
    let access = match route.permission {
        Permission::Public => Access::nothing(),
        permission => {
            let access = access::authenticate(request, store, route.token_refusal)?;
            // A permission is for an object, which has to exist.
            let parents = access::parents(request, store, &params, engine.any_id)?;
            access::authorize(&access, permission, &parents, store)?;
            access
        }
    };
    Ok(Admitted {
        route,
        params,
        access,
    })
}

/// The checks of a large body before it is received, from the head of its
/// request alone.
fn permit(engine: &Engine, request: &Request) -> Result<(), ApiError> {
    if control::is_for(&request.path) {
        return Ok(());
    }
    let mut store = lock(&engine.store);
    let admitted = admit(engine, request, &store)?;
    match admitted.route.admits {
        Some(admits) if !engine.any_id => admits(&Call {
            request,
            params: &admitted.params,
            query: Query::parse(&request.query),
            access: admitted.access,
            store: &mut store,
            folder: engine.folder.as_ref(),
            operation: None,
            any_id: false,
            made_up: MadeUp::default(),
        }),
        _ => Ok(()),
    }
}

/// The state of a call when the lock on the store is released.
enum Handled {
    Done(Reply),
    Deferred(Work),
}

/// Answers a call that passed all checks: by the product's handler, otherwise
/// from the description.
fn handle(
    engine: &Engine,
    request: &Request,
    store: &mut Store,
    admitted: Admitted<'_>,
    query: Query,
) -> Result<Handled, ApiError> {
    let described = engine.router.described(request);
    let params = described::known(admitted.params, store);
    let mut call = Call {
        request,
        params: &params,
        query,
        access: admitted.access,
        store,
        folder: engine.folder.as_ref(),
        operation: described.as_ref().map(|(operation, _)| *operation),
        any_id: engine.any_id,
        made_up: MadeUp::default(),
    };
    if let Some((operation, params)) = described.as_ref().filter(|_| !engine.any_id) {
        if !admitted.route.is_written() {
            operation.check_path(call.store, params)?;
        }
        operation.check_references(&call)?;
    }
    let outcome = match &admitted.route.handler {
        Handler::Described(operation) => operation.answer(&mut call).map(Handled::Done),
        Handler::Written(function) => function(&mut call).map(Handled::Done),
        Handler::Deferred(function) => function(&mut call).map(Handled::Deferred),
    };
    let is_written = admitted.route.is_written();
    match (outcome, &described) {
        (Ok(handled), Some((operation, params))) => {
            operation.forget_children(call.store, params);
            Ok(handled)
        }
        (Err(error), Some((operation, params)))
            if is_written && engine.any_id && described::hangs_on_state(&error) =>
        {
            call.params = params;
            operation.sample(&mut call).map(Handled::Done)
        }
        // What the path names is not there: the API's code, if it is known.
        (Err(error), Some((operation, params)))
            if is_written && error.status() == StatusCode::NOT_FOUND =>
        {
            Err(match operation.absent(call.store, params) {
                Some(refusal) => refusal.error(),
                None => error,
            })
        }
        (outcome, _) => outcome,
    }
}
