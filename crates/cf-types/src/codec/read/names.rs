//! Which field a member's name stands for.

/// Looks on from the last field found: replies mostly keep the order of the description.
pub(in super::super) fn find(names: &[&str], key: &str, next: usize) -> Option<usize> {
    let next = next.min(names.len());
    let behind = names[next..].iter().position(|name| *name == key);
    match behind {
        Some(steps) => Some(next + steps),
        None => names[..next].iter().position(|name| *name == key),
    }
}

/// What members of a model followed each other when it was last read, so that the next one's name
/// need only be compared, and which fields may be missing. A guess: whoever asks makes sure.
pub(super) struct Habits {
    follows: [u8; SLOTS],
    optional: [(usize, u64); MODELS],
}

const SLOTS: usize = 256;
const MODELS: usize = 16;

/// A place in a model: behind a field, or at its start.
#[derive(Clone, Copy)]
pub(super) struct Slot(usize);

impl Habits {
    pub(super) const NONE: Habits = Habits {
        follows: [0; SLOTS],
        optional: [(0, 0); MODELS],
    };

    pub(super) fn guess(&self, slot: Slot) -> usize {
        usize::from(self.follows[slot.0 % SLOTS])
    }

    pub(super) fn learn(&mut self, slot: Slot, index: usize) {
        self.follows[slot.0 % SLOTS] = u8::try_from(index).unwrap_or(u8::MAX);
    }

    /// The fields of the model that are known to be optional, a bit each.
    pub(super) fn optional(&mut self, names: &'static [&'static str]) -> &mut u64 {
        let model = names.as_ptr().addr();
        let known = &mut self.optional[model / size_of::<&str>() % MODELS];
        if known.0 != model {
            *known = (model, 0);
        }
        &mut known.1
    }
}

impl Slot {
    pub(super) fn start(names: &'static [&'static str]) -> Slot {
        Slot(names.as_ptr().addr() / size_of::<&str>())
    }

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

    /// Notes a field; true when it had come before.
    pub(super) fn again(&mut self, index: usize) -> bool {
        let before = self.has(index);
        match index {
            0..64 => self.low |= 1 << index,
            _ if !before => self.high.push(index),
            _ => {}
        }
        before
    }
}
