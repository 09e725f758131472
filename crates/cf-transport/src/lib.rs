#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(feature = "decompress")]
mod decompress;
mod error;
#[cfg(feature = "hyper")]
mod hyper_transport;
pub mod mock;
mod transport;

pub use body::Body;
#[cfg(feature = "decompress")]
pub use decompress::Decompress;
pub use error::{TransportError, TransportErrorKind};
#[cfg(feature = "hyper")]
pub use hyper_transport::{HyperTransport, HyperTransportBuilder, RootCertificates};
pub use transport::{BoxFuture, Transport, TransportFn, transport_fn};
