//! Tests of the generator, of releases, and of how files of the repository agree with each other.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod corrections;
mod docs;
mod facts;
mod golden;
mod guide;
mod import;
mod layers;
mod permissions;
mod published;
mod release;
mod repository;
mod search;
mod secrets;
