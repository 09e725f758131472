#![doc = include_str!("../README.md")]

mod access;
mod admin;
mod builder;
mod described;
mod emulator;
mod engine;
mod faults;
mod http;
#[cfg(feature = "sqlite")]
mod keeper;
mod log;
mod page;
mod products;
mod router;
mod seed;
mod server;
mod store;
mod tails;
#[cfg(feature = "tls")]
mod tls;

pub use builder::Builder;
pub use emulator::Emulator;
pub use faults::{Fault, FaultError};
pub use log::LoggedRequest;
pub use seed::{SeedError, Token, TokenSpec};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};
