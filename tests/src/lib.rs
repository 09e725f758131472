//! Shared by end-to-end tests and conformance runs. The tests themselves are in `tests/`.

pub mod conformance;
pub mod examples;
mod generated;
pub mod lists;
pub mod pairs;
pub mod random;

pub use generated::{Model, decoder, examples, models};

/// The examples of the repository's README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
