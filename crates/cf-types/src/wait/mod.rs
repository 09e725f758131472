//! Waiting for what takes time: what to poll, how to judge a reply, and how long to go on.

mod operations;
mod progress;

use std::fmt;
use std::time::Duration;

use crate::call::{Call, Execute};
use crate::operation::Operation;

pub use operations::Awaited;
#[doc(hidden)]
pub use progress::Waiting;
pub use progress::{Progress, Stage};

/// Runs waits: polls until something is done.
pub trait ExecuteWait: Execute {
    /// The last reply, or its future.
    type WaitFuture<O: Operation>;

    /// Polls until `poller` says that it is done, that it failed, or that the time is up.
    fn wait_for<O: Operation>(self, poller: Poller<O>) -> Self::WaitFuture<O>;
}

type Judge<O> = Box<dyn FnMut(&<O as Operation>::Output) -> Progress + Send>;
type OnProgress = Box<dyn FnMut(&Progress) + Send>;

/// How to wait for something: what to poll, how to judge a reply, and for how long. A value that knows no client and no
/// clock: [`ExecuteWait`] runs it.
pub struct Poller<O: Operation> {
    call: Call<(), O>,
    judge: Judge<O>,
    follow: fn(&mut O, &O::Output),
    on_progress: Option<OnProgress>,
    /// Why there is nothing to wait for.
    refusal: Option<&'static str>,
    what: &'static str,
    pauses: Pauses,
    deadline: Duration,
}

/// The first pause between two polls, and the longest.
#[derive(Debug, Clone, Copy)]
struct Pauses {
    first: Duration,
    longest: Duration,
}

impl<O: Operation> Poller<O> {
    fn new(mut call: Call<(), O>, judge: Judge<O>, what: &'static str) -> Self {
        // It is sent again and again anyway.
        call.options.idempotent.get_or_insert(true);
        Poller {
            call,
            judge,
            follow: |_, _| {},
            on_progress: None,
            refusal: None,
            what,
            pauses: Pauses {
                first: Duration::from_secs(1),
                longest: Duration::from_secs(10),
            },
            deadline: Duration::from_secs(10 * 60),
        }
    }

    /// The next poll.
    pub fn call(&self) -> &Call<(), O> {
        &self.call
    }

    /// What is waited for, like `the bulk operation`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// Why there is nothing to wait for, if so.
    pub fn refusal(&self) -> Option<&'static str> {
        self.refusal
    }

    /// How long to wait in all.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Judges a reply, reports it, and prepares the next poll.
    pub fn on_reply(&mut self, reply: &O::Output) -> Progress {
        let progress = (self.judge)(reply);
        if let Some(report) = &mut self.on_progress {
            report(&progress);
        }
        (self.follow)(&mut self.call.operation, reply);
        progress
    }

    /// The shortest pause.
    pub fn first_pause(&self) -> Duration {
        self.pauses.first
    }

    /// How long to pause after the poll with this number, counted from 0: half as long again each time, up to a limit.
    pub fn pause_after(&self, poll: u32) -> Duration {
        let Pauses { first, longest } = self.pauses;
        // Beyond that, every limit is reached.
        let growth = 1.5_f64.powi(poll.min(64).cast_signed());
        let grown = Duration::try_from_secs_f64(first.as_secs_f64() * growth);
        grown.unwrap_or(longest).min(longest.max(first))
    }
}

/// A wait that is about to begin: what [`Call::wait`] and [`Call::wait_until`] return. With an async client, `.await`
/// runs it; with a blocking one, [`send`](Self::send).
#[must_use = "a wait does nothing until it is awaited or sent"]
pub struct Wait<C, O: Operation> {
    via: C,
    poller: Poller<O>,
}

impl<C, O: Operation> Wait<C, O> {
    /// How long to wait in all, the polls included. The default depends on the operation: see [`Awaited`].
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.poller.deadline = limit;
        self
    }

    /// The first pause between two polls, and the longest: it grows by half each time. If the server asks for a
    /// longer one (`Retry-After`), that is kept.
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.poller.pauses = Pauses { first, longest };
        self
    }

    /// Calls `report` after each poll.
    pub fn on_progress(mut self, report: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.poller.on_progress = Some(Box::new(report));
        self
    }

    /// The poller, to be run by something of your own.
    pub fn into_poller(self) -> Poller<O> {
        self.poller
    }
}

impl<C: ExecuteWait, O: Operation> Wait<C, O> {
    /// Waits: the last reply. With an async client it is a future, the same that `.await` makes; a blocking client
    /// returns the result.
    pub fn send(self) -> C::WaitFuture<O> {
        self.via.wait_for(self.poller)
    }
}

impl<C: ExecuteWait, O: Operation> IntoFuture for Wait<C, O>
where
    C::WaitFuture<O>: Future,
{
    type Output = <C::WaitFuture<O> as Future>::Output;
    type IntoFuture = C::WaitFuture<O>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<C, O: Operation> Call<C, O> {
    /// Sends the call again and again until what it asks for is done, and returns the last reply. [`Awaited`] lists
    /// the operations; for others there is [`wait_until`](Self::wait_until).
    pub fn wait(self) -> Wait<C, O>
    where
        O: Awaited,
    {
        let (via, call) = self.split();
        let waiting = O::WAITING;
        let refusal = call.operation.refusal();
        let mut poller = Poller::new(call, Box::new(O::judge), waiting.what);
        poller.follow = O::follow;
        poller.refusal = refusal;
        poller.pauses.longest = Duration::from_secs(waiting.longest_pause);
        poller.deadline = Duration::from_secs(waiting.deadline);
        Wait { via, poller }
    }

    /// Sends the call again and again until `judge` says that it is done, and returns the last reply. The judge
    /// returns whether it is, or a [`Progress`], which can also say how far it is and that it failed.
    ///
    /// By default the pauses grow from 1 to 10 seconds, and it ends after 10 minutes.
    pub fn wait_until<P: Into<Progress>>(
        self,
        mut judge: impl FnMut(&O::Output) -> P + Send + 'static,
    ) -> Wait<C, O> {
        let (via, call) = self.split();
        let judge = move |reply: &O::Output| judge(reply).into();
        let poller = Poller::new(call, Box::new(judge), "what is waited for");
        Wait { via, poller }
    }
}

/// Shows the operation's name, not its arguments: they can hold secrets.
impl<O: Operation> fmt::Debug for Poller<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("call", &self.call)
            .field("pauses", &self.pauses)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<C, O: Operation> fmt::Debug for Wait<C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.poller).finish()
    }
}
