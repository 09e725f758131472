//! Items: the structures that the description mentions, each in its place, and which of them are one type.

pub mod collect;
pub mod config;
pub mod merge;
pub mod partition;
pub mod types;
pub mod whole;
