//! One connection, from its first request to its last.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;

use super::write_timeout::WriteTimeout;
use super::{Place, Server, dispatch};
use crate::engine::stopped;

/// How long a client may take to send the head of a request.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes that the head of a request may have, as with Cloudflare.
const LONGEST_HEAD: usize = 128 << 10;

pub(super) async fn serve<I>(io: I, peer: IpAddr, server: Arc<Server>, place: Place)
where
    I: Read + Write + Unpin + Send + 'static,
{
    let mut stop = server.engine.stopping.clone();
    let service = service_fn(move |request| {
        dispatch::connected(Arc::clone(&server), peer, Arc::clone(&place), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(WriteTimeout::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // Errors are the client's doing, or a cut that was asked for.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => {}
    }
    // The request under way is the last one.
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
