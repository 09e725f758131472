//! Words: names in Rust's spelling, and what they are made of.

pub mod names;
pub mod phrases;
pub mod vocabulary;
