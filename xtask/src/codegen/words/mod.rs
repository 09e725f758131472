//! Words: names in Rust's spelling, and what they consist of.

pub mod names;
pub mod phrases;
pub mod vocabulary;
