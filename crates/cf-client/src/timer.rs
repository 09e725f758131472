//! Where time comes from.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

/// The future of a wait.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A client's source of time: for timeouts, and for waits between attempts.
///
/// With the feature `hyper` a client uses [`TokioTimer`]. Without it, or outside tokio, give one to
/// [`ClientBuilder::timer`](crate::ClientBuilder::timer).
///
/// ```
/// use std::time::Duration;
/// use cf_client::{Sleep, Timer};
///
/// /// Waits on a thread: enough for a program with few requests and no runtime.
/// #[derive(Debug)]
/// struct ThreadTimer;
///
/// impl Timer for ThreadTimer {
///     fn sleep(&self, time: Duration) -> Sleep {
///         let (done, waiting) = tokio::sync::oneshot::channel::<()>();
///         std::thread::spawn(move || {
///             std::thread::sleep(time);
///             drop(done);
///         });
///         Box::pin(async { waiting.await.unwrap_or_default() })
///     }
/// }
/// ```
pub trait Timer: fmt::Debug + Send + Sync + 'static {
    /// Completes after `time`.
    fn sleep(&self, time: Duration) -> Sleep;

    /// The time now. Tests that do not want to wait bring their own.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Asked before each request: why the timer cannot be used here, if it cannot.
    ///
    /// # Errors
    /// What is missing, and what to do.
    fn ready(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// tokio's time. Follows its paused clock in tests.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use cf_client::{Timer, TokioTimer};
/// TokioTimer.sleep(std::time::Duration::from_millis(1)).await;
/// # }
/// ```
#[cfg(feature = "hyper")]
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioTimer;

#[cfg(feature = "hyper")]
impl Timer for TokioTimer {
    fn sleep(&self, time: Duration) -> Sleep {
        // A server that keeps a task busy uses up tokio's cooperative budget, and must not hold up timers by that.
        Box::pin(tokio::task::unconstrained(tokio::time::sleep(time)))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn ready(&self) -> Result<(), &'static str> {
        match tokio::runtime::Handle::try_current() {
            Ok(_) => Ok(()),
            Err(_) => Err(
                "not within a tokio runtime; call the client from one (`#[tokio::main]`), or give the \
                 client a timer and a transport of another runtime",
            ),
        }
    }
}

/// The timer of a client: tokio's is known by name, so that its sleeps need no box.
#[derive(Debug, Clone)]
pub(crate) enum ClientTimer {
    #[cfg(feature = "hyper")]
    Tokio,
    Custom(Arc<dyn Timer>),
}

impl Timer for ClientTimer {
    fn sleep(&self, time: Duration) -> Sleep {
        match self {
            #[cfg(feature = "hyper")]
            ClientTimer::Tokio => TokioTimer.sleep(time),
            ClientTimer::Custom(timer) => timer.sleep(time),
        }
    }

    fn now(&self) -> Instant {
        match self {
            #[cfg(feature = "hyper")]
            ClientTimer::Tokio => TokioTimer.now(),
            ClientTimer::Custom(timer) => timer.now(),
        }
    }

    fn ready(&self) -> Result<(), &'static str> {
        match self {
            #[cfg(feature = "hyper")]
            ClientTimer::Tokio => TokioTimer.ready(),
            ClientTimer::Custom(timer) => timer.ready(),
        }
    }
}

pin_project! {
    /// Fires when its time is up. Off until it is first polled.
    ///
    /// Nearly every request needs one, so tokio's is stored inline, and only others are boxed.
    #[derive(Default)]
    pub(crate) struct Alarm {
        #[pin]
        here: Option<Here>,
        boxed: Option<Sleep>,
    }
}

#[cfg(feature = "hyper")]
type Here = tokio::time::Sleep;
#[cfg(not(feature = "hyper"))]
type Here = std::future::Pending<()>;

#[cfg(feature = "hyper")]
fn sleep_here(timer: &ClientTimer, time: Duration) -> Option<Here> {
    matches!(timer, ClientTimer::Tokio).then(|| tokio::time::sleep(time))
}

/// Not bounded by tokio's budget, as [`TokioTimer`] is not.
#[cfg(feature = "hyper")]
fn poll_here(sleep: Pin<&mut Here>, cx: &mut Context<'_>) -> Poll<()> {
    std::pin::pin!(tokio::task::unconstrained(sleep)).poll(cx)
}

#[cfg(not(feature = "hyper"))]
fn poll_here(pending: Pin<&mut Here>, cx: &mut Context<'_>) -> Poll<()> {
    pending.poll(cx)
}

#[cfg(not(feature = "hyper"))]
fn sleep_here(_: &ClientTimer, _: Duration) -> Option<Here> {
    None
}

impl Alarm {
    /// Ready `time` after the first poll since it was off.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        timer: &ClientTimer,
        time: impl FnOnce() -> Duration,
    ) -> Poll<()> {
        let mut this = self.project();
        if this.here.is_none() && this.boxed.is_none() {
            let time = time();
            this.here.set(sleep_here(timer, time));
            if this.here.is_none() {
                *this.boxed = Some(timer.sleep(time));
            }
        }
        match (this.here.as_pin_mut(), this.boxed) {
            (Some(sleep), _) => poll_here(sleep, cx),
            (None, Some(sleep)) => sleep.as_mut().poll(cx),
            (None, None) => Poll::Pending,
        }
    }

    pub(crate) fn turn_off(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.here.set(None);
        *this.boxed = None;
    }
}

/// Runs `future` for as long as `limit` allows; `None` when the time ran out first.
///
/// It takes boxed and pinned futures: one passed by value would enlarge every future around it.
pub(crate) fn within<F: Future + Unpin>(
    timer: &dyn Timer,
    limit: Duration,
    mut future: F,
) -> impl Future<Output = Option<F::Output>> {
    let mut sleep = None;
    poll_fn(move |cx| {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(cx) {
            return Poll::Ready(Some(output));
        }
        // Set late: what is ready at once needs no timer.
        let sleep = sleep.get_or_insert_with(|| timer.sleep(limit));
        sleep.as_mut().poll(cx).map(|()| None)
    })
}
