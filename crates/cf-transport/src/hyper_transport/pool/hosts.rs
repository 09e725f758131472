use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http2;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::upload::Upload;
use super::{Connection, Http1, Origin};

/// A connection that has rested for less is used again without a look at it, which would be one system call more for each
/// of many requests in a row.
const MOMENT: Duration = Duration::from_micros(100);

/// Where more connections than these are in use, a request lets the others go first before it is written. So requests go
/// out in a row, and what each needs of the processor's caches, the system's code and the server's attention is there
/// already: a fifth of the time of each, measured with 64 tasks. Where they are few, it costs as much as it brings.
const FEW: usize = 8;

/// What is known of every host. A client of an API has a handful of them.
pub(in super::super) struct Hosts {
    all: Vec<Host>,
    idle_timeout: Option<Duration>,
    max_idle: usize,
}

struct Host {
    origin: Origin,
    /// The one used last is at the end, and is used first.
    idle: Vec<(Box<Http1>, Instant)>,
    /// Held by every connection that has carried a request.
    known: Arc<()>,
    /// The connection that all requests share, and when the last one went there.
    shared: Option<(http2::SendRequest<Upload>, Instant)>,
    /// Whether its connections can be shared, as far as is known.
    shares: Option<bool>,
    /// How many connections are being opened.
    opening: usize,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    promise: oneshot::Sender<Connection>,
    /// It opens a connection meanwhile.
    opens: bool,
}

/// How a request gets its connection.
pub(super) enum Turn {
    Now(Connection),
    /// From the request that opens a connection for all. As of any of these channels: it closes when the request has to
    /// line up again.
    Share(oneshot::Receiver<Connection>),
    /// From a connection that was to be for another request, or from any that comes free.
    Spare(oneshot::Receiver<Connection>),
    /// It opens one itself, and must say so in the end with [`Hosts::opened`]; unless another request is quicker.
    Open(oneshot::Receiver<Connection>),
}

/// How the opening of a connection ended.
pub(super) enum Opened {
    /// With a connection that takes one request at a time.
    Single,
    /// With one to be shared.
    Shared(http2::SendRequest<Upload>),
    Failed,
    /// Whoever opened it went away.
    Dropped,
}

impl Hosts {
    /// `max_idle`: for each host; 0 keeps none, and shares none.
    pub(in super::super) fn new(idle_timeout: Option<Duration>, max_idle: usize) -> Self {
        let all = Vec::new();
        Self {
            all,
            idle_timeout,
            max_idle,
        }
    }

    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    pub(super) fn keeps_none(&self) -> bool {
        self.max_idle == 0
    }

    pub(super) fn at_hand(&mut self, origin: &Origin, now: Instant) -> Option<Connection> {
        let oldest = self.oldest(now);
        let host = self.all.iter_mut().find(|host| host.origin == *origin)?;
        host.at_hand(now, oldest)
    }

    /// What was used last before this is given up.
    fn oldest(&self, now: Instant) -> Option<Instant> {
        self.idle_timeout.and_then(|limit| now.checked_sub(limit))
    }

    /// `may_share`: HTTP/2 is possible. `insists`: it does not wait for what others open.
    pub(super) fn line_up(
        &mut self,
        origin: &Origin,
        may_share: bool,
        insists: bool,
        now: Instant,
    ) -> Turn {
        let oldest = self.oldest(now);
        let host = self.host(origin);
        if let Some(connection) = host.at_hand(now, oldest) {
            return Turn::Now(connection);
        }
        let (promise, turn) = oneshot::channel();
        host.waiting.retain(|waiting| !waiting.promise.is_closed());
        let shares = may_share && host.shares != Some(false);
        let opens = if shares {
            // A connection under way will do for this request, too, unless it proves to be HTTP/1.1.
            host.opening == 0
        } else {
            // Those for whom the others were to be may have found one elsewhere.
            insists || host.opening <= host.waiting.len()
        };
        host.opening += usize::from(opens);
        host.waiting.push_back(Waiting { promise, opens });
        match (opens, shares) {
            (true, _) => Turn::Open(turn),
            (false, true) => Turn::Share(turn),
            (false, false) => Turn::Spare(turn),
        }
    }

    pub(super) fn opened(&mut self, origin: &Origin, outcome: Opened) {
        let host = self.host(origin);
        host.opening = host.opening.saturating_sub(1);
        match outcome {
            Opened::Shared(requests) => {
                host.shares = Some(true);
                for waiting in host.waiting.drain(..) {
                    let requests = requests.clone();
                    let reused = true;
                    // Whoever is gone does not need it.
                    let _ = waiting.promise.send(Connection::Http2 { requests, reused });
                }
                host.shared = Some((requests, Instant::now()));
            }
            outcome => {
                // From now on everybody opens one of their own, also after a failure: one after the other would take
                // too long.
                if !matches!(outcome, Opened::Dropped) {
                    host.shares = Some(false);
                }
                host.waiting.retain(|waiting| waiting.opens);
            }
        }
    }

    /// Gives a free connection to the first that waits, or keeps it. What is too many comes back.
    pub(super) fn put(&mut self, mut http1: Box<Http1>, now: Instant) -> Option<Box<Http1>> {
        if self.keeps_none() {
            return Some(http1);
        }
        let most = self.max_idle;
        let host = self.host(http1.origin());
        http1.set_reused(&host.known);
        while let Some(waiting) = host.waiting.pop_front() {
            match waiting.promise.send(Connection::Http1(http1)) {
                Ok(()) => return None,
                Err(Connection::Http1(back)) => http1 = back,
                Err(Connection::Http2 { .. }) => return None,
            }
        }
        if host.idle.len() >= most {
            return Some(http1);
        }
        host.idle.push((http1, now));
        None
    }

    /// Takes out what nobody shall use any more, and forgets hosts without connections. Whether any are left.
    pub(super) fn sweep(&mut self, now: Instant, out: &mut Vec<Http1>) -> bool {
        let oldest = self.oldest(now);
        for host in &mut self.all {
            out.extend(
                host.idle
                    .extract_if(.., |(http1, since)| {
                        is_old(*since, oldest) || http1.is_dead()
                    })
                    .map(|(http1, _)| *http1),
            );
            host.shared
                .take_if(|(requests, since)| is_old(*since, oldest) || requests.is_closed());
            host.waiting.retain(|waiting| !waiting.promise.is_closed());
        }
        self.all.retain(|host| {
            !host.idle.is_empty()
                || host.shared.is_some()
                || host.opening > 0
                || !host.waiting.is_empty()
        });
        !self.all.is_empty()
    }

    fn host(&mut self, origin: &Origin) -> &mut Host {
        let index = match self.all.iter().position(|host| host.origin == *origin) {
            Some(index) => index,
            None => {
                self.all.push(Host {
                    origin: origin.clone(),
                    idle: Vec::new(),
                    known: Arc::default(),
                    shared: None,
                    shares: None,
                    opening: 0,
                    waiting: VecDeque::new(),
                });
                self.all.len() - 1
            }
        };
        &mut self.all[index]
    }
}

fn is_old(since: Instant, oldest: Option<Instant>) -> bool {
    oldest.is_some_and(|oldest| since <= oldest)
}

/// Says goodbye where there is time for it.
impl Drop for Host {
    fn drop(&mut self) {
        for (http1, _) in self.idle.drain(..) {
            http1.close();
        }
    }
}

impl Host {
    fn at_hand(&mut self, now: Instant, oldest: Option<Instant>) -> Option<Connection> {
        if let Some((requests, since)) = &mut self.shared {
            if !requests.is_closed() && !is_old(*since, oldest) {
                *since = now;
                let requests = requests.clone();
                let reused = true;
                return Some(Connection::Http2 { requests, reused });
            }
            self.shared = None;
        }
        let (mut http1, since) = self.idle.pop()?;
        if is_old(since, oldest) {
            // So are all before it.
            self.idle.clear();
            return None;
        }
        http1.set_rested(now.saturating_duration_since(since) >= MOMENT);
        let in_use = Arc::strong_count(&self.known).saturating_sub(1 + self.idle.len());
        http1.set_one_of_many(in_use > FEW);
        Some(Connection::Http1(http1))
    }
}
