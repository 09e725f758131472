//! All tests of the crate, in one program.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod names;
mod public;
mod texts;
mod wrapped;
