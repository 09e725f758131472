//! What to do with a reply.

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cf_auth::{BoxFuture, Credential};
use cf_transport::Body;
use cf_types::{ReplyError, ResultKind};
use http::{HeaderName, StatusCode};

use super::body_mode::BodyMode;
use super::bounded;
use super::decode::{may_be_refusal, refusal};
use super::pipeline::{Attempt, Execution, Verdict};
use crate::download::has_events;
use crate::error::Cause;
use crate::rate_limit::{
    Permit, RateLimits, ThrottleScope, is_throttled, may_be_throttled, scope, wait_in_words,
};
use crate::retry::{self, Reason};
use crate::timer::within;

static RAY: HeaderName = HeaderName::from_static("cf-ray");

/// Most bytes, and most time, spent on draining a reply so that its connection can be reused.
const DRAINED: usize = 64 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// An attempt whose reply has begun.
pub(super) struct Sent<'a> {
    pub(super) permit: Option<Permit<'a>>,
    pub(super) at: Instant,
    /// How long the reply's head took.
    pub(super) took: Duration,
}

impl<'a> Execution<'a> {
    /// Handles a reply, and returns what is left to await. Usually that is nothing, so it is a separate future.
    pub(super) fn on_response(
        &mut self,
        credential: Option<Arc<Credential>>,
        sent: Sent<'a>,
    ) -> Option<BoxFuture<'_, Attempt>> {
        let (status, headers) = (self.reply.status(), self.reply.headers());
        let context = &mut self.call.context;
        context.status = Some(status);
        context.ray = headers.get(&RAY).cloned();
        if !status.is_success() {
            context.retry_after = retry::retry_after(headers);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Some(Box::pin(self.throttled(sent)));
        }
        if let Some(permit) = &sent.permit {
            permit.record(self.now(), status, self.reply.headers());
        }
        let refused = credential.filter(|_| status == StatusCode::UNAUTHORIZED);
        let Some(credential) = refused else {
            return self.finish(sent);
        };
        Some(Box::pin(async move {
            if self.renew(&credential).await? {
                self.complete(sent, false);
                self.call.context.retries += 1;
                self.drain_body().await;
                return Ok(Verdict::Again);
            }
            match self.finish(sent) {
                None => Ok(Verdict::Done),
                Some(rest) => rest.await,
            }
        }))
    }

    /// The same, once the credential is known not to be the problem.
    fn finish(&mut self, sent: Sent<'a>) -> Option<BoxFuture<'_, Attempt>> {
        let status = self.reply.status();
        if let Some(reason) = retry::after_status(status, self.call.context.idempotent) {
            let asked = retry::retry_after(self.reply.headers());
            if let Some(pause) = self.next_backoff(reason, asked) {
                return Some(Box::pin(async move {
                    self.drain_body().await;
                    if self.is_throttled() {
                        return self.throttled(sent).await;
                    }
                    self.complete(sent, false);
                    self.span.turned_away(status, pause);
                    self.repeat_after(reason, pause).await;
                    Ok(Verdict::Again)
                }));
            }
        }
        if self.streams() {
            self.bound_stream();
            self.complete(sent, false);
            return None;
        }
        if self.has_unexpected_events() {
            self.complete(sent, false);
            return Some(Box::pin(ready(Err(Cause::Events))));
        }
        let most = self.inner.max_reply_bytes;
        let is_here = |bytes: &Bytes| bytes.len() <= most;
        if self.reply.body().as_bytes().is_some_and(is_here) {
            return self.on_body(sent);
        }
        Some(Box::pin(async move {
            if let Err(cause) = self.read_whole().await {
                self.complete(sent, false);
                return Err(cause);
            }
            match self.on_body(sent) {
                None => Ok(Verdict::Done),
                Some(rest) => rest.await,
            }
        }))
    }

    /// The reply is complete. Only now is it known whether its status tells the truth.
    fn on_body(&mut self, sent: Sent<'a>) -> Option<BoxFuture<'_, Attempt>> {
        if self.is_throttled() {
            return Some(Box::pin(self.throttled(sent)));
        }
        self.complete(sent, false);
        None
    }

    /// The request was throttled, as its head or its body says.
    async fn throttled(&mut self, sent: Sent<'a>) -> Attempt {
        let limits = RateLimits::from_headers(self.reply.headers());
        let asked = limits.asked_wait();
        // GraphQL says it in its errors, for its own calls.
        let in_words = || self.refusal().as_ref().and_then(wait_in_words);
        let told = asked.or_else(in_words);
        let backoff = match told {
            Some(_) => None,
            None => Some(self.inner.cooldown.refused(sent.at, self.now())),
        };
        let context = &mut self.call.context;
        (context.retry_after, context.backoff) = (told, backoff);
        let status = self.reply.status();
        let pause = self.next_backoff(Reason::TurnedAway, told.or(backoff));
        let backoff = backoff.or(told.filter(|_| asked.is_none()));
        let record = |now: Instant, scope| {
            if let Some(permit) = &sent.permit {
                permit.record_throttled(now, status, &limits, scope, backoff);
            }
        };
        // If the head says enough, nothing waits for the body.
        let knows_scope = asked.is_some() || self.streams();
        if knows_scope {
            record(self.now(), ThrottleScope::All);
        }
        if pause.is_some() {
            self.drain_body().await;
        } else if self.streams() {
            self.bound_stream();
        } else if let Err(_lost) = self.read_whole().await {
            // That it was throttled is known without it.
            *self.reply.body_mut() = Body::empty();
        }
        if !knows_scope {
            let reach = self.refusal().as_ref().map_or(ThrottleScope::All, scope);
            record(self.now(), reach);
        }
        self.complete(sent, true);
        let Some(pause) = pause else {
            return Ok(Verdict::Done);
        };
        self.span.turned_away(status, pause);
        self.repeat_after(Reason::TurnedAway, pause).await;
        Ok(Verdict::Again)
    }

    /// Whether the body, if buffered, says that there were too many requests.
    fn is_throttled(&self) -> bool {
        let (status, body) = (self.reply.status(), self.reply.body().as_bytes());
        body.is_some_and(|body| may_be_throttled(status, body))
            && self.refusal().as_ref().is_some_and(is_throttled)
    }

    /// Why the reply holds no value, as far as its body is buffered.
    fn refusal(&self) -> Option<ReplyError> {
        refusal(self.call.result, &self.reply)
    }

    /// Whether the caller gets the body as a stream.
    fn streams(&self) -> bool {
        match self.mode {
            BodyMode::Buffer => false,
            BodyMode::StreamSuccess => {
                let reply = &self.reply;
                !may_be_refusal(reply.status(), reply.headers(), reply.body())
            }
            BodyMode::Stream => true,
        }
    }

    /// Whether events come where a value is expected. Waiting for the end of them would be in vain.
    fn has_unexpected_events(&self) -> bool {
        self.mode == BodyMode::Buffer
            && self.reply.status().is_success()
            && !matches!(self.call.result, ResultKind::Text | ResultKind::Binary)
            && has_events(self.reply.headers())
    }

    /// Sets time limits on a body that streams to the caller.
    fn bound_stream(&mut self) {
        let body = bounded::bounded(
            std::mem::take(self.reply.body_mut()),
            self.inner.timer.clone(),
            self.call.timeout,
            self.left(),
        );
        *self.reply.body_mut() = body;
    }

    async fn read_whole(&mut self) -> Result<(), Cause> {
        let body = std::mem::take(self.reply.body_mut());
        let all = pin!(body.bytes(self.inner.max_reply_bytes));
        let all = self.bounded(false, all).await?;
        *self.reply.body_mut() = Body::from(all);
        Ok(())
    }

    /// Drains the rest of a reply, if that is fast. If it fails, a new connection is opened.
    async fn drain_body(&mut self) {
        let body = std::mem::take(self.reply.body_mut());
        let rest = pin!(body.bytes(DRAINED));
        let rest = within(&self.inner.timer, DRAIN_TIME, rest).await;
        if let Some(Ok(rest)) = rest {
            *self.reply.body_mut() = Body::from(rest);
        }
        self.tick();
    }

    /// The attempt is over.
    fn complete(&self, sent: Sent<'a>, throttled: bool) {
        self.report(sent.took, throttled, None);
        let status = self.reply.status();
        if !throttled {
            self.inner.cooldown.served(sent.at);
            if !status.is_server_error() {
                self.inner.budget.note_success();
            }
        }
        if let Some(permit) = sent.permit {
            permit.release(self.now());
        }
    }
}
