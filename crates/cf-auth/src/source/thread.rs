//! Blocking work on a thread of its own, so that it never blocks an executor's thread.

use std::io;
use std::thread;

use futures_channel::oneshot;

/// Runs `work` on a new thread with this name and returns its result. `work` is passed a function that says whether the
/// future was dropped, so that it can stop early.
///
/// # Errors
/// If the thread cannot be started, or panics.
pub(super) async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let value = work(&|| done.is_canceled());
            // Fails if nobody waits for it any more.
            let _ = done.send(value);
        })?;
    result
        .await
        .map_err(|_| io::Error::other("the thread that did it ended early"))
}
