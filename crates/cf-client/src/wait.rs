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

/// How many questions in a row may fail, once one was answered: a server may be away for a moment.
const FAILURES: u32 = 5;

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
        let mut question = SendFuture::new(&client.0, call, BodyMode::Buffer, decode);
        let Some(answer) = within(&client.0.timer, wait.left(), &mut question).await else {
            return Err(wait.over());
        };
        let asked = match answer {
            Ok((reply, context)) => {
                let progress = poller.on_reply(&reply);
                if progress.stage() == Stage::Done {
                    return Ok(reply);
                }
                let asked = context.retry_after;
                wait.answered(context, progress.state());
                if progress.stage() == Stage::Failed {
                    return Err(wait.failed(progress.reason()));
                }
                asked
            }
            Err(error) => {
                let asked = error.retry_after();
                wait.unanswered(error)?;
                asked
            }
        };
        let usual = poller.pause_after(wait.questions);
        let Some(pause) = wait.pause(asked, usual, poller.first_pause()) else {
            return Err(wait.over());
        };
        wait.questions = wait.questions.saturating_add(1);
        client.0.timer.sleep(pause).await;
    }
}

/// What a wait knows besides the reply's type.
struct Clock<'a> {
    client: &'a Client,
    what: &'static str,
    started: Instant,
    deadline: Duration,
    questions: u32,
    /// How many questions in a row have failed, and why the last one did.
    failures: u32,
    problem: Option<String>,
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
            questions: 0,
            failures: 0,
            problem: None,
            context: CallContext::new(RequestInfo::of(meta), true),
            state: None,
        }
    }

    fn elapsed(&self) -> Duration {
        let now = self.client.0.timer.now();
        now.saturating_duration_since(self.started)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.elapsed())
    }

    fn answered(&mut self, mut context: CallContext, state: &str) {
        context.retry_after = None;
        self.context = context;
        self.state = Some(state.to_owned());
        (self.failures, self.problem) = (0, None);
    }

    /// Notes a question without an answer; the error if that ends the wait.
    fn unanswered(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        let is_known = self.state.is_some();
        if !is_known || !error.is_retryable() || self.failures > FAILURES {
            return Err(error);
        }
        self.problem = Some(error.to_string());
        Ok(())
    }

    /// How long to pause; `None` if that would take too long. The last question is asked a little before the deadline.
    fn pause(&self, asked: Option<Duration>, usual: Duration, first: Duration) -> Option<Duration> {
        let left = self.left();
        let pause = usual.max(asked.unwrap_or_default());
        if pause < left {
            return Some(pause);
        }
        let last = left.checked_sub(first)?;
        (!last.is_zero() && asked.is_none_or(|asked| asked <= last)).then_some(last)
    }

    fn failed(self, reason: Option<&str>) -> Error {
        let cause = Cause::Failed {
            what: self.what,
            state: self.state.clone().unwrap_or_default(),
            reason: reason.map(str::to_owned),
        };
        self.error(cause)
    }

    fn over(self) -> Error {
        let cause = Cause::NotDone {
            what: self.what,
            state: self.state.clone(),
            deadline: self.deadline,
            problem: self.problem.clone(),
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
