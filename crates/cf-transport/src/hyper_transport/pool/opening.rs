//! How a request gets a connection where none is free.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::Connection as _;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::super::connect::ConnectFailure;
use super::hosts::{Opened, Turn};
use super::{Connection, Http1, Origin, Pool, Versions, sweep};
use crate::BoxFuture;

/// How long to wait for a connection that another request had opened and did not need. It may hang.
const PATIENCE: Duration = Duration::from_millis(300);

impl Pool {
    /// A connection to `origin`: a new one, or one that comes free before.
    ///
    /// Where HTTP/2 is possible the first request opens a connection, and the others wait for it. Dropping the future
    /// gives the opening up.
    pub(in super::super) async fn open(
        self: &Arc<Self>,
        origin: &Origin,
    ) -> Result<Connection, ConnectFailure> {
        self.in_time(Box::pin(self.wait_or_open(origin))).await
    }

    /// The steps come in boxes: they are large, and most requests find an open connection.
    async fn in_time<T>(
        &self,
        step: BoxFuture<'_, Result<T, ConnectFailure>>,
    ) -> Result<T, ConnectFailure> {
        let Some(limit) = self.connect_timeout else {
            return step.await;
        };
        let in_time = timeout(limit, step).await;
        in_time.unwrap_or(Err(ConnectFailure::Timeout(limit)))
    }

    async fn wait_or_open(self: &Arc<Self>, origin: &Origin) -> Result<Connection, ConnectFailure> {
        if self.hosts().keeps_none() {
            return Box::pin(connect(self, origin))
                .await
                .map(|(connection, _)| connection);
        }
        let may_share = match self.versions {
            Versions::Negotiated => origin.secure,
            Versions::Http1 => false,
            Versions::Http2 => true,
        };
        let mut insists = false;
        loop {
            let now = Instant::now();
            let turn = self.hosts().line_up(origin, may_share, insists, now);
            match turn {
                Turn::Now(connection) => return Ok(connection),
                Turn::Share(promise) => {
                    if let Ok(connection) = Seat::new(self, promise).await {
                        return Ok(connection);
                    }
                }
                Turn::Spare(promise) => match timeout(PATIENCE, Seat::new(self, promise)).await {
                    Ok(Ok(connection)) => return Ok(connection),
                    Ok(Err(_)) => {}
                    Err(_) => insists = true,
                },
                Turn::Open(promise) => return self.race(origin, Seat::new(self, promise)).await,
            }
        }
    }

    /// Opens a connection, and takes another that comes free before it is there.
    async fn race(
        self: &Arc<Self>,
        origin: &Origin,
        mut seat: Seat,
    ) -> Result<Connection, ConnectFailure> {
        let opening = Opening {
            pool: self.clone(),
            origin: origin.clone(),
            outcome: Some(Opened::Dropped),
        };
        let mut opening = Box::pin(opening.run());
        let mut may_come = true;
        let first = poll_fn(|cx| {
            if may_come && let Poll::Ready(connection) = Pin::new(&mut seat).poll(cx) {
                may_come = false;
                if let Ok(connection) = connection {
                    return Poll::Ready(Ok(connection));
                }
            }
            opening.as_mut().poll(cx).map(Err)
        });
        match first.await {
            Ok(free) => {
                let pool = self.clone();
                // It serves whoever comes next.
                tokio::spawn(async move {
                    if let Ok(Connection::Http1(http1)) = opening.await {
                        pool.put(http1);
                    }
                });
                Ok(free)
            }
            Err(opened) => opened,
        }
    }
}

/// A place in the queue for a connection.
struct Seat {
    promise: oneshot::Receiver<Connection>,
    pool: Arc<Pool>,
}

impl Seat {
    fn new(pool: &Arc<Pool>, promise: oneshot::Receiver<Connection>) -> Self {
        Self {
            promise,
            pool: pool.clone(),
        }
    }
}

impl Future for Seat {
    type Output = Result<Connection, oneshot::error::RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.promise).poll(cx)
    }
}

/// Passes on a connection that comes too late.
impl Drop for Seat {
    fn drop(&mut self) {
        self.promise.close();
        if let Ok(Connection::Http1(http1)) = self.promise.try_recv() {
            self.pool.put(http1);
        }
    }
}

/// A connection on its way, which others may wait for.
struct Opening {
    pool: Arc<Pool>,
    origin: Origin,
    outcome: Option<Opened>,
}

impl Opening {
    async fn run(mut self) -> Result<Connection, ConnectFailure> {
        // Also where the request that wanted it has got another one.
        let result = self
            .pool
            .in_time(Box::pin(connect(&self.pool, &self.origin)))
            .await;
        let (connection, opened) = match result {
            Ok((connection, opened)) => (Ok(connection), opened),
            Err(failure) => (Err(failure), Opened::Failed),
        };
        self.outcome = Some(opened);
        connection
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            self.pool.hosts().opened(&self.origin, outcome);
            sweep::ensure(&self.pool);
        }
    }
}

async fn connect(pool: &Pool, origin: &Origin) -> Result<(Connection, Opened), ConnectFailure> {
    let stream = pool.connector.open(origin.uri()).await?;
    if pool.versions == Versions::Http2 || stream.connected().is_negotiated_h2() {
        let handshake = Box::pin(pool.http2.handshake(stream)).await;
        let (requests, connection) = handshake.map_err(ConnectFailure::Handshake)?;
        // Its requests and replies are told of errors.
        tokio::spawn(async move { drop(connection.await) });
        let shared = Opened::Shared(requests.clone());
        let reused = false;
        return Ok((Connection::Http2 { requests, reused }, shared));
    }
    let http1 = Box::pin(Http1::over(stream, &pool.http1, origin.clone())).await;
    let http1 = Box::new(http1.map_err(ConnectFailure::Handshake)?);
    // A server that speaks before it is asked is found out before it gets a request.
    yield_now().await;
    Ok((Connection::Http1(http1), Opened::Single))
}
