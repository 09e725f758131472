//! Collects drift while a reply is read.

use super::drift::{Drift, DriftKind, Path};

/// Whether drift is to be collected, and what was collected.
#[derive(Debug, Default)]
pub struct Watch {
    on: bool,
    found: Vec<Drift>,
    count: usize,
}

impl Watch {
    /// Places beyond this number are counted, not listed.
    pub const LIMIT: usize = 100;

    /// Counts drift only.
    pub fn off() -> Self {
        Watch::default()
    }

    /// Lists drift, up to [`Watch::LIMIT`] spots.
    pub fn on() -> Self {
        Watch {
            on: true,
            ..Watch::default()
        }
    }

    /// How many spots differ.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The spots so far.
    pub fn drift(&self) -> &[Drift] {
        &self.found
    }

    /// The spots.
    pub fn into_drift(self) -> Vec<Drift> {
        self.found
    }

    /// Forgets everything recorded.
    pub(crate) fn restart(&mut self) {
        self.rewind((0, 0));
    }

    /// Prefixes the pointers of the drift found so far with where in the reply that part is.
    pub(crate) fn prefix(&mut self, pointer: &str) {
        for drift in &mut self.found {
            drift.pointer.insert_str(0, pointer);
        }
    }

    /// Where to [`rewind`](Self::rewind) to.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.found.len(), self.count)
    }

    /// Forgets what was recorded since.
    pub(super) fn rewind(&mut self, (found, count): (usize, usize)) {
        self.found.truncate(found);
        self.count = count;
    }

    pub(super) fn note(&mut self, path: &Path<'_>, kind: DriftKind) {
        self.count += 1;
        if self.on && self.found.len() < Self::LIMIT {
            self.list(path, kind);
        }
    }

    #[cold]
    fn list(&mut self, path: &Path<'_>, kind: DriftKind) {
        let pointer = path.pointer();
        self.found.push(Drift { pointer, kind });
    }
}
