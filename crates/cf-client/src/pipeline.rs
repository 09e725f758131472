//! The way of every request: deadline, retry, rate limit, credential, transport.
//!
//! Not generic, so that it is compiled once for all operations.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cf_auth::Credential;
use cf_transport::Body;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode, response};

use crate::client::Shared;
use crate::error::{Cause, Error, Limit, Trip};
use crate::incoming::Incoming;
use crate::metrics::AttemptReport;
use crate::outgoing::Outgoing;
use crate::rate_limit::{Place, Turn};
use crate::retry::{self, Reason};
use crate::streaming;
use crate::timer::within;
use crate::trace;

/// How much of a reply is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Await {
    /// The head; the body streams.
    Head,
    /// All of it.
    Whole,
    /// The head, and all of a refusal; the body of a success streams.
    Success,
}

/// Most bytes, and most time, spent on the body of a reply that is not used, so that its
/// connection can be.
const DRAINED: usize = 64 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

static RAY: HeaderName = HeaderName::from_static("cf-ray");

/// A limiter that cannot make up its mind shall not take a whole processor.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Sends a request until something comes of it.
pub(crate) async fn send(
    shared: Arc<Shared>,
    outgoing: Outgoing,
    what: Await,
) -> Result<Incoming, Error> {
    if let Err(missing) = shared.timer.ready() {
        return Err(Error::input(missing).unsent(outgoing.info));
    }
    let span = trace::Span::new(&outgoing.info, outgoing.uri());
    let started = shared.timer.now();
    let mut journey = Journey {
        started,
        now: started,
        trip: Trip::new(outgoing.info.clone(), outgoing.idempotent),
        shared: &shared,
        outgoing: &outgoing,
        repeated: 0,
        renewed: None,
        span: span.clone(),
    };
    let outcome = span.around(journey.run(what)).await;
    let Journey { trip, span, .. } = journey;
    match outcome {
        Ok((parts, body)) => Ok(Incoming {
            parts,
            body,
            trip,
            strict: shared.strict,
            span,
        }),
        Err(cause) => Err(Error::new(cause).of(trip)),
    }
}

/// Whether a reply has to be read before it is known to be a success.
pub(crate) fn may_be_refusal(parts: &response::Parts, body: &Body) -> bool {
    let media_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_json = media_type.is_some_and(|name| name.windows(4).any(|part| part == b"json"));
    let is_short = body
        .content_length()
        .is_some_and(|length| length <= DRAINED as u64);
    !parts.status.is_success() || (is_json && is_short)
}

/// A request on its way.
struct Journey<'a> {
    shared: &'a Arc<Shared>,
    outgoing: &'a Outgoing,
    started: Instant,
    /// The time when it was last looked at: after each wait.
    now: Instant,
    trip: Trip,
    /// Attempts that the retry policy added.
    repeated: u32,
    /// The credential that took the place of a refused one.
    renewed: Option<Arc<Credential>>,
    span: trace::Span,
}

/// The time that an attempt has.
#[derive(Clone, Copy)]
struct Allowed {
    from: Instant,
    limit: Duration,
    which: Limit,
}

impl<'a> Journey<'a> {
    async fn run(&mut self, what: Await) -> Result<(response::Parts, Body), Cause> {
        loop {
            let cause = match self.attempt(what).await {
                Ok(Some(reply)) => {
                    self.trip.elapsed = self.elapsed();
                    self.span.answered(&self.trip);
                    return Ok(reply);
                }
                Ok(None) => continue,
                Err(cause) => cause,
            };
            self.look_at_time();
            let reason = retry::after_failure(&cause, self.trip.idempotent);
            let Some(pause) = reason.and_then(|reason| self.may_repeat(reason, None)) else {
                self.span.failed(&cause, &self.trip);
                self.trip.elapsed = self.elapsed();
                return Err(cause);
            };
            self.span.repeats(&cause, pause);
            self.repeat_after(pause).await;
        }
    }

    /// Sends the request once. `None` when it is to be sent again.
    async fn attempt(&mut self, what: Await) -> Result<Option<(response::Parts, Body)>, Cause> {
        let place = self.turn().await?;
        self.trip.status = None;
        self.trip.ray = None;
        self.trip.retry_after = None;
        let allowed = self.allowed();
        let credential = self.credential(allowed).await?;
        let sending = self
            .shared
            .transport
            .send(self.outgoing.request(&credential));
        let from = self.now;
        let response = self.bounded(allowed, false, sending).await;
        self.look_at_time();
        let response = response.and_then(|sent| sent.map_err(Cause::from));
        if let Ok(response) = &response {
            self.note_head(response);
        }
        self.report(from, response.as_ref().err());
        let response = response?;
        if let Some(place) = place {
            place.answered(self.now, response.status(), response.headers());
        }
        if response.status() == StatusCode::UNAUTHORIZED && self.renew(allowed, &credential).await?
        {
            self.drain(response.into_body()).await;
            self.trip.retries += 1;
            return Ok(None);
        }
        let reason = retry::after_status(response.status(), self.trip.idempotent);
        if let Some(pause) =
            reason.and_then(|reason| self.may_repeat(reason, Some(response.headers())))
        {
            self.span.turned_away(response.status(), pause);
            self.drain(response.into_body()).await;
            self.repeat_after(pause).await;
            return Ok(None);
        }
        let (parts, body) = response.into_parts();
        let streams = what == Await::Head || !may_be_refusal(&parts, &body);
        let body = match what {
            Await::Head | Await::Success if streams => streaming::bounded(
                body,
                Arc::clone(&self.shared.timer),
                self.outgoing.timeout,
                self.outgoing.deadline.saturating_sub(self.elapsed()),
            ),
            _ => {
                let all = pin!(body.bytes(self.shared.max_reply_bytes));
                let all = self.bounded(allowed, false, all).await??;
                self.look_at_time();
                Body::from(all)
            }
        };
        if !parts.status.is_server_error() && parts.status != StatusCode::TOO_MANY_REQUESTS {
            self.shared.budget.note_success();
        }
        Ok(Some((parts, body)))
    }

    /// Waits until the rate limit has room. It fails at once where that is too late.
    async fn turn(&mut self) -> Result<Option<Place<'a>>, Cause> {
        let shared = self.shared;
        let Some(limiter) = &shared.limiter else {
            return Ok(None);
        };
        let operation = self.outgoing.info.operation;
        let place = Place::new(&**limiter, &*shared.timer, operation);
        let deadline = self.outgoing.deadline;
        loop {
            let left = deadline.saturating_sub(self.elapsed());
            let turn = match place.turn_at_once(self.now, left) {
                Some(turn) => Some(turn),
                None => {
                    let turn = place.turn(self.now, left);
                    let turn = within(&*shared.timer, left, pin!(turn)).await;
                    self.look_at_time();
                    turn
                }
            };
            let wait = match turn {
                Some(Turn::Go) => return Ok(Some(place)),
                Some(Turn::Wait(wait)) if wait < left => wait.max(SHORTEST_WAIT),
                Some(Turn::Wait(wait)) => return Err(Cause::NoTurn { wait, deadline }),
                None => {
                    return Err(Cause::Timeout {
                        limit: Limit::Deadline(deadline),
                        never_sent: true,
                    });
                }
            };
            self.span.waits(wait);
            shared.timer.sleep(wait).await;
            self.look_at_time();
            self.trip.waited += wait;
        }
    }

    async fn credential(&mut self, allowed: Allowed) -> Result<Arc<Credential>, Cause> {
        let at_hand = self.renewed.clone();
        if let Some(credential) = at_hand.or_else(|| self.shared.credentials.at_hand()) {
            return Ok(credential);
        }
        let asking = self.shared.credentials.credential();
        let credential = self.bounded(allowed, true, asking).await??;
        self.look_at_time();
        Ok(credential)
    }

    /// Asks for another credential in place of a refused one, once. Whether there is another.
    async fn renew(&mut self, allowed: Allowed, refused: &Credential) -> Result<bool, Cause> {
        if self.renewed.is_some() || !self.outgoing.can_be_sent() {
            return Ok(false);
        }
        let refresh = self.shared.credentials.refresh(refused);
        self.renewed = self.bounded(allowed, true, refresh).await??;
        self.look_at_time();
        Ok(self.renewed.is_some())
    }

    /// How long to wait before the request is sent once more; `None` when it is not.
    fn may_repeat(&self, reason: Reason, reply: Option<&HeaderMap>) -> Option<Duration> {
        if self.repeated >= self.outgoing.retries || !self.outgoing.can_be_sent() {
            return None;
        }
        let pause = retry::pause(reply, self.repeated);
        if self.elapsed().saturating_add(pause) >= self.outgoing.deadline {
            return None;
        }
        // A wait that the server asked for adds no load that it does not expect.
        let may = reason == Reason::TurnedAway || self.shared.budget.take(self.now);
        may.then_some(pause)
    }

    async fn repeat_after(&mut self, pause: Duration) {
        self.shared.timer.sleep(pause).await;
        self.look_at_time();
        self.trip.paused += pause;
        self.repeated += 1;
        self.trip.retries += 1;
    }

    fn note_head(&mut self, response: &Response<Body>) {
        let headers = response.headers();
        self.trip.status = Some(response.status());
        self.trip.ray = headers.get(&RAY).cloned();
        if !response.status().is_success() {
            self.trip.retry_after = retry::retry_after(headers);
        }
    }

    /// Tells of an attempt that is over.
    fn report(&self, from: Instant, failure: Option<&Cause>) {
        if let Some(metrics) = &self.shared.metrics {
            let took = self.now.saturating_duration_since(from);
            metrics.attempt(&AttemptReport::new(
                &self.trip,
                failure.map(Cause::kind),
                took,
            ));
        }
    }

    fn elapsed(&self) -> Duration {
        self.now.saturating_duration_since(self.started)
    }

    fn look_at_time(&mut self) {
        self.now = self.shared.timer.now();
    }

    fn allowed(&self) -> Allowed {
        let left = self.outgoing.deadline.saturating_sub(self.elapsed());
        let timeout = self.outgoing.timeout;
        let (limit, which) = if left < timeout {
            (left, Limit::Deadline(self.outgoing.deadline))
        } else {
            (timeout, Limit::Attempt(timeout))
        };
        Allowed {
            from: self.now,
            limit,
            which,
        }
    }

    /// Runs one step of an attempt within the attempt's time.
    async fn bounded<F: Future + Unpin>(
        &self,
        allowed: Allowed,
        never_sent: bool,
        step: F,
    ) -> Result<F::Output, Cause> {
        let timer = &*self.shared.timer;
        let used = self.now.saturating_duration_since(allowed.from);
        let output = within(timer, allowed.limit.saturating_sub(used), step).await;
        output.ok_or(Cause::Timeout {
            limit: allowed.which,
            never_sent,
        })
    }

    async fn drain(&mut self, body: Body) {
        // Whether it works does not matter: if not, a new connection is made.
        let rest = pin!(body.bytes(DRAINED));
        let _ = within(&*self.shared.timer, DRAIN_TIME, rest).await;
        self.look_at_time();
    }
}
