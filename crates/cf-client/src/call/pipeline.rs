//! The loop that every call goes through: attempts, and the waits between them.
//!
//! Not generic, so that it is compiled once for all operations.

use std::future::ready;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cf_auth::{BoxFuture, Credential};
use cf_transport::{Body, SendProgress};
use http::Response;

use super::body_mode::BodyMode;
use super::decode::RawResponse;
use super::prepare::PreparedCall;
use crate::error::{Cause, Error};
use crate::inner::Inner;
use crate::retry::{self, Reason};
use crate::timer::{Alarm, Timer};
use crate::trace;

/// The future of a reply. Boxed: callers are generic, and each would have a copy of it.
pub(crate) type ResponseFuture = BoxFuture<'static, Result<RawResponse, Error>>;

/// Sends a request, again if need be, until there is an outcome.
pub(crate) fn send(
    inner: &Arc<Inner>,
    call: Result<Box<PreparedCall>, Error>,
    mode: BodyMode,
) -> ResponseFuture {
    let mut call = match call {
        Ok(call) => call,
        Err(error) => return Box::pin(ready(Err(error))),
    };
    let inner = Arc::clone(inner);
    // A block: an async function stores its arguments twice.
    Box::pin(async move {
        if let Err(missing) = inner.timer.ready() {
            return Err(Error::input(missing).of(call.context));
        }
        let span = trace::Span::new(&call.context.request, call.uri());
        let started = inner.timer.now();
        let mut execution = Execution {
            inner: &inner,
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
                    strict: inner.strict,
                    span,
                })
            }
            Err(cause) => Err(Error::new(cause).of(call.context)),
        }
    })
}

/// The outcome of an attempt.
pub(super) enum Verdict {
    /// There is a reply.
    Done,
    /// The request is to be sent again.
    Again,
}

pub(super) type Attempt = Result<Verdict, Cause>;

/// A call that is being executed.
pub(super) struct Execution<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) call: &'a mut PreparedCall,
    pub(super) span: &'a trace::Span,
    pub(super) started: Instant,
    /// When the attempt began, counted from `started`.
    pub(super) begun: Duration,
    /// Fires when the attempt's time is up. Set late: what is ready at once needs no timer.
    pub(super) alarm: Pin<&'a mut Alarm>,
    pub(super) mode: BodyMode,
    /// The credential that replaced a refused one.
    pub(super) renewed: Option<Arc<Credential>>,
    /// Of the current attempt.
    pub(super) progress: SendProgress,
    /// How often the server refused the request unread.
    pub(super) refusals: u32,
    /// The last one received. Here because it is large, and moving it takes time.
    pub(super) reply: Response<Body>,
}

impl Execution<'_> {
    async fn run(&mut self) -> Result<(), Cause> {
        loop {
            let cause = match self.attempt().await {
                Ok(Verdict::Done) => {
                    self.span.answered(&self.call.context);
                    return Ok(());
                }
                Ok(Verdict::Again) => continue,
                Err(cause) => cause,
            };
            self.tick();
            let mut reason = cause.retry_reason(self.call.context.idempotent);
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

    /// How long to wait before the request is sent again; `None` if it is not.
    pub(super) fn next_backoff(&self, reason: Reason, asked: Option<Duration>) -> Option<Duration> {
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
        let may = reason == Reason::TurnedAway || self.inner.budget.take(self.now());
        may.then_some(pause)
    }

    pub(super) async fn repeat_after(&mut self, reason: Reason, pause: Duration) {
        if !pause.is_zero() {
            self.inner.timer.sleep(pause).await;
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

    pub(super) fn tick(&mut self) {
        let now = self.inner.timer.now();
        self.call.context.elapsed = now.saturating_duration_since(self.started);
    }

    /// The time of the last [`tick`](Self::tick), which follows each wait.
    pub(super) fn now(&self) -> Instant {
        self.started + self.call.context.elapsed
    }

    /// The time left until the deadline.
    pub(super) fn left(&self) -> Duration {
        let elapsed = self.call.context.elapsed;
        self.call.deadline.saturating_sub(elapsed)
    }
}

#[cfg(all(test, feature = "hyper"))]
mod tests {
    use cf_types::{Call, Untyped};
    use http::Method;

    use super::*;
    use crate::client::Client;

    /// A larger one costs allocators a thousand instructions more per request.
    #[test]
    fn the_future_of_a_call_is_small() {
        let client = Client::builder().api_token("cfut_test").build().unwrap();
        let call: Call<_, Untyped<Body>> = Call::untyped((), Method::GET, "/things");
        let call = PreparedCall::untyped(&client.0, call);
        assert!(call.is_ok());
        let future = send(&client.0, call, BodyMode::Buffer);
        assert!(size_of_val(&*future) <= 1024);
    }
}
