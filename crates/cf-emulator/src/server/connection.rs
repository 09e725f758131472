//! One connection, from its first request to its last.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Response;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;

use super::Server;
use super::dispatch::{CLOSE, dispatch};
use super::write_timeout::WriteTimeout;
use crate::control;
use crate::engine::{Place, stopped};
use crate::http::body::{Body, Cut};
use crate::http::response::HttpReply;

/// How long a client may take to send the head of a request.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The size limit of a request's head, as at Cloudflare.
const LONGEST_HEAD: usize = 128 << 10;

pub(super) async fn serve<I>(io: I, peer: IpAddr, server: Arc<Server>, place: Place)
where
    I: Read + Write + Unpin + Send + 'static,
{
    let mut stop = server.engine.stopping.clone();
    let service =
        service_fn(move |request| answer(Arc::clone(&server), peer, Arc::clone(&place), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(WriteTimeout::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // Errors are caused by the client, or are cuts that were asked for.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => {}
    }
    // The request in flight is the last one.
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Answers one request that came over a connection, which may be upgraded.
async fn answer(
    server: Arc<Server>,
    peer: IpAddr,
    place: Place,
    mut request: http::Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    if let Err(refusal) = server.hosts.check(&request) {
        let started = Instant::now();
        let request = server.request(peer, request.into_parts().0);
        let reply = HttpReply::from(refusal).with_header(CONNECTION, CLOSE);
        let reply = reply.into_response(None);
        return server.engine.note(request, reply, started);
    }
    match control::upgrade(&server.engine, &mut request, &place) {
        Some(reply) => reply.into_response(None),
        None => dispatch(server, peer, request).await,
    }
}
