//! All tests of the client, in one program: tokio, hyper and rustls are linked only once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Service keys must still be sent as they were, and be distinguished.
#![allow(deprecated)]

mod any_server;
mod bad_input;
#[cfg(feature = "blocking")]
mod blocking;
mod bulk;
#[cfg(all(feature = "hyper", feature = "proxy", feature = "dns"))]
mod connections;
mod credentials;
mod deletions;
#[cfg(feature = "deploy")]
mod deploy;
mod emulator;
mod error_messages;
#[cfg(feature = "events")]
mod events;
mod gates;
mod graphql;
mod hostile;
mod lookups;
mod meanings;
#[cfg(feature = "uploads")]
mod media;
mod metrics;
#[cfg(feature = "migrate")]
mod migrate;
mod outcomes;
mod own_timer;
mod pages;
mod pages_hostile;
mod rate_limit;
mod rate_limit_rules;
mod replies;
mod requests;
mod retries;
#[cfg(feature = "s3")]
mod s3;
mod secrets;
mod streams;
mod support;
#[cfg(all(feature = "deploy", feature = "tail"))]
mod tail;
mod throttling;
#[cfg(feature = "tokens")]
mod tokens;
#[cfg(feature = "tracing")]
mod traces;
mod uploads;
mod waiting;
mod zone_records;
