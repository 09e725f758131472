use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A boxed future, as object-safe async traits need.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A value that is ready, or a future of one.
///
/// Traits that are called for each request, but rarely have to wait, return this: a ready value costs no allocation.
///
/// ```
/// use cf_auth::MaybeReady;
///
/// fn answer(cached: Option<u32>) -> MaybeReady<'static, u32> {
///     match cached {
///         Some(value) => MaybeReady::ready(value),
///         None => MaybeReady::future(async { 42 }),
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(answer(Some(1)).await + answer(None).await, 43);
/// # }
/// ```
#[must_use = "futures do nothing unless polled"]
pub enum MaybeReady<'a, T> {
    /// The value; `None` once it was taken.
    Ready(Option<T>),
    /// It has to be waited for.
    Pending(BoxFuture<'a, T>),
}

impl<'a, T> MaybeReady<'a, T> {
    /// A ready value.
    pub fn ready(value: T) -> Self {
        MaybeReady::Ready(Some(value))
    }

    /// A value that has to be waited for.
    pub fn future(future: impl Future<Output = T> + Send + 'a) -> Self {
        MaybeReady::Pending(Box::pin(future))
    }
}

// The value is never pinned.
impl<T> Unpin for MaybeReady<'_, T> {}

impl<T> Future for MaybeReady<'_, T> {
    type Output = T;

    /// Like other futures, it must not be polled again once ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match &mut *self {
            MaybeReady::Ready(value) => value.take().map_or(Poll::Pending, Poll::Ready),
            MaybeReady::Pending(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for MaybeReady<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaybeReady::Ready(value) => f.debug_tuple("Ready").field(value).finish(),
            MaybeReady::Pending(_) => f.write_str("Pending"),
        }
    }
}
