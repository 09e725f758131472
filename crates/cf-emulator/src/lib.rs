#![doc = include_str!("../README.md")]

mod admin;
mod auth;
mod builder;
mod clock;
mod credentials;
mod described;
mod emulator;
mod envelope;
mod error;
mod faults;
mod form;
mod ids;
mod ip;
mod json;
#[cfg(feature = "sqlite")]
mod keeper;
mod log;
mod ordered;
mod page;
mod paging;
mod permissions;
#[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
mod private;
mod products;
mod request;
mod router;
mod seed;
mod server;
mod snapshot;
#[cfg(feature = "sqlite")]
mod state;
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
