//! Whether the other end of a connection is still there.

use std::sync::Mutex;

use h2::{Ping, PingPong};
use std::task::Context;
use tokio::time::Instant;

use super::super::super::tcp::Activity;
use super::super::GRACE;
use super::super::lock;

/// What is known about whether the server is alive.
pub(super) struct Liveness(Mutex<State>);

struct State {
    pings: Option<PingPong>,
    /// A ping has not been answered yet.
    pinging: bool,
    doubt: Option<Doubt>,
    blocked: Option<Blocked>,
}

/// Something was sent that the server had to react to.
struct Doubt {
    since: Instant,
    /// How many bytes had arrived by then. Any more are a sign of life.
    received: u64,
}

/// The server does not read.
struct Blocked {
    since: Instant,
    /// How many bytes had gone by then.
    sent: u64,
}

impl Liveness {
    pub(super) fn new(pings: Option<PingPong>) -> Self {
        Self(Mutex::new(State {
            pings,
            pinging: false,
            doubt: None,
            blocked: None,
        }))
    }

    /// Whether requests should go elsewhere.
    pub(super) fn is_suspect(&self, activity: &Activity, now: Instant) -> bool {
        let mut state = lock(&self.0);
        let silent = state.doubted_since(activity);
        let blocked = state
            .blocked
            .as_ref()
            .filter(|blocked| activity.is_blocked() && blocked.sent == activity.sent());
        silent
            .into_iter()
            .chain(blocked.map(|blocked| blocked.since))
            .any(|since| now.saturating_duration_since(since) >= GRACE)
    }

    /// Since when the server owes a sign of life.
    pub(super) fn doubted_since(&self, activity: &Activity) -> Option<Instant> {
        lock(&self.0).doubted_since(activity)
    }

    /// Asks for a sign of life, owed since then.
    pub(super) fn doubt(&self, activity: &Activity, since: Instant) {
        let mut state = lock(&self.0);
        let since = state
            .doubted_since(activity)
            .map_or(since, |old| old.min(since));
        let received = activity.received();
        state.doubt = Some(Doubt { since, received });
        if !state.pinging
            && let Some(pings) = &mut state.pings
        {
            state.pinging = pings.send_ping(Ping::opaque()).is_ok();
        }
    }

    /// Checks for the answer to a ping. True if one is still awaited.
    pub(super) fn poll_pong(&self, cx: &mut Context<'_>) -> bool {
        let mut state = lock(&self.0);
        if state.pinging
            && let Some(pings) = &mut state.pings
        {
            state.pinging = pings.poll_pong(cx).is_pending();
        }
        state.pinging
    }

    /// Checks whether the server reads what is sent. True when it does so again.
    pub(super) fn watch_writes(&self, activity: &Activity) -> bool {
        let is_blocked = activity.is_blocked();
        let mut state = lock(&self.0);
        if !is_blocked {
            return state.blocked.take().is_some();
        }
        let sent = activity.sent();
        if state
            .blocked
            .as_ref()
            .is_none_or(|blocked| blocked.sent != sent)
        {
            let since = Instant::now();
            return state.blocked.replace(Blocked { since, sent }).is_some();
        }
        false
    }
}

impl State {
    fn doubted_since(&mut self, activity: &Activity) -> Option<Instant> {
        let received = activity.received();
        self.doubt.take_if(|doubt| doubt.received != received);
        self.doubt.as_ref().map(|doubt| doubt.since)
    }
}
