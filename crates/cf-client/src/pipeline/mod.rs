//! The way of every request: deadline, retry, rate limit, credential, transport.
//!
//! Not generic, so that it is compiled once for all operations.

mod response;

use std::future::{poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::{Duration, Instant};

use cf_auth::{BoxFuture, Credential};
use cf_transport::{Body, SendProgress};
use http::Response;
use http::header::HeaderName;

use crate::client::{Client, Shared};
use crate::error::{Cause, Error, Limit};
use crate::incoming::Incoming;
use crate::metrics::AttemptReport;
use crate::outgoing::Outgoing;
use crate::rate_limit::{Place, Turn};
use crate::retry::{self, Reason};
use crate::timer::{Alarm, within};
use crate::trace;

use response::Sent;

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

static RAY: HeaderName = HeaderName::from_static("cf-ray");

/// Lower bound on a wait, so that a limiter that answers `Wait(0)` cannot busy-loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// How long a call sleeps before it asks the limiter again: a gate can open early.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// A reply on its way. Boxed, as callers are generic, and would each have a copy of it.
pub(crate) type Arriving = BoxFuture<'static, Result<Incoming, Error>>;

/// Sends a request until something comes of it.
pub(crate) fn send(client: &Client, outgoing: Result<Outgoing, Error>, what: Await) -> Arriving {
    let mut outgoing = match outgoing {
        Ok(outgoing) => outgoing,
        Err(error) => return Box::pin(ready(Err(error))),
    };
    let shared = Arc::clone(&client.0);
    // A block, as an async function holds what it is given twice.
    Box::pin(async move {
        if let Err(missing) = shared.timer.ready() {
            return Err(Error::input(missing).of(outgoing.trip));
        }
        let span = trace::Span::new(&outgoing.trip.request, outgoing.uri());
        let started = shared.timer.now();
        let mut journey = Journey {
            shared: &shared,
            outgoing: &mut outgoing,
            span: &span,
            started,
            begun: Duration::ZERO,
            alarm: pin!(Alarm::default()),
            what,
            renewed: None,
            progress: SendProgress::new(),
            refusals: 0,
            reply: Response::default(),
        };
        let outcome = span.around(pin!(journey.run())).await;
        match outcome {
            Ok(()) => {
                let (parts, body) = journey.reply.into_parts();
                Ok(Incoming {
                    parts,
                    body,
                    trip: outgoing.trip,
                    strict: shared.strict,
                    span,
                })
            }
            Err(cause) => Err(Error::new(cause).of(outgoing.trip)),
        }
    })
}

/// What comes of an attempt.
enum Step {
    /// The reply is there.
    Done,
    /// The request is to be sent again.
    Again,
}

type Attempt = Result<Step, Cause>;

/// A request on its way.
struct Journey<'a> {
    shared: &'a Arc<Shared>,
    outgoing: &'a mut Outgoing,
    span: &'a trace::Span,
    started: Instant,
    /// How long the journey had lasted when the attempt began.
    begun: Duration,
    /// Ends with the attempt's time. Made late: what is ready at once needs no timer.
    alarm: Pin<&'a mut Alarm>,
    what: Await,
    /// The credential that took the place of a refused one.
    renewed: Option<Arc<Credential>>,
    /// Of the present attempt.
    progress: SendProgress,
    /// How often the server refused the request unread.
    refusals: u32,
    /// The last one that came. Here, since it is large, and moving it about takes time.
    reply: Response<Body>,
}

impl<'a> Journey<'a> {
    async fn run(&mut self) -> Result<(), Cause> {
        loop {
            let cause = match self.attempt().await {
                Ok(Step::Done) => {
                    self.span.answered(&self.outgoing.trip);
                    return Ok(());
                }
                Ok(Step::Again) => continue,
                Err(cause) => cause,
            };
            self.look_at_time();
            let mut reason = retry::after_failure(&cause, self.outgoing.trip.idempotent);
            if retry::pause_after_refusal(self.refusals).is_none() {
                reason = reason.map(Reason::of_budget);
            }
            let pause = reason.and_then(|reason| Some((reason, self.may_repeat(reason, None)?)));
            let Some((reason, pause)) = pause else {
                self.span.failed(&cause, &self.outgoing.trip);
                return Err(cause);
            };
            self.span.repeats(&cause, pause);
            self.repeat_after(reason, pause).await;
        }
    }

    /// Sends the request once.
    async fn attempt(&mut self) -> Attempt {
        let rest = {
            // What is there at once is not awaited: each wait is a place in the future of every request.
            let place = self.place();
            if let Some(place) = &place {
                match place.turn_at_once(self.now(), self.left()) {
                    Some(Turn::Go) => {}
                    turn => self.wait(place, turn).await?,
                }
            }
            let trip = &mut self.outgoing.trip;
            (trip.status, trip.ray) = (None, None);
            (trip.retry_after, trip.backoff) = (None, None);
            self.begun = trip.elapsed;
            self.alarm.as_mut().turn_off();
            let credential = if self.outgoing.has_credential() {
                None
            } else if let Some(credential) = self.credential_at_hand() {
                Some(credential)
            } else {
                let asking = self.shared.credentials.credential();
                Some(self.bounded(true, asking).await?)
            };
            if let Some(credential) = &credential {
                self.span.authenticates(credential);
            }
            self.outgoing.trip.credential = credential.as_deref().map(Credential::form);
            let from = self.now();
            let mut request = self.outgoing.request(self.shared, credential.as_deref());
            self.progress.reset();
            request.body_mut().track(&self.progress);
            let sending = self.shared.transport.send(request);
            let mut response = self.bounded(false, sending).await;
            if let Err(Cause::Timeout { never_sent, .. }) = &mut response {
                // The attempt is dropped by now, so that this stays true.
                *never_sent = self.progress.never_sent();
            }
            let took = self.now().saturating_duration_since(from);
            match response {
                Ok(response) => {
                    self.note_head(&response);
                    self.reply = response;
                }
                Err(cause) => {
                    self.report(took, false, Some(&cause));
                    return Err(cause);
                }
            }
            let sent = Sent {
                place,
                at: from,
                took,
            };
            match self.judge(credential, sent) {
                None => return Ok(Step::Done),
                Some(rest) => rest,
            }
        };
        rest.await
    }

    /// Its place among the requests that wait for the rate limit.
    fn place(&self) -> Option<Place<'a>> {
        let shared = self.shared;
        let operation = self.outgoing.trip.request.operation;
        let limiter = shared.limiter.as_deref();
        limiter.map(|limiter| Place::new(limiter, &*shared.timer, operation))
    }

    /// Waits as the limiter says, or asks it where it has not said yet. Seldom, and so boxed: it shall
    /// not be part of every call.
    fn wait<'s>(
        &'s mut self,
        place: &'s Place<'a>,
        mut turn: Option<Turn>,
    ) -> BoxFuture<'s, Result<(), Cause>> {
        let timer = &*self.shared.timer;
        let deadline = self.outgoing.deadline;
        Box::pin(async move {
            loop {
                let left = self.left();
                if turn.is_none() {
                    let asking = place.turn(self.now(), left);
                    turn = within(timer, left, pin!(asking)).await;
                    self.look_at_time();
                }
                let wait = match turn {
                    Some(Turn::Go) => return Ok(()),
                    Some(Turn::Wait(wait)) if wait < left => {
                        wait.clamp(SHORTEST_WAIT, LONGEST_SLEEP)
                    }
                    Some(Turn::Wait(wait)) => return Err(Cause::NoTurn { wait, deadline }),
                    None => {
                        return Err(Cause::Timeout {
                            limit: Limit::Deadline(deadline),
                            never_sent: true,
                        });
                    }
                };
                self.span.waits(wait);
                timer.sleep(wait).await;
                self.look_at_time();
                self.outgoing.trip.waited += wait;
                turn = place.turn_at_once(self.now(), self.left());
            }
        })
    }

    fn credential_at_hand(&self) -> Option<Arc<Credential>> {
        let renewed = self.renewed.clone();
        renewed.or_else(|| self.shared.credentials.at_hand())
    }

    /// Asks for another credential in place of a refused one, once. Whether there is another.
    async fn renew(&mut self, refused: &Credential) -> Result<bool, Cause> {
        if self.renewed.is_some() || !self.outgoing.can_be_sent() {
            return Ok(false);
        }
        let refresh = self.shared.credentials.refresh(refused);
        self.renewed = self.bounded(true, refresh).await?;
        Ok(self.renewed.is_some())
    }

    /// How long to wait before the request is sent once more; `None` when it is not.
    fn may_repeat(&self, reason: Reason, asked: Option<Duration>) -> Option<Duration> {
        if !self.outgoing.can_be_sent() {
            return None;
        }
        if reason == Reason::Refused {
            let pause = retry::pause_after_refusal(self.refusals)?;
            return (self.outgoing.retries > 0 && pause < self.left()).then_some(pause);
        }
        if self.outgoing.repeated >= self.outgoing.retries {
            return None;
        }
        let pause = retry::pause(asked, self.outgoing.repeated);
        if pause >= self.left() {
            return None;
        }
        // A wait that the server asked for adds no load that it does not expect.
        let may = reason == Reason::TurnedAway || self.shared.budget.take(self.now());
        may.then_some(pause)
    }

    async fn repeat_after(&mut self, reason: Reason, pause: Duration) {
        if !pause.is_zero() {
            self.shared.timer.sleep(pause).await;
        }
        self.look_at_time();
        match reason {
            Reason::Refused => self.refusals += 1,
            _ => self.outgoing.repeated += 1,
        }
        let trip = &mut self.outgoing.trip;
        trip.in_doubt |= reason == Reason::Idempotent;
        trip.paused += pause;
        trip.retries += 1;
    }

    fn note_head(&mut self, response: &Response<Body>) {
        let (status, headers) = (response.status(), response.headers());
        let trip = &mut self.outgoing.trip;
        trip.status = Some(status);
        trip.ray = headers.get(&RAY).cloned();
        if !status.is_success() {
            trip.retry_after = retry::retry_after(headers);
        }
    }

    /// Tells of an attempt that is over.
    fn report(&self, took: Duration, throttled: bool, failure: Option<&Cause>) {
        if let Some(metrics) = &self.shared.metrics {
            let failure = failure.map(Cause::kind);
            let trip = &self.outgoing.trip;
            metrics.attempt(&AttemptReport::new(trip, failure, took, throttled));
        }
    }

    fn look_at_time(&mut self) {
        let now = self.shared.timer.now();
        self.outgoing.trip.elapsed = now.saturating_duration_since(self.started);
    }

    /// The time when it was last looked at: after each wait.
    fn now(&self) -> Instant {
        self.started + self.outgoing.trip.elapsed
    }

    /// What is left until the deadline.
    fn left(&self) -> Duration {
        let elapsed = self.outgoing.trip.elapsed;
        self.outgoing.deadline.saturating_sub(elapsed)
    }

    /// Runs one step of an attempt within the attempt's time.
    fn bounded<T, E>(
        &mut self,
        never_sent: bool,
        mut step: impl Future<Output = Result<T, E>> + Unpin,
    ) -> impl Future<Output = Result<T, Cause>>
    where
        Cause: From<E>,
    {
        poll_fn(move |cx| {
            let outcome = match Pin::new(&mut step).poll(cx) {
                Poll::Ready(outcome) => outcome.map_err(Cause::from),
                Poll::Pending => Err(task::ready!(self.poll_alarm(cx, never_sent))),
            };
            self.look_at_time();
            Poll::Ready(outcome)
        })
    }

    /// Ready when the attempt's time is up.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, never_sent: bool) -> Poll<Cause> {
        let Outgoing {
            trip,
            timeout,
            deadline,
            ..
        } = &*self.outgoing;
        let left = deadline.saturating_sub(self.begun);
        let used = trip.elapsed.saturating_sub(self.begun);
        let time = || left.min(*timeout).saturating_sub(used);
        task::ready!(self.alarm.as_mut().poll(cx, &*self.shared.timer, time));
        let limit = if left < *timeout {
            Limit::Deadline(*deadline)
        } else {
            Limit::Attempt(*timeout)
        };
        Poll::Ready(Cause::Timeout { limit, never_sent })
    }
}
