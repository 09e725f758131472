//! The task of an HTTP/2 connection: it reads and writes for all streams, and looks after silent servers.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep};

use super::super::lock;
use super::{MAX_STREAMS, State};

/// After this much silence, while requests wait, the server is pinged; sooner if it should be reading a body.
const SILENCE: Duration = Duration::from_millis(500);
const SILENCE_IN_UPLOAD: Duration = Duration::from_millis(250);
/// A server that answers pings, and nothing else, is pinged less and less often.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);
/// A server that owes a sign of life for this long is gone.
const DEAD: Duration = Duration::from_secs(20);

pub(super) struct Driver {
    state: Arc<State>,
    /// When to check for silence next. Kept running when something arrives, and while nobody waits: a timer per silence
    /// would cost more.
    alarm: Option<Pin<Box<Sleep>>>,
    silence: Duration,
    /// Nobody has waited for the server since the alarm was set.
    rested: bool,
    /// What had come when the alarm was set.
    received: u64,
    /// What had come when the task ran last.
    seen: u64,
    /// The last alarm brought a ping.
    pinged: bool,
}

impl Driver {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self {
            state,
            alarm: None,
            silence: SILENCE,
            rested: false,
            received: 0,
            seen: 0,
            pinged: false,
        }
    }

    /// Lets the connection read and write. Ready when it has ended.
    fn poll_connection(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut slot = lock(&self.state.slot);
        let Some(connection) = &mut slot.connection else {
            return Poll::Ready(());
        };
        if Pin::new(&mut *connection).poll(cx).is_ready() {
            slot.connection = None;
            return Poll::Ready(());
        }
        let most = connection.max_concurrent_send_streams().min(MAX_STREAMS);
        if !slot
            .task
            .as_ref()
            .is_some_and(|task| task.will_wake(cx.waker()))
        {
            slot.task = Some(cx.waker().clone());
        }
        drop(slot);
        if self.state.max_streams.load(Ordering::Relaxed) != most {
            self.state.max_streams.store(most, Ordering::SeqCst);
            self.state.notify();
        }
        Poll::Pending
    }

    /// Pings a silent server. Ready when it has given no sign of life for too long.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let state = &*self.state;
        loop {
            let pinging = state.liveness.poll_pong(cx);
            let waits = pinging || state.streams.load(Ordering::Relaxed) > 0;
            if !waits {
                self.rested = true;
                self.alarm.take_if(|alarm| alarm.is_elapsed());
                return Poll::Pending;
            }
            if std::mem::take(&mut self.rested) && self.silence > SILENCE {
                self.alarm = None;
            }
            let received = state.activity.received();
            if self.alarm.is_none() {
                self.silence = self.first_silence();
                self.pinged = false;
                self.received = received;
            }
            let silence = self.silence;
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(silence)));
            ready!(pin!(unconstrained(alarm.as_mut())).poll(cx));
            let now = Instant::now();
            let due = if received != self.received {
                if !std::mem::take(&mut self.pinged) {
                    self.silence = self.first_silence();
                }
                now + self.silence
            } else if let Some(since) = state.liveness.doubted_since(&state.activity) {
                if now >= since + DEAD {
                    return Poll::Ready(());
                }
                since + DEAD
            } else {
                state.liveness.doubt(&state.activity, now);
                self.pinged = true;
                self.silence = (self.silence * 2).min(LONGEST_SILENCE);
                now + self.silence
            };
            self.received = received;
            if let Some(alarm) = &mut self.alarm {
                alarm.as_mut().reset(due);
            }
        }
    }

    fn first_silence(&self) -> Duration {
        match self.state.uploads.load(Ordering::Relaxed) {
            0 => SILENCE,
            _ => SILENCE_IN_UPLOAD,
        }
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.poll_connection(cx).is_ready() {
            this.state.notify();
            return Poll::Ready(());
        }
        let received = this.state.activity.received();
        let reads_again = this.state.liveness.watch_writes(&this.state.activity);
        if reads_again || received != this.seen {
            this.seen = received;
            this.state.notify();
        }
        ready!(this.poll_silence(cx));
        this.state.timed_out.store(true, Ordering::SeqCst);
        lock(&this.state.slot).connection = None;
        this.state.notify();
        Poll::Ready(())
    }
}
