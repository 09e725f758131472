//! How a request gets a connection where none is free.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use hyper_util::client::legacy::connect::Connection as _;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use super::super::connect::ConnectFailure;
use super::hosts::{Opened, Turn};
use super::{Lane, Line, Origin, Pool, Versions, sweep};

impl Pool {
    /// A connection to `origin`: a new one, or one that comes free before.
    ///
    /// Where HTTP/2 is possible the first request opens a connection, and the others wait for it. Dropping the future
    /// gives the opening up.
    pub(in super::super) async fn open(
        self: &Arc<Self>,
        origin: &Origin,
    ) -> Result<Lane, ConnectFailure> {
        let Some(limit) = self.connect_timeout else {
            return self.wait_or_open(origin).await;
        };
        let Some(due) = Instant::now().checked_add(limit) else {
            return self.wait_or_open(origin).await;
        };
        match timeout_at(due, self.wait_or_open(origin)).await {
            Ok(lane) => lane,
            Err(_) => Err(ConnectFailure::Timeout(limit)),
        }
    }

    async fn wait_or_open(self: &Arc<Self>, origin: &Origin) -> Result<Lane, ConnectFailure> {
        if self.max_idle == 0 {
            return connect(self, origin).await.map(|(lane, _)| lane);
        }
        let may_share = match self.versions {
            Versions::Negotiated => origin.secure,
            Versions::Http1 => false,
            Versions::Http2 => true,
        };
        loop {
            let now = Instant::now();
            let turn = self
                .hosts()
                .line_up(origin, may_share, now, |since| self.is_old(since, now));
            match turn {
                Turn::Now(lane) => return Ok(lane),
                Turn::Wait(lane) => {
                    if let Ok(lane) = lane.await {
                        return Ok(lane);
                    }
                }
                Turn::Open(free) => return self.race(origin, free).await,
            }
        }
    }

    /// Opens a connection, and takes another that comes free before it is there.
    async fn race(
        self: &Arc<Self>,
        origin: &Origin,
        mut free: oneshot::Receiver<Lane>,
    ) -> Result<Lane, ConnectFailure> {
        let opening = Opening {
            pool: self.clone(),
            origin: origin.clone(),
            outcome: Some(Opened::Dropped),
        };
        let mut opening = Box::pin(opening.run());
        let mut may_come = true;
        let first = poll_fn(|cx| {
            if may_come && let Poll::Ready(lane) = Pin::new(&mut free).poll(cx) {
                may_come = false;
                if let Ok(lane) = lane {
                    return Poll::Ready(Ok(lane));
                }
            }
            opening.as_mut().poll(cx).map(Err)
        });
        match first.await {
            Ok(free) => {
                let pool = self.clone();
                // Near its end, it serves the next request.
                tokio::spawn(async move {
                    if let Ok(Lane::Http1(line)) = opening.await {
                        pool.put(line);
                    }
                });
                Ok(free)
            }
            Err(opened) => opened,
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
    async fn run(mut self) -> Result<Lane, ConnectFailure> {
        let result = connect(&self.pool, &self.origin).await;
        let (lane, opened) = match result {
            Ok((lane, opened)) => (Ok(lane), opened),
            Err(failure) => (Err(failure), Opened::Failed),
        };
        self.outcome = Some(opened);
        lane
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            let mut hosts = self.pool.hosts();
            hosts.opened(&self.origin, outcome);
            let sweeps = sweep::is_due(&mut hosts);
            drop(hosts);
            if sweeps {
                sweep::start(&self.pool);
            }
        }
    }
}

async fn connect(pool: &Pool, origin: &Origin) -> Result<(Lane, Opened), ConnectFailure> {
    let stream = pool.connector.open(origin.uri()).await?;
    if pool.versions == Versions::Http2 || stream.connected().is_negotiated_h2() {
        let (requests, connection) = pool
            .http2
            .handshake(stream)
            .await
            .map_err(ConnectFailure::Handshake)?;
        // Its requests and replies are told of errors.
        tokio::spawn(async move { drop(connection.await) });
        let shared = Opened::Shared(requests.clone());
        let reused = false;
        return Ok((Lane::Http2 { requests, reused }, shared));
    }
    let line = Line::over(stream, &pool.http1, origin.clone()).await;
    let line = Box::new(line.map_err(ConnectFailure::Handshake)?);
    // A server that speaks before it is asked is found out before it gets a request.
    yield_now().await;
    Ok((Lane::Http1(line), Opened::Single))
}
