//! The whole state as one JSON document, written and read as a stream: what is
//! stored can be larger than memory.

mod read;
mod write;

pub(crate) use read::{read, read_value};
pub(crate) use write::write;

/// Changes when older snapshots can no longer be read.
const FORMAT: u64 = 2;
