//! The way of every request: deadline, retry, rate limit, credential, transport.
//!
//! Not generic, so that it is compiled once for all operations.

mod response;

use std::future::{poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::{Duration, Instant};

use cf_auth::{BoxFuture, Credential, MaybeReady};
use cf_transport::{Body, SendProgress, TransportError};
use http::Response;
use http::header::HeaderName;

use crate::client::{Client, Shared};
use crate::error::{Cause, Error, Limit};
use crate::metrics::AttemptReport;
use crate::prepared_call::PreparedCall;
use crate::rate_limit::{Decision, Permit};
use crate::raw_response::RawResponse;
use crate::retry::{self, Reason};
use crate::timer::{Alarm, Timer, within};
use crate::trace;

use response::Sent;

/// How much of a reply is buffered before it is given to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyMode {
    /// Only the head; the body streams.
    Stream,
    /// All of it.
    Buffer,
    /// The head, and all of a refusal; the body of a success streams.
    StreamSuccess,
}

static RAY: HeaderName = HeaderName::from_static("cf-ray");

/// Lower bound on a wait, so that a limiter that answers `Wait(0)` cannot busy-loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// How long a call sleeps before it asks the limiter again: a gate can open early.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// A reply on its way. Boxed, as callers are generic, and would each have a copy of it.
pub(crate) type ResponseFuture = BoxFuture<'static, Result<RawResponse, Error>>;

/// Sends a request until something comes of it.
pub(crate) fn send(
    client: &Client,
    call: Result<Box<PreparedCall>, Error>,
    mode: BodyMode,
) -> ResponseFuture {
    let mut call = match call {
        Ok(call) => call,
        Err(error) => return Box::pin(ready(Err(error))),
    };
    let shared = Arc::clone(&client.0);
    // A block, as an async function holds what it is given twice.
    Box::pin(async move {
        if let Err(missing) = shared.timer.ready() {
            return Err(Error::input(missing).of(call.context));
        }
        let span = trace::Span::new(&call.context.request, call.uri());
        let started = shared.timer.now();
        let mut execution = Execution {
            shared: &shared,
            call: &mut call,
            span: &span,
            started,
            begun: Duration::ZERO,
            alarm: pin!(Alarm::default()),
            mode,
            renewed: None,
            progress: SendProgress::new(),
            refusals: 0,
            reply: Response::default(),
        };
        let outcome = span.around(pin!(execution.run())).await;
        match outcome {
            Ok(()) => {
                let (parts, body) = execution.reply.into_parts();
                Ok(RawResponse {
                    parts,
                    body,
                    context: call.context,
                    strict: shared.strict,
                    span,
                })
            }
            Err(cause) => Err(Error::new(cause).of(call.context)),
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
struct Execution<'a> {
    shared: &'a Arc<Shared>,
    call: &'a mut PreparedCall,
    span: &'a trace::Span,
    started: Instant,
    /// How long the execution had lasted when the attempt began.
    begun: Duration,
    /// Ends with the attempt's time. Made late: what is ready at once needs no timer.
    alarm: Pin<&'a mut Alarm>,
    mode: BodyMode,
    /// The credential that replaced a refused one.
    renewed: Option<Arc<Credential>>,
    /// Of the present attempt.
    progress: SendProgress,
    /// How often the server refused the request unread.
    refusals: u32,
    /// The last one that came. Here, since it is large, and moving it about takes time.
    reply: Response<Body>,
}

impl<'a> Execution<'a> {
    async fn run(&mut self) -> Result<(), Cause> {
        loop {
            let cause = match self.attempt().await {
                Ok(Step::Done) => {
                    self.span.answered(&self.call.context);
                    return Ok(());
                }
                Ok(Step::Again) => continue,
                Err(cause) => cause,
            };
            self.tick();
            let mut reason = retry::after_failure(&cause, self.call.context.idempotent);
            if retry::pause_after_refusal(self.refusals).is_none() {
                reason = reason.map(Reason::of_budget);
            }
            let pause = reason.and_then(|reason| Some((reason, self.next_backoff(reason, None)?)));
            let Some((reason, pause)) = pause else {
                self.span.failed(&cause, &self.call.context);
                return Err(cause);
            };
            self.span.repeats(&cause, pause);
            self.repeat_after(reason, pause).await;
        }
    }

    /// Sends the request once.
    async fn attempt(&mut self) -> Attempt {
        let rest = {
            // What is there at once is not awaited: each wait takes room in the future of every request.
            let permit = self.permit();
            if let Some(permit) = &permit {
                match permit.acquire(self.now(), self.left()) {
                    MaybeReady::Ready(Some(Decision::Proceed)) => {}
                    decision => self.wait(permit, decision).await?,
                }
            }
            let context = &mut self.call.context;
            (context.status, context.ray) = (None, None);
            (context.retry_after, context.backoff) = (None, None);
            self.begun = context.elapsed;
            self.alarm.as_mut().turn_off();
            let credential = if self.call.has_credential() {
                None
            } else if let Some(renewed) = &self.renewed {
                Some(Arc::clone(renewed))
            } else {
                match self.shared.credentials.credential() {
                    MaybeReady::Ready(Some(credential)) => Some(credential?),
                    asking => Some(self.bounded(true, asking).await?),
                }
            };
            if let Some(credential) = &credential {
                self.span.authenticates(credential);
            }
            self.call.context.credential = credential.as_deref().map(Credential::form);
            let from = self.now();
            let sending = self.start(credential.as_deref());
            let mut response = self.bounded(false, sending).await;
            if let Err(Cause::Timeout { never_sent, .. }) = &mut response {
                // The attempt is dropped by now, so that this stays true.
                *never_sent = self.progress.never_sent();
            }
            let took = self.now().saturating_duration_since(from);
            match response {
                Ok(response) => {
                    self.record_head(&response);
                    self.reply = response;
                }
                Err(cause) => {
                    self.report(took, false, Some(&cause));
                    return Err(cause);
                }
            }
            let sent = Sent {
                permit,
                at: from,
                took,
            };
            match self.on_response(credential, sent) {
                None => return Ok(Step::Done),
                Some(rest) => rest,
            }
        };
        rest.await
    }

    /// Gives the request to the transport. Apart from [`attempt`](Self::attempt), whose future would keep room for it.
    fn start(
        &mut self,
        credential: Option<&Credential>,
    ) -> BoxFuture<'a, Result<Response<Body>, TransportError>> {
        let mut request = self.call.request(self.shared, credential);
        self.progress.reset();
        request.body_mut().track(&self.progress);
        self.shared.transport.send(request)
    }

    /// Its permit from the rate limiter, where there is one.
    fn permit(&self) -> Option<Permit<'a>> {
        let shared = self.shared;
        let operation = self.call.context.request.operation;
        let limiter = shared.limiter.as_deref();
        limiter.map(|limiter| Permit::new(limiter, &shared.timer, operation))
    }

    /// Waits as the limiter says. Seldom, and so boxed: it is not part of every call's future.
    fn wait<'s>(
        &'s mut self,
        permit: &'s Permit<'a>,
        mut asked: MaybeReady<'a, Decision>,
    ) -> BoxFuture<'s, Result<(), Cause>> {
        let timer = &self.shared.timer;
        let deadline = self.call.deadline;
        Box::pin(async move {
            loop {
                let decision = within(timer, self.left(), asked).await;
                self.tick();
                let left = self.left();
                let wait = match decision {
                    Some(Decision::Proceed) => return Ok(()),
                    Some(Decision::Wait(wait)) if wait < left => {
                        wait.clamp(SHORTEST_WAIT, LONGEST_SLEEP)
                    }
                    Some(Decision::Wait(wait)) => return Err(Cause::NoTurn { wait, deadline }),
                    None => {
                        return Err(Cause::Timeout {
                            limit: Limit::Deadline(deadline),
                            never_sent: true,
                        });
                    }
                };
                self.span.waits(wait);
                timer.sleep(wait).await;
                self.tick();
                self.call.context.waited += wait;
                asked = permit.acquire(self.now(), self.left());
            }
        })
    }

    /// Asks once for another credential in place of a refused one. Whether there is another.
    async fn renew(&mut self, refused: &Credential) -> Result<bool, Cause> {
        if self.renewed.is_some() || !self.call.can_be_sent() {
            return Ok(false);
        }
        let refresh = self.shared.credentials.refresh(refused);
        self.renewed = self.bounded(true, refresh).await?;
        Ok(self.renewed.is_some())
    }

    /// How long to wait before the request is sent once more; `None` when it is not.
    fn next_backoff(&self, reason: Reason, asked: Option<Duration>) -> Option<Duration> {
        if !self.call.can_be_sent() {
            return None;
        }
        if reason == Reason::Refused {
            let pause = retry::pause_after_refusal(self.refusals)?;
            return (self.call.retries > 0 && pause < self.left()).then_some(pause);
        }
        if self.call.repeated >= self.call.retries {
            return None;
        }
        let pause = retry::pause(asked, self.call.repeated);
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
        self.tick();
        match reason {
            Reason::Refused => self.refusals += 1,
            _ => self.call.repeated += 1,
        }
        let context = &mut self.call.context;
        context.in_doubt |= reason == Reason::Idempotent;
        context.paused += pause;
        context.retries += 1;
    }

    fn record_head(&mut self, response: &Response<Body>) {
        let (status, headers) = (response.status(), response.headers());
        let context = &mut self.call.context;
        context.status = Some(status);
        context.ray = headers.get(&RAY).cloned();
        if !status.is_success() {
            context.retry_after = retry::retry_after(headers);
        }
    }

    /// Tells of an attempt that is over.
    fn report(&self, took: Duration, throttled: bool, failure: Option<&Cause>) {
        if let Some(metrics) = &self.shared.metrics {
            let failure = failure.map(Cause::kind);
            let context = &self.call.context;
            metrics.attempt(&AttemptReport::new(context, failure, took, throttled));
        }
    }

    fn tick(&mut self) {
        let now = self.shared.timer.now();
        self.call.context.elapsed = now.saturating_duration_since(self.started);
    }

    /// The time when it was last looked at: after each wait.
    fn now(&self) -> Instant {
        self.started + self.call.context.elapsed
    }

    /// What is left until the deadline.
    fn left(&self) -> Duration {
        let elapsed = self.call.context.elapsed;
        self.call.deadline.saturating_sub(elapsed)
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
            self.tick();
            Poll::Ready(outcome)
        })
    }

    /// Ready when the attempt's time is up.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, never_sent: bool) -> Poll<Cause> {
        let PreparedCall {
            context,
            timeout,
            deadline,
            ..
        } = &*self.call;
        let left = deadline.saturating_sub(self.begun);
        let used = context.elapsed.saturating_sub(self.begun);
        let time = || left.min(*timeout).saturating_sub(used);
        task::ready!(self.alarm.as_mut().poll(cx, &self.shared.timer, time));
        let limit = if left < *timeout {
            Limit::Deadline(*deadline)
        } else {
            Limit::Attempt(*timeout)
        };
        Poll::Ready(Cause::Timeout { limit, never_sent })
    }
}

#[cfg(all(test, feature = "hyper"))]
mod tests {
    use cf_types::{Arguments, Meta, Options};
    use http::Method;

    use super::*;

    struct Nothing;
    impl Arguments for Nothing {}

    /// What is larger takes allocators a thousand instructions more, for each request.
    #[test]
    fn the_future_of_a_call_is_small() {
        const META: &Meta = &Meta::new("things.get", Method::GET, "/things");
        let client = Client::builder().api_token("cfut_test").build().unwrap();
        let call = PreparedCall::of(&client.0, META, &Nothing, &Options::default(), None);
        assert!(call.is_ok());
        let future = send(&client, call, BodyMode::Buffer);
        assert!(size_of_val(&*future) <= 1024);
    }
}
