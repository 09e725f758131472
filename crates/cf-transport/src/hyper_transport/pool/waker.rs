use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// Wakes whoever currently drives a connection.
///
/// What happens within a connection wakes its driver, even if the driver itself caused it by sending a request or
/// taking the bytes of a reply. A task that wakes itself is polled once more for nothing.
#[derive(Default)]
pub(super) struct ForwardingWaker(Mutex<Option<Waker>>);

impl ForwardingWaker {
    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// From now on wakes this task, once.
    pub(super) fn forward_to(&self, task: &Waker) {
        let mut target = self.target();
        if !target.as_ref().is_some_and(|old| old.will_wake(task)) {
            *target = Some(task.clone());
        }
    }

    /// From now on wakes nobody.
    pub(super) fn clear(&self) {
        *self.target() = None;
    }

    fn target(&self) -> MutexGuard<'_, Option<Waker>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for ForwardingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let task = self.target().take();
        if let Some(task) = task {
            task.wake();
        }
    }
}
