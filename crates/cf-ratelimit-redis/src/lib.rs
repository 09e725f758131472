#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod connection;
mod limiter;
mod script;

pub use builder::{ConfigError, RedisBudgetBuilder};
pub use limiter::{RedisBudget, Sharing};
