//! Tests without I/O, through the public interface.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod codec;
mod dates;
mod debug;
mod idempotency;
mod outcomes;
mod pager;
mod reply;
mod request;
mod rows;
mod syntax;
mod unions;
