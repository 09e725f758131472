//! Where credentials come from: a file for each source, and what they share.

pub(crate) mod chain;
mod child;
pub(crate) mod command;
#[cfg(feature = "dotenv")]
mod dotenv;
pub(crate) mod env;
pub(crate) mod file;
#[cfg(feature = "profile")]
mod profile;
mod read;
mod thread;
mod write;
