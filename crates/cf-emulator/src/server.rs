//! The HTTP side: connections, bodies, and the way of a request through faults
//! and checks to its operation and back.

use std::convert::Infallible;
use std::error::Error;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin;
use crate::auth;
use crate::described;
use crate::envelope::{HttpReply, Outcome};
use crate::error::ApiError;
use crate::faults::{Ending, Fault, Plan};
use crate::log::{Log, LoggedRequest};
use crate::page;
use crate::request::{Call, Query, Request};
use crate::router::{Handler, Router};
use crate::snapshot;
use crate::store::Store;

/// How long requests under way may take when the emulator stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) type Observer = Box<dyn Fn(&LoggedRequest) + Send + Sync>;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) router: Router,
    pub(crate) store: Mutex<Store>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) log: Mutex<Log>,
    pub(crate) observer: Option<Observer>,
    pub(crate) body_limit: usize,
    /// Identifiers that nothing has stand for samples.
    pub(crate) any_id: bool,
    /// The account that is there from the start.
    pub(crate) account_id: String,
    /// The state to which a reset leads back.
    pub(crate) initial: Mutex<Store>,
    /// Why the state could not be written down, if so.
    pub(crate) state_error: Mutex<Option<String>>,
}

impl Shared {
    /// Back to how it was when it started: state, log and faults.
    pub(crate) fn reset(&self) {
        let initial = lock(&self.initial).clone();
        lock(&self.store).become_like(initial);
        lock(&self.log).clear();
        lock(&self.faults).clear();
    }

    pub(crate) fn snapshot(&self) -> Value {
        snapshot::write(&lock(&self.store))
    }

    pub(crate) fn restore(&self, snapshot: &Value) -> Result<(), String> {
        let store = snapshot::read(snapshot)?;
        lock(&self.store).become_like(store);
        Ok(())
    }
}

/// The value inside, also after another thread panicked while it held it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a connection ends without a (whole) reply.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
pub(crate) struct Cut;

pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// Serves connections until told to stop, then lets the open requests finish.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(stream, peer.ip(), Arc::clone(&shared), &graceful);
                    connections.spawn(connection);
                }
                // Out of file descriptors, most likely: others may close some.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_REQUESTS, graceful.shutdown()).await;
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the emulator is gone, which is as good.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn connection(
    stream: TcpStream,
    peer: IpAddr,
    shared: Arc<Shared>,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(Arc::clone(&shared), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(connection);
    async move {
        // Errors are the client's doing, or a cut that was asked for.
        let _ = watched.await;
    }
}

/// Answers one request.
pub(crate) async fn answer<B>(
    shared: Arc<Shared>,
    peer: IpAddr,
    request: http::Request<B>,
) -> Result<Response<Body>, Cut>
where
    B: hyper::body::Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let (parts, body) = request.into_parts();
    let (body, refusal) = match Limited::new(body, shared.body_limit).collect().await {
        Ok(body) => (body.to_bytes(), None),
        Err(error) if error.is::<LengthLimitError>() => (Bytes::new(), Some(too_large())),
        // The client went away: nobody is left to answer.
        Err(_) => return Err(Cut),
    };
    let started = Instant::now();
    let request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
        peer,
    };
    let steering = admin::answer(&shared, &request);
    if let Some(reply) = steering.or_else(|| page::answer(&shared, &request)) {
        return Ok(whole(reply));
    }
    let plan = Plan::draw(&mut lock(&shared.faults), &request);
    if !plan.delay.is_zero() {
        tokio::time::sleep(plan.delay).await;
    }
    let reply = respond(&shared, &request, refusal, plan);
    let status = reply.as_ref().ok().map(Response::status);
    let entry = LoggedRequest::new(&request, status, started.elapsed());
    if let Some(observer) = &shared.observer {
        observer(&entry);
    }
    lock(&shared.log).push(entry);
    reply
}

/// A reply as it should be.
fn whole(reply: HttpReply) -> Response<Body> {
    let (status, headers, bytes) = reply.into_response_parts();
    let body = Full::new(bytes).map_err(|never: Infallible| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        10413,
        "Request body is too large",
    )
}

fn respond(
    shared: &Shared,
    request: &Request,
    refusal: Option<ApiError>,
    plan: Plan,
) -> Result<Response<Body>, Cut> {
    let refused = refusal.is_some();
    let perform = || {
        let outcome = match refusal {
            Some(error) => Err(error),
            None => perform(shared, request, plan.ignore_page),
        };
        let mut reply = HttpReply::from(outcome);
        plan.drift(&mut reply);
        reply
    };
    let (reply, cut_after) = match plan.ending {
        Some(Ending::Cut) => return Err(Cut),
        Some(Ending::Reply(reply)) => (reply, None),
        Some(Ending::LoseReply) => {
            perform();
            return Err(Cut);
        }
        Some(Ending::CutBody(bytes)) => (perform(), Some(bytes)),
        None => (perform(), None),
    };
    let mut response = match cut_after {
        None => whole(reply),
        Some(limit) => {
            let (status, headers, bytes) = reply.into_response_parts();
            let mut response = Response::new(cut_body(bytes, limit));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            response
        }
    };
    if refused {
        // The rest of the body is still on the wire.
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// A body that announces its full length and breaks off after `limit` bytes.
fn cut_body(bytes: Bytes, limit: usize) -> Body {
    let whole = bytes.len() as u64;
    let start = bytes.slice(..bytes.len().min(limit));
    Breaking {
        start: Some(start),
        whole,
    }
    .boxed_unsync()
}

struct Breaking {
    start: Option<Bytes>,
    whole: u64,
}

impl hyper::body::Body for Breaking {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        Poll::Ready(Some(match self.start.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(Cut),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.whole)
    }
}

/// Route, check, do.
fn perform(shared: &Shared, request: &Request, ignore_page: bool) -> Outcome {
    let (route, params) = shared.router.find(&request.method, &request.path)?;
    let mut store = lock(&shared.store);
    let access = auth::authorize(request, &store, route.permission, &params, shared.any_id)?;
    let mut query = Query::parse(&request.query);
    if ignore_page {
        query.remove("page");
    }
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
        Handler::Written(function) => function(&mut call),
        Handler::Described(operation) => return described::answer(operation, &mut call),
    };
    match outcome {
        Err(error) if shared.any_id && described::hangs_on_state(&error) => {
            let Some((operation, params)) = &described else {
                return Err(error);
            };
            call.params = params;
            described::sample_of(operation, &mut call)
        }
        outcome => outcome,
    }
}
