#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod error;
mod transport;

pub use body::Body;
pub use error::{TransportError, TransportErrorKind};
pub use transport::{BoxFuture, Transport, TransportFn, transport_fn};
