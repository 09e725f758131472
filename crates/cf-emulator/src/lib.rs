#![doc = include_str!("../README.md")]

mod access;
mod builder;
mod control;
mod described;
mod emulator;
mod engine;
mod http;
mod products;
mod server;
mod store;
#[cfg(feature = "tls")]
mod tls;

pub use builder::Builder;
pub use emulator::Emulator;
pub use engine::faults::{Fault, FaultError};
pub use engine::log::LoggedRequest;
pub use engine::seed::SeedError;
pub use products::tokens::{Token, TokenSpec};
pub use store::pending::Pending;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};
