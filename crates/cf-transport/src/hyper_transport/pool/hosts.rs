use std::collections::VecDeque;

use hyper::client::conn::http2;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::upload::Upload;
use super::{Lane, Line, Origin};

/// What is known of every host. A client of an API has a handful of them.
#[derive(Default)]
pub(in super::super) struct Hosts {
    all: Vec<Host>,
    /// A task looks after the connections that nobody uses.
    pub(super) swept: bool,
}

struct Host {
    origin: Origin,
    /// The one used last is at the end, and is used first.
    idle: Vec<(Box<Line>, Instant)>,
    /// The connection that all requests share, and when the last one went there.
    shared: Option<(http2::SendRequest<Upload>, Instant)>,
    /// Whether its connections can be shared, as far as is known.
    shares: Option<bool>,
    /// How many connections are being opened.
    opening: usize,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    lane: oneshot::Sender<Lane>,
    /// It opens a connection meanwhile.
    opens: bool,
}

/// How a request gets its connection.
pub(super) enum Turn {
    Now(Lane),
    /// From the request that opens a connection for all. As of any of these channels: it closes when the request has to
    /// line up again.
    Share(oneshot::Receiver<Lane>),
    /// From a connection that was to be for another request, or from any that comes free.
    Spare(oneshot::Receiver<Lane>),
    /// It opens one itself, and must say so in the end with [`Hosts::opened`]; unless another request is quicker.
    Open(oneshot::Receiver<Lane>),
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
    pub(super) fn at_hand(
        &mut self,
        origin: &Origin,
        now: Instant,
        is_old: impl Fn(Instant) -> bool,
    ) -> Option<Lane> {
        let host = self.all.iter_mut().find(|host| host.origin == *origin)?;
        host.at_hand(now, is_old)
    }

    /// `may_share`: HTTP/2 is possible. `insists`: it does not wait for what others open.
    pub(super) fn line_up(
        &mut self,
        origin: &Origin,
        may_share: bool,
        insists: bool,
        now: Instant,
        is_old: impl Fn(Instant) -> bool,
    ) -> Turn {
        let host = self.host(origin);
        if let Some(lane) = host.at_hand(now, is_old) {
            return Turn::Now(lane);
        }
        let (lane, turn) = oneshot::channel();
        host.waiting.retain(|waiting| !waiting.lane.is_closed());
        let shares = may_share && host.shares != Some(false);
        let opens = if shares {
            // A connection under way will do for this request, too, unless it proves to be HTTP/1.1.
            host.opening == 0
        } else {
            // Those for whom the others were to be may have found one elsewhere.
            insists || host.opening <= host.waiting.len()
        };
        host.opening += usize::from(opens);
        host.waiting.push_back(Waiting { lane, opens });
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
                    let _ = waiting.lane.send(Lane::Http2 { requests, reused });
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
    pub(super) fn put(
        &mut self,
        mut line: Box<Line>,
        most: usize,
        now: Instant,
    ) -> Option<Box<Line>> {
        line.set_reused();
        let host = self.host(line.origin());
        while let Some(waiting) = host.waiting.pop_front() {
            match waiting.lane.send(Lane::Http1(line)) {
                Ok(()) => return None,
                Err(Lane::Http1(back)) => line = back,
                Err(Lane::Http2 { .. }) => return None,
            }
        }
        if host.idle.len() >= most {
            return Some(line);
        }
        host.idle.push((line, now));
        None
    }

    /// Takes out what nobody shall use any more, and forgets hosts without connections. Whether any are left.
    pub(super) fn sweep(&mut self, is_old: impl Fn(Instant) -> bool, out: &mut Vec<Line>) -> bool {
        for host in &mut self.all {
            out.extend(
                host.idle
                    .extract_if(.., |(line, since)| is_old(*since) || line.is_dead())
                    .map(|(line, _)| *line),
            );
            host.shared
                .take_if(|(requests, since)| is_old(*since) || requests.is_closed());
            host.waiting.retain(|waiting| !waiting.lane.is_closed());
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

/// Says goodbye where there is time for it.
impl Drop for Host {
    fn drop(&mut self) {
        for (line, _) in self.idle.drain(..) {
            line.close();
        }
    }
}

impl Host {
    fn at_hand(&mut self, now: Instant, is_old: impl Fn(Instant) -> bool) -> Option<Lane> {
        if let Some((requests, since)) = &mut self.shared {
            if !requests.is_closed() && !is_old(*since) {
                *since = now;
                let requests = requests.clone();
                let reused = true;
                return Some(Lane::Http2 { requests, reused });
            }
            self.shared = None;
        }
        let (line, since) = self.idle.pop()?;
        if is_old(since) {
            // So are all before it.
            self.idle.clear();
            return None;
        }
        Some(Lane::Http1(line))
    }
}
