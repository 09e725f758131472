//! The way of a request through faults and checks to its operation and back.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Method, Response};
use hyper::body::Incoming;

use super::{Place, Shared, lock, receive};
use crate::access;
use crate::admin;
use crate::described;
use crate::engine::call::Call;
use crate::engine::call::Work;
use crate::faults::{Ending, Plan};
use crate::http::body::{Body, Cut};
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::log::{LoggedRequest, redact_headers, start_of_body, start_of_reply};
use crate::page;
use crate::router::Handler;
use crate::tails;

/// How long a copy of the state waits for others to be sent.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Answers one request that came over a connection, which may turn into another
/// kind of connection.
pub(super) async fn connected(
    shared: Arc<Shared>,
    peer: IpAddr,
    place: Place,
    mut request: http::Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    if let Err(refusal) = shared.hosts.check(&request) {
        let started = Instant::now();
        let request = head(&shared, peer, request.into_parts().0);
        let reply = refused(refusal).into_response(None);
        return log(&shared, request, reply, started);
    }
    match tails::is_for(&request) {
        true => tails::open(&shared, &mut request, place).into_response(None),
        false => answer(shared, peer, request).await,
    }
}

/// A request without its body.
fn head(shared: &Shared, peer: IpAddr, parts: http::request::Parts) -> Request {
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
        secure: shared.is_secure(),
    }
}

/// The reply to a request whose body is still on the wire.
fn refused(refusal: ApiError) -> HttpReply {
    HttpReply::from(refusal).with_header(CONNECTION, HeaderValue::from_static("close"))
}

/// Answers one request.
pub(crate) async fn answer<B>(
    shared: Arc<Shared>,
    peer: IpAddr,
    request: http::Request<B>,
) -> Result<Response<Body>, Cut>
where
    B: hyper::body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (parts, body) = request.into_parts();
    let mut request = head(&shared, peer, parts);
    let refusal = receive::body(&shared, &mut request, body).await?;
    let started = Instant::now();
    if refusal.is_none() && admin::is_dump(&request) {
        return dump(&shared, &request).await;
    }
    if refusal.is_none() {
        if let Some(reply) = admin::answer(&shared, &request) {
            let saved = match request.method {
                Method::GET => Ok(()),
                _ => shared.saved().await,
            };
            return match saved {
                Ok(()) => reply.into_response(None),
                Err(why) => admin::failed(&why).into_response(None),
            };
        }
        if let Some(reply) = page::answer(&shared, &request) {
            return reply.into_response(None);
        }
    }
    let plan = Plan::draw(&mut lock(&shared.faults), &request);
    if !plan.delay.is_zero() {
        tokio::time::sleep(plan.delay).await;
    }
    let reply = respond(&shared, &request, refusal, plan).await;
    log(&shared, request, reply, started)
}

/// A copy of the state or the log, which others wait for until it is sent.
async fn dump(shared: &Shared, request: &Request) -> Result<Response<Body>, Cut> {
    let place = Arc::clone(&shared.dumps).acquire_owned();
    let Ok(Ok(place)) = tokio::time::timeout(LONGEST_WAIT, place).await else {
        return admin::busy().into_response(None);
    };
    let reply = admin::answer(shared, request).unwrap_or_else(admin::busy);
    let mut response = reply.into_response(None)?;
    response.body_mut().hold(place);
    Ok(response)
}

/// Notes a request and what became of it, for whoever wants to know.
fn log(
    shared: &Shared,
    request: Request,
    reply: Result<Response<Body>, Cut>,
    started: Instant,
) -> Result<Response<Body>, Cut> {
    let keeps = lock(&shared.log).keeps();
    if keeps || shared.observer.is_some() {
        let entry = logged(request, &reply, started);
        if let Some(observer) = &shared.observer {
            observer(&entry);
        }
        if keeps {
            lock(&shared.log).push(entry);
        }
    }
    reply
}

fn logged(
    mut request: Request,
    reply: &Result<Response<Body>, Cut>,
    started: Instant,
) -> LoggedRequest {
    let reply = reply.as_ref().ok();
    let mut reply_headers = reply.map(Response::headers).cloned().unwrap_or_default();
    redact_headers(&mut request.headers);
    redact_headers(&mut reply_headers);
    LoggedRequest {
        method: request.method,
        path: request.path,
        query: request.query,
        headers: request.headers,
        body: start_of_body(&request.body),
        status: reply.map(Response::status),
        reply_headers,
        reply_body: reply
            .map(|reply| start_of_reply(reply.body().bytes()))
            .unwrap_or_default(),
        elapsed: started.elapsed(),
    }
}

async fn respond(
    shared: &Arc<Shared>,
    request: &Request,
    refusal: Option<ApiError>,
    mut plan: Plan,
) -> Result<Response<Body>, Cut> {
    let refused = refusal.is_some();
    let (reply, cut_after) = match plan.ending.take() {
        Some(Ending::Cut) => return Err(Cut::OnPurpose),
        Some(Ending::Reply(reply)) => (reply, None),
        ending => {
            let outcome = match refusal {
                Some(error) => Err(error),
                None => perform(shared, request, plan.ignore_page).await,
            };
            let mut reply = HttpReply::from(outcome);
            plan.drift(&mut reply);
            match ending {
                Some(Ending::LoseReply) => return Err(Cut::OnPurpose),
                Some(Ending::CutBody(bytes)) => (reply, Some(bytes)),
                _ => (reply, None),
            }
        }
    };
    let mut response = match reply.into_response(cut_after) {
        Err(Cut::Unreadable(error)) => {
            HttpReply::from(ApiError::unreadable(&error)).into_response(None)?
        }
        response => response?,
    };
    if refused {
        // The rest of the body is still on the wire.
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Whether the caller may do what is asked for, by the head of the request alone.
pub(super) fn permitted(shared: &Shared, request: &Request) -> Result<(), ApiError> {
    let (route, params) = shared.router.find(&request.method, &request.path)?;
    let mut store = lock(&shared.store);
    let access = access::authorize(request, &store, route.permission, &params, shared.any_id)?;
    match route.admits {
        Some(admits) if !shared.any_id => admits(&Call {
            request,
            params: &params,
            query: Query::parse(&request.query),
            access,
            store: &mut store,
            operation: None,
            any_id: false,
        }),
        _ => Ok(()),
    }
}

/// Route, check, do, and keep what has changed.
async fn perform(shared: &Arc<Shared>, request: &Request, ignore_page: bool) -> Outcome {
    let (outcome, changed) = match begin(shared, request, ignore_page) {
        Begun::Done { outcome, changed } => (outcome, changed),
        Begun::Deferred(work) => (work(Arc::clone(shared)).await, true),
    };
    if changed {
        let saved = shared.saved().await;
        return outcome.and_then(|reply| match saved {
            Ok(()) => Ok(reply),
            Err(why) => Err(ApiError::unsaved(&why)),
        });
    }
    outcome
}

/// How far a request gets while the store is locked.
enum Begun {
    Done { outcome: Outcome, changed: bool },
    Deferred(Work),
}

impl From<ApiError> for Begun {
    fn from(error: ApiError) -> Self {
        Self::Done {
            outcome: Err(error),
            changed: false,
        }
    }
}

fn begin(shared: &Shared, request: &Request, ignore_page: bool) -> Begun {
    let (route, params) = match shared.router.find(&request.method, &request.path) {
        Ok(found) => found,
        Err(error) => return error.into(),
    };
    let mut store = lock(&shared.store);
    let access = access::authorize(request, &store, route.permission, &params, shared.any_id);
    let access = match access {
        Ok(access) => access,
        Err(error) => return error.into(),
    };
    let mut query = Query::parse(&request.query);
    if ignore_page {
        query.remove("page");
    }
    let version = store.version();
    let described = shared.router.described(&request.method, &request.path);
    let mut call = Call {
        request,
        params: &params,
        query,
        access,
        store: &mut store,
        operation: described.as_ref().map(|(operation, _)| *operation),
        any_id: shared.any_id,
    };
    let outcome = match &route.handler {
        Handler::Described(operation) => described::answer(operation, &mut call),
        Handler::Written(function) => function(&mut call),
        Handler::Deferred(function) => match function(&mut call) {
            Err(error) => Err(error),
            Ok(work) => return Begun::Deferred(work),
        },
    };
    let outcome = match (outcome, &described) {
        (Err(error), Some((operation, params)))
            if shared.any_id && route.is_written() && described::hangs_on_state(&error) =>
        {
            call.params = params;
            described::sample_of(operation, &mut call)
        }
        (outcome, _) => outcome,
    };
    let changed = store.version() != version;
    Begun::Done { outcome, changed }
}
