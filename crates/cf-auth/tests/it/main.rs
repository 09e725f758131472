//! Tests of credentials and their sources.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Service keys must still be sent as they were, and be distinguished.
#![allow(deprecated)]

mod cached;
mod chain;
#[cfg(unix)]
mod command;
mod credential;
mod environment;
#[cfg(all(feature = "dotenv", feature = "profile"))]
mod files;
#[cfg(all(feature = "dotenv", feature = "profile"))]
mod redaction;
