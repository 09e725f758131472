//! How a request gets a connection when none is free.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::Connection as _;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::super::connect_failure::ConnectFailure;
use super::host::{Checkout, Opened};
use super::{Connection, Http1, Http2, Origin, Pool, Versions, sweep};
use crate::BoxFuture;

/// How long to wait for a connection that another request opens, and for a stream while none comes free. Either may
/// take long, or hang.
const PATIENCE: Duration = Duration::from_millis(300);

impl Pool {
    /// A connection to `origin`: a new one, or one that becomes free before.
    ///
    /// Where HTTP/2 is possible the first request opens a connection, and the others wait for it, and for its streams.
    /// Dropping the future cancels the opening.
    pub(in super::super) async fn open(
        self: &Arc<Self>,
        origin: &Origin,
    ) -> Result<Connection, ConnectFailure> {
        let mut insists = false;
        loop {
            // Waiting for a stream does not count as connecting: others may take long.
            let step = Box::pin(self.wait_or_open(origin, insists));
            match self.in_time(step).await? {
                OpenStep::Done(connection) => return Ok(connection),
                OpenStep::WaitForStream(waiter) => match self.wait_for_stream(origin, waiter).await
                {
                    Some(connection) => return Ok(connection),
                    None => insists = true,
                },
            }
        }
    }

    /// The steps are boxed: they are large, and most requests find an open connection.
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

    async fn wait_or_open(
        self: &Arc<Self>,
        origin: &Origin,
        mut insists: bool,
    ) -> Result<OpenStep, ConnectFailure> {
        if self.hosts().keeps_none() {
            let (connection, _) = Box::pin(connect(self, origin)).await?;
            return Ok(OpenStep::Done(connection));
        }
        let may_share = match self.versions {
            Versions::Negotiated => origin.secure,
            Versions::Http1 => false,
            Versions::Http2 => true,
        };
        loop {
            let now = Instant::now();
            let checkout = self.hosts().enqueue(origin, may_share, insists, now);
            match checkout {
                Checkout::Ready(connection) => return Ok(OpenStep::Done(connection)),
                Checkout::First(promise) => {
                    if let Ok(connection) = Waiter::new(self, promise).await {
                        return Ok(OpenStep::Done(connection));
                    }
                }
                Checkout::Idle(promise) => {
                    match timeout(PATIENCE, Waiter::new(self, promise)).await {
                        Ok(Ok(connection)) => return Ok(OpenStep::Done(connection)),
                        Ok(Err(_)) => {}
                        Err(_) => insists = true,
                    }
                }
                Checkout::Stream(promise) => {
                    return Ok(OpenStep::WaitForStream(Waiter::new(self, promise)));
                }
                Checkout::Open(promise) => {
                    let opening = self.race(origin, Waiter::new(self, promise));
                    return opening.await.map(OpenStep::Done);
                }
            }
        }
    }

    /// Waits as long as streams keep coming free; `None` when none does.
    async fn wait_for_stream(&self, origin: &Origin, mut waiter: Waiter) -> Option<Connection> {
        loop {
            let served = self.hosts().served(origin);
            match timeout(PATIENCE, &mut waiter).await {
                Ok(connection) => return connection.ok(),
                Err(_) if self.hosts().served(origin) == served => return None,
                Err(_) => {}
            }
        }
    }

    /// Opens a connection, and takes another that comes free before it is there.
    async fn race(
        self: &Arc<Self>,
        origin: &Origin,
        mut waiter: Waiter,
    ) -> Result<Connection, ConnectFailure> {
        let opening = Opening {
            pool: self.clone(),
            origin: origin.clone(),
            outcome: Some(Opened::Dropped),
        };
        let mut opening = Box::pin(opening.run());
        let mut may_come = true;
        let first = poll_fn(|cx| {
            if may_come && let Poll::Ready(connection) = Pin::new(&mut waiter).poll(cx) {
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
                // It serves the next request.
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

enum OpenStep {
    Done(Connection),
    /// There are connections, but they take no more requests for now.
    WaitForStream(Waiter),
}

/// A request in the queue for a connection.
struct Waiter {
    promise: oneshot::Receiver<Connection>,
    pool: Arc<Pool>,
}

impl Waiter {
    fn new(pool: &Arc<Pool>, promise: oneshot::Receiver<Connection>) -> Self {
        Self {
            promise,
            pool: pool.clone(),
        }
    }
}

impl Future for Waiter {
    type Output = Result<Connection, oneshot::error::RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.promise).poll(cx)
    }
}

/// Passes on a connection that comes too late.
impl Drop for Waiter {
    fn drop(&mut self) {
        self.promise.close();
        if let Ok(Connection::Http1(http1)) = self.promise.try_recv() {
            self.pool.put(http1);
        }
    }
}

/// A connection being opened, which others may wait for.
struct Opening {
    pool: Arc<Pool>,
    origin: Origin,
    outcome: Option<Opened>,
}

impl Opening {
    async fn run(mut self) -> Result<Connection, ConnectFailure> {
        // Even if the request that wanted it has got another one.
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
            let left_over = self.pool.hosts().opened(&self.origin, outcome);
            drop(left_over);
            sweep::ensure(&self.pool);
        }
    }
}

async fn connect(
    pool: &Arc<Pool>,
    origin: &Origin,
) -> Result<(Connection, Opened), ConnectFailure> {
    let stream = pool.connector.open(origin.uri()).await?;
    if pool.versions == Versions::Http2 || stream.connected().is_negotiated_h2() {
        let opening = Http2::over(stream, &pool.http2, origin.clone(), Arc::downgrade(pool));
        let http2 = Box::pin(opening).await.map_err(ConnectFailure::Http2)?;
        return match http2.reserve(Instant::now()) {
            Ok(reservation) => Ok((Connection::Http2(reservation), Opened::Http2(http2))),
            Err(_) => Err(http2
                .refusal()
                .map_or(ConnectFailure::Closed, ConnectFailure::Refused)),
        };
    }
    let http1 = Box::pin(Http1::over(stream, &pool.http1, origin.clone())).await;
    let http1 = Box::new(http1.map_err(ConnectFailure::Http1)?);
    // A server that speaks unasked is found out before it gets a request.
    yield_now().await;
    Ok((Connection::Http1(http1), Opened::Http1))
}
