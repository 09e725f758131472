//! One attempt: permit, credential and transport, within its time limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::Duration;

use cf_auth::{BoxFuture, Credential, MaybeReady};
use cf_transport::{Body, TransportError};
use http::Response;

use super::pipeline::{Attempt, Execution, Verdict};
use super::prepare::PreparedCall;
use super::response::Sent;
use crate::error::{Cause, Limit};
use crate::metrics::AttemptReport;
use crate::rate_limit::{Decision, Permit};
use crate::timer::{Timer, within};

/// Lower bound on a wait, so that a limiter that answers `Wait(0)` cannot busy-loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// How long a call sleeps before it asks the limiter again: a gate can open early.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

impl<'a> Execution<'a> {
    /// Sends the request once.
    pub(super) async fn attempt(&mut self) -> Attempt {
        let rest = {
            // What is ready is not awaited: each await enlarges the future of every call.
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
                match self.inner.credentials.credential() {
                    MaybeReady::Ready(Some(credential)) => Some(credential?),
                    asking => Some(self.bounded(true, asking).await?),
                }
            };
            if let Some(credential) = &credential {
                self.span.authenticates(credential);
            }
            self.call.context.credential = credential.as_deref().map(Credential::form);
            let from = self.now();
            let sending = self.transmit(credential.as_deref());
            let mut response = self.bounded(false, sending).await;
            if let Err(Cause::Timeout { never_sent, .. }) = &mut response {
                // The attempt has been dropped, so this stays true.
                *never_sent = self.progress.never_sent();
            }
            let took = self.now().saturating_duration_since(from);
            match response {
                Ok(response) => {
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
                None => return Ok(Verdict::Done),
                Some(rest) => rest,
            }
        };
        rest.await
    }

    /// Hands the request to the transport. Apart from [`attempt`](Self::attempt), whose future would store the request.
    fn transmit(
        &mut self,
        credential: Option<&Credential>,
    ) -> BoxFuture<'a, Result<Response<Body>, TransportError>> {
        let mut request = self.call.request(self.inner, credential);
        self.progress.reset();
        request.body_mut().track(&self.progress);
        self.inner.transport.send(request)
    }

    /// Its permit, if there is a rate limiter.
    fn permit(&self) -> Option<Permit<'a>> {
        let inner = self.inner;
        let operation = self.call.context.request.operation;
        let limiter = inner.limiter.as_deref();
        limiter.map(|limiter| Permit::new(limiter, &inner.timer, operation))
    }

    /// Waits as the limiter says. Rare, and so boxed: it does not enlarge the future of every call.
    fn wait<'s>(
        &'s mut self,
        permit: &'s Permit<'a>,
        mut asked: MaybeReady<'a, Decision>,
    ) -> BoxFuture<'s, Result<(), Cause>> {
        let timer = &self.inner.timer;
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
                    Some(Decision::Wait(wait)) => return Err(Cause::NoPermit { wait, deadline }),
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

    /// Asks once for a credential in place of a refused one. True if there is one.
    pub(super) async fn renew(&mut self, refused: &Credential) -> Result<bool, Cause> {
        if self.renewed.is_some() || !self.call.can_be_sent() {
            return Ok(false);
        }
        let refresh = self.inner.credentials.refresh(refused);
        self.renewed = self.bounded(true, refresh).await?;
        Ok(self.renewed.is_some())
    }

    /// Reports a finished attempt.
    pub(super) fn report(&self, took: Duration, throttled: bool, failure: Option<&Cause>) {
        if let Some(metrics) = &self.inner.metrics {
            let failure = failure.map(Cause::kind);
            let context = &self.call.context;
            metrics.attempt(&AttemptReport::new(context, failure, took, throttled));
        }
    }

    /// Runs one step of an attempt within the attempt's time limit.
    pub(super) fn bounded<T, E>(
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
        task::ready!(self.alarm.as_mut().poll(cx, &self.inner.timer, time));
        let limit = if left < *timeout {
            Limit::Deadline(*deadline)
        } else {
            Limit::Attempt(*timeout)
        };
        Poll::Ready(Cause::Timeout { limit, never_sent })
    }
}
