//! Items: the structures that the description mentions, each where it stands, and which of them are one.

pub mod collect;
pub mod config;
pub mod merge;
pub mod partition;
pub mod types;
pub mod whole;
