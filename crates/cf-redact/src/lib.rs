#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod generated;
mod names;

pub use address::addresses;
pub use names::{Secrecy, is_secret, secrecy};

#[cfg(feature = "scrub")]
mod scrub;

#[cfg(feature = "scrub")]
pub use scrub::{Message, Scrubbed, Scrubber};
