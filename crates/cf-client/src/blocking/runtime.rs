//! The thread that does the work.

use std::sync::mpsc;
use std::thread::{self, ThreadId};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::error::Error;

/// A thread with a runtime. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Background {
    runtime: Handle,
    thread: ThreadId,
    /// Dropped with it, which ends the thread. The thread is not waited for: the last client may be
    /// dropped on it, or within a runtime that must not be held up.
    _running: oneshot::Sender<()>,
}

impl Background {
    pub(super) fn start() -> Result<Self, Error> {
        let (tell, started) = mpsc::sync_channel(1);
        let (running, stopped) = oneshot::channel::<()>();
        let work = move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _ = tell.send(Ok(runtime.handle().clone()));
                // Ends with an error when the sender is dropped.
                let _ = runtime.block_on(stopped);
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        };
        let name = thread::Builder::new().name("cf-client".to_owned());
        let failed = |error| Error::input(format!("the client cannot start its thread: {error}"));
        let thread = name.spawn(work).map_err(failed)?;
        let runtime = started.recv().map_err(|_| ended())?.map_err(failed)?;
        Ok(Background {
            runtime,
            thread: thread.thread().id(),
            _running: running,
        })
    }

    /// Runs `future` on the thread and waits for it.
    pub(super) fn run<F>(&self, future: F) -> Result<F::Output, Error>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if thread::current().id() == self.thread {
            return Err(Error::input(
                "a blocking call from within the client's own thread would wait for itself; make the \
                 call elsewhere, or use the async client there",
            ));
        }
        let (tell, done) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let _ = tell.send(future.await);
        });
        done.recv().map_err(|_| ended())
    }
}

/// The transport or a hook of the client panicked before there was an answer.
fn ended() -> Error {
    Error::input("the client's thread gave no answer: something on it panicked")
}
