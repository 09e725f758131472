//! Waiting for what takes time: the clock of [`Poller`]s.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use cf_auth::BoxFuture;
use cf_types::{ExecuteWait, Operation, Poller, Stage};

use crate::call::{BodyMode, PreparedCall, SendFuture, decode};
use crate::client::Client;
use crate::error::{CallContext, Cause, Error, RequestInfo};
use crate::timer::{Timer, within};

/// How many polls in a row may fail once one has succeeded: a server may be down for a moment.
const MAX_FAILURES: u32 = 5;

/// The future of a wait: a `Result` of the last reply. Dropping it ends the wait, not what is waited for.
///
/// Its errors are those of the call, and two of its own: [`ErrorKind::Failed`](crate::ErrorKind::Failed), and
/// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) at the deadline; both have a [state](crate::Error::state).
#[must_use = "nothing is sent until this is awaited"]
pub struct WaitFuture<T>(BoxFuture<'static, Result<T, Error>>);

impl ExecuteWait for &Client {
    type WaitFuture<O: Operation> = WaitFuture<O::Output>;

    fn wait_for<O: Operation>(self, poller: Poller<O>) -> Self::WaitFuture<O> {
        let client = self.clone();
        WaitFuture(Box::pin(run(client, poller)))
    }
}

async fn run<O: Operation>(client: Client, mut poller: Poller<O>) -> Result<O::Output, Error> {
    if let Some(refusal) = poller.refusal() {
        return Err(Error::input(refusal).unsent(RequestInfo::of(O::META)));
    }
    if let Err(missing) = client.0.timer.ready() {
        return Err(Error::input(missing).unsent(RequestInfo::of(O::META)));
    }
    let mut wait = Clock::new(&client, &poller, O::META);
    loop {
        let call = PreparedCall::of(&client.0, poller.call(), None, BodyMode::Buffer);
        let decode = decode::value_and_context::<O>;
        let mut poll = SendFuture::new(&client.0, call, BodyMode::Buffer, decode);
        let Some(result) = within(&client.0.timer, wait.remaining(), &mut poll).await else {
            return Err(wait.timed_out());
        };
        let retry_after = match result {
            Ok((reply, context)) => {
                let progress = poller.on_reply(&reply);
                if progress.stage() == Stage::Done {
                    return Ok(reply);
                }
                let retry_after = context.retry_after;
                wait.on_reply(context, progress.state());
                if progress.stage() == Stage::Failed {
                    return Err(wait.failed(progress.reason()));
                }
                retry_after
            }
            Err(error) => {
                let retry_after = error.retry_after();
                wait.on_error(error)?;
                retry_after
            }
        };
        let backoff = poller.pause_after(wait.polls);
        let Some(pause) = wait.pause(retry_after, backoff, poller.first_pause()) else {
            return Err(wait.timed_out());
        };
        wait.polls = wait.polls.saturating_add(1);
        client.0.timer.sleep(pause).await;
    }
}

/// What a wait knows besides the reply's type.
struct Clock<'a> {
    client: &'a Client,
    what: &'static str,
    started: Instant,
    deadline: Duration,
    polls: u32,
    /// How many polls in a row have failed, and why the last one did.
    failures: u32,
    last_error: Option<String>,
    context: CallContext,
    state: Option<String>,
}

impl<'a> Clock<'a> {
    fn new<O: Operation>(
        client: &'a Client,
        poller: &Poller<O>,
        meta: &'static cf_types::Meta,
    ) -> Self {
        Clock {
            client,
            what: poller.what(),
            started: client.0.timer.now(),
            deadline: poller.deadline(),
            polls: 0,
            failures: 0,
            last_error: None,
            context: CallContext::new(RequestInfo::of(meta), true),
            state: None,
        }
    }

    fn elapsed(&self) -> Duration {
        let now = self.client.0.timer.now();
        now.saturating_duration_since(self.started)
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_sub(self.elapsed())
    }

    fn on_reply(&mut self, mut context: CallContext, state: &str) {
        context.retry_after = None;
        self.context = context;
        self.state = Some(state.to_owned());
        (self.failures, self.last_error) = (0, None);
    }

    /// Records a failed poll.
    ///
    /// # Errors
    /// The poll's error, if it ends the wait.
    fn on_error(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        let is_known = self.state.is_some();
        if !is_known || !error.is_retryable() || self.failures > MAX_FAILURES {
            return Err(error);
        }
        self.last_error = Some(error.to_string());
        Ok(())
    }

    /// How long to pause; `None` if that would be too long. The last poll is a little before the deadline.
    fn pause(
        &self,
        retry_after: Option<Duration>,
        backoff: Duration,
        first: Duration,
    ) -> Option<Duration> {
        let remaining = self.remaining();
        let pause = backoff.max(retry_after.unwrap_or_default());
        if pause < remaining {
            return Some(pause);
        }
        let last = remaining.checked_sub(first)?;
        (!last.is_zero() && retry_after.is_none_or(|wanted| wanted <= last)).then_some(last)
    }

    fn failed(self, reason: Option<&str>) -> Error {
        let cause = Cause::Failed {
            what: self.what,
            state: self.state.clone().unwrap_or_default(),
            reason: reason.map(str::to_owned),
        };
        self.error(cause)
    }

    fn timed_out(self) -> Error {
        let cause = Cause::NotDone {
            what: self.what,
            state: self.state.clone(),
            deadline: self.deadline,
            last_error: self.last_error.clone(),
        };
        self.error(cause)
    }

    fn error(mut self, cause: Cause) -> Error {
        self.context.elapsed = self.elapsed();
        Error::new(cause).of(self.context)
    }
}

impl<T> Future for WaitFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for WaitFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFuture").finish_non_exhaustive()
    }
}
