//! HTTP/2 connections, over h2 itself.
//!
//! A request is handed to h2 by the task that sends it. hyper's client would put a queue in between, from which a
//! request may still be sent after it was given up.

mod body;
mod driver;
mod liveness;
mod pending;
mod upload;

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::super::connect_failure::Refusal;
use super::super::stream::Stream;
use super::super::tcp::Activity;
use super::super::tuning::FRESH;
use super::{Origin, Pool, lock};
use driver::Driver;
use liveness::Liveness;

pub(in super::super) use body::Http2Body;
pub(in super::super) use h2::client::Builder;
pub(in super::super) use pending::{PendingResponse, StreamError};

/// Most bytes of one reply that come before they are read. With 50 ms to the server, 40 MB/s.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
/// So large that the streams cannot use it up: replies that nobody reads do not block others.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;
const MAX_STREAMS: usize = (CONNECTION_WINDOW / STREAM_WINDOW) as usize;
/// Most bytes of an upload that wait within a connection.
const SEND_BUFFER: usize = 1024 * 1024;
/// How much framing tiny DATA frames may cost before the connection is given up, in bytes.
const DATA_FRAME_BUDGET: usize = 2_500_000;
/// Recently reset streams: late frames for them are not an error.
const RECENTLY_RESET: usize = 4096;

/// The settings of all connections.
pub(in super::super) fn builder(max_header_bytes: u32) -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        // Until the server has said how many it takes.
        .initial_max_send_streams(1)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER)
        .data_frame_budget(DATA_FRAME_BUDGET)
        .max_concurrent_reset_streams(RECENTLY_RESET)
        .max_header_list_size(max_header_bytes);
    builder
}

/// An HTTP/2 connection. It closes once the pool and its streams have released it.
pub(in super::super) struct Http2 {
    requests: SendRequest<Bytes>,
    state: Arc<State>,
}

/// What the connection's own task works with, too.
struct State {
    slot: Mutex<Slot>,
    activity: Activity,
    liveness: Liveness,
    opened: Instant,
    /// When a stream last ended, in microseconds since then.
    rested: AtomicU64,
    /// Streams that are open or about to be.
    streams: AtomicUsize,
    /// How many of them have not sent their whole body.
    uploads: AtomicUsize,
    /// How many the server takes at a time.
    max_streams: AtomicUsize,
    /// A request waits for one of the connections to this host.
    waited_for: AtomicBool,
    /// The server gave no sign of life for so long that the connection was given up.
    timed_out: AtomicBool,
    origin: Origin,
    pool: Weak<Pool>,
}

/// The connection, as long as it is open.
struct Slot {
    connection: Option<Connection<TokioIo<Stream>, Bytes>>,
    /// The connection's task.
    task: Option<Waker>,
}

/// Why a connection takes no request now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// It is closed, or about to be.
    Closed,
    /// The server takes no more streams at a time.
    Full,
    /// It owes a sign of life.
    Suspect,
}

impl Http2 {
    pub(super) async fn over(
        stream: Stream,
        builder: &Builder,
        origin: Origin,
        pool: Weak<Pool>,
    ) -> Result<Arc<Self>, h2::Error> {
        let activity = Activity::of(&stream);
        let (requests, mut connection) = builder.handshake(TokioIo::new(stream)).await?;
        let liveness = Liveness::new(connection.ping_pong());
        let slot = Slot {
            connection: Some(connection),
            task: None,
        };
        let state = Arc::new(State {
            slot: Mutex::new(slot),
            activity,
            liveness,
            opened: Instant::now(),
            rested: AtomicU64::new(0),
            streams: AtomicUsize::new(0),
            uploads: AtomicUsize::new(0),
            max_streams: AtomicUsize::new(1),
            waited_for: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            origin,
            pool,
        });
        tokio::spawn(Driver::new(state.clone()));
        Ok(Arc::new(Self { requests, state }))
    }

    /// Reserves a stream for one more request. Only under the pool's lock: two tasks could get the last one.
    pub(super) fn reserve(self: &Arc<Self>, now: Instant) -> Result<Reservation, Unavailable> {
        let requests = self.check(now)?;
        self.state.streams.fetch_add(1, Ordering::SeqCst);
        let connection = self.clone();
        Ok(Reservation {
            requests,
            permit: StreamPermit { connection },
        })
    }

    /// Whether it takes a request now.
    pub(super) fn check(&self, now: Instant) -> Result<SendRequest<Bytes>, Unavailable> {
        let state = &*self.state;
        let requests = self.open()?;
        if state.streams.load(Ordering::SeqCst) >= state.max_streams.load(Ordering::SeqCst) {
            return Err(Unavailable::Full);
        }
        if state.liveness.is_suspect(&state.activity, now) {
            return Err(Unavailable::Suspect);
        }
        Ok(requests)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open().is_err()
    }

    fn open(&self) -> Result<SendRequest<Bytes>, Unavailable> {
        // A new clone only fails if the connection is closed, or the server is about to close it.
        let mut requests = self.requests.clone();
        let nobody = &mut Context::from_waker(Waker::noop());
        match requests.poll_ready(nobody) {
            Poll::Ready(Ok(())) => Ok(requests),
            _ => Err(Unavailable::Closed),
        }
    }

    /// The server's refusal of the client certificate.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.state.activity.refusal()
    }

    pub(super) fn max_streams(&self) -> usize {
        self.state.max_streams.load(Ordering::Relaxed)
    }

    /// Whether no request is on it. Only the pool can put one there then.
    pub(super) fn is_unused(&self) -> bool {
        self.state.streams.load(Ordering::SeqCst) == 0
    }

    /// From now on tells the pool when it can take a request again.
    pub(super) fn set_waited_for(&self, waited_for: bool) {
        self.state.waited_for.store(waited_for, Ordering::SeqCst);
    }

    /// Pings the server, which has owed a sign of life since then.
    pub(super) fn doubt(&self, since: Instant) {
        self.state.liveness.doubt(&self.state.activity, since);
    }

    /// Sends GOAWAY if that does not block, and closes the connection, even if its runtime does not run. It must be
    /// unused.
    pub(super) fn close(self: Arc<Self>) {
        let state = self.state.clone();
        // Without other references, the connection shuts down when polled.
        drop(self);
        let mut slot = lock(&state.slot);
        if let Some(mut connection) = slot.connection.take() {
            let nobody = &mut Context::from_waker(Waker::noop());
            let _: Poll<_> = Pin::new(&mut connection).poll(nobody);
        }
        if let Some(task) = slot.task.take() {
            task.wake();
        }
    }
}

impl State {
    /// Tells the pool that the connection may take a request again, if a request waits for that.
    fn notify(&self) {
        if self.waited_for.load(Ordering::SeqCst)
            && let Some(pool) = self.pool.upgrade()
        {
            pool.serve(&self.origin);
        }
    }

    /// The server has not reacted to a request since then.
    fn unanswered(&self, since: Instant) {
        self.liveness.doubt(&self.activity, since);
        if let Some(pool) = self.pool.upgrade() {
            pool.unanswered(&self.origin, since);
        }
    }

    /// Whether a stream has ended so short a time ago that the server will hardly have closed the connection since.
    fn is_fresh(&self, now: Instant) -> bool {
        let rested = Duration::from_micros(self.rested.load(Ordering::Relaxed));
        now.saturating_duration_since(self.opened + rested) < FRESH
    }

    fn note_rest(&self) {
        let rested = self.opened.elapsed().as_micros() as u64;
        self.rested.store(rested, Ordering::Relaxed);
    }

    /// Whether it has ended without having written a byte since then.
    fn ended_before_writing(&self, sent: u64) -> bool {
        // With the lock, since its task may be about to write.
        lock(&self.slot).connection.is_none() && self.activity.sent() == sent
    }
}

/// A stream reserved for a request. It must not be dropped under the pool's lock.
pub(in super::super) struct Reservation {
    requests: SendRequest<Bytes>,
    permit: StreamPermit,
}

/// Held by a stream as long as it is open.
struct StreamPermit {
    connection: Arc<Http2>,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let state = &self.connection.state;
        state.note_rest();
        state.streams.fetch_sub(1, Ordering::SeqCst);
        state.notify();
    }
}
