//! Where credentials come from. One file a source.

pub(crate) mod chain;
pub(crate) mod command;
#[cfg(feature = "dotenv")]
mod dotenv;
pub(crate) mod env;
pub(crate) mod file;
#[cfg(feature = "profile")]
mod profile;
mod write;
