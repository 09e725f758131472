//! What end-to-end tests and conformance runs share. The tests themselves are in `tests/`.

pub mod conformance;
mod generated;
pub mod random;

pub use generated::{Model, models};
