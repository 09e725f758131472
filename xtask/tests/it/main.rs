//! Tests of the generator, of releases, and of what files of the repository promise each other.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod corrections;
mod golden;
mod import;
mod layers;
mod permissions;
mod published;
mod release;
mod repository;
mod secrets;
