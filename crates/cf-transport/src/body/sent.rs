use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::Body;

/// Tells whether a request was sent, even if its future was dropped: by a time limit around it, for instance.
///
/// Attach one to a request's body with [`Body::track`]. Clones share what they know.
///
/// ```
/// use std::time::Duration;
/// use cf_transport::{Body, HyperTransport, SendProgress, Transport};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let progress = SendProgress::new();
/// let mut request = http::Request::get("https://192.0.2.1/").body(Body::empty())?;
/// request.body_mut().track(&progress);
///
/// let transport = HyperTransport::builder().no_proxy().build()?;
/// let sending = transport.send(request);
/// let timeout = tokio::time::timeout(Duration::from_millis(1), sending).await;
/// // There was no connection yet: whatever the method, it can be sent again.
/// assert!(timeout.is_ok() || progress.never_sent());
/// # Ok(()) }
/// ```
///
/// # For transports
/// A transport that knows calls [`set_waiting`](Self::set_waiting) when it gets the request, and
/// [`set_sent`](Self::set_sent) before the first byte may leave; it finds the tracker with [`Body::send_progress`].
/// With any other transport nothing is known, and [`never_sent`](Self::never_sent) is false.
#[derive(Debug, Clone, Default)]
pub struct SendProgress(Arc<AtomicU8>);

const UNKNOWN: u8 = 0;
const WAITING: u8 = 1;
const SENT: u8 = 2;

impl SendProgress {
    /// For a request that no transport has received yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it is certain that nothing of the request was sent. Ask after the request's future has ended or was
    /// dropped; before, it may still change.
    #[must_use]
    pub fn never_sent(&self) -> bool {
        self.0.load(Ordering::Acquire) == WAITING
    }

    /// The transport has the request and will say when it is sent. A request that was sent once, before a redirect for
    /// instance, stays sent.
    pub fn set_waiting(&self) {
        // If it is anything else already, it stays that way.
        let _ = self
            .0
            .compare_exchange(UNKNOWN, WAITING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on, bytes of the request may leave.
    pub fn set_sent(&self) {
        self.0.store(SENT, Ordering::Release);
    }

    /// Resets: the request is sent again.
    pub fn reset(&self) {
        self.0.store(UNKNOWN, Ordering::Release);
    }

    /// The connection returned what it had taken, unsent.
    #[cfg(feature = "hyper")]
    pub(crate) fn take_back(&self) {
        self.0.store(WAITING, Ordering::Release);
    }
}

impl Body {
    /// Lets `progress` track whether the request with this body is sent. A [clone](Self::try_clone) is not tracked.
    pub fn track(&mut self, progress: &SendProgress) {
        self.tracker = Some(progress.clone());
    }

    /// The tracker given to [`track`](Self::track): for transports.
    #[must_use]
    pub fn send_progress(&self) -> Option<&SendProgress> {
        self.tracker.as_ref()
    }
}
