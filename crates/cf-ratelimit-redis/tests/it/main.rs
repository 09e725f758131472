//! All tests of the shared budget, in one program. Against a real redis-server.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fleet;
mod gates;
mod outages;
mod rules;
mod support;
