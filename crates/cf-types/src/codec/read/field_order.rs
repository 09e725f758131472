//! Which field of a model usually follows which, so that reading a name is one comparison.

use std::cell::Cell;

use super::super::names::Names;

/// The order in which the members of a model came when it was last read on this thread. A hint: the name is always
/// compared. Without it and the thread's header reader, a GET of a zone takes 30 % more instructions, a list of 1,000
/// records 46 %.
pub(super) struct FieldOrderCache([Cell<u8>; SLOTS]);

const SLOTS: usize = 4096;

/// A place in a model: after a field, or at its start.
#[derive(Clone, Copy)]
pub(super) struct Slot(usize);

thread_local! {
    static FIELD_ORDER: FieldOrderCache = const { FieldOrderCache([const { Cell::new(0) }; SLOTS]) };
}

impl FieldOrderCache {
    pub(super) fn with<T>(use_them: impl FnOnce(&FieldOrderCache) -> T) -> T {
        FIELD_ORDER.with(use_them)
    }

    #[inline]
    pub(super) fn guess(&self, slot: Slot) -> usize {
        usize::from(self.0[slot.0 % SLOTS].get())
    }

    pub(super) fn record(&self, slot: Slot, index: usize) {
        self.0[slot.0 % SLOTS].set(u8::try_from(index).unwrap_or(u8::MAX));
    }
}

impl Slot {
    #[inline]
    pub(super) fn start(names: &Names) -> Slot {
        Slot(names.address())
    }

    #[inline]
    pub(super) fn behind(self, index: usize) -> Slot {
        Slot(self.0.wrapping_add(index + 1))
    }
}

/// The fields of an object that have come.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) low: u64,
    high: Vec<usize>,
}

impl Seen {
    pub(super) fn has(&self, index: usize) -> bool {
        match index {
            0..64 => self.low & (1 << index) != 0,
            _ => self.high.contains(&index),
        }
    }

    /// Records a field; true if it came before.
    #[inline]
    pub(super) fn again(&mut self, index: usize) -> bool {
        if index < 64 {
            let before = self.low;
            self.low |= 1 << index;
            return before == self.low;
        }
        self.again_high(index)
    }

    #[cold]
    fn again_high(&mut self, index: usize) -> bool {
        let before = self.high.contains(&index);
        if !before {
            self.high.push(index);
        }
        before
    }
}
