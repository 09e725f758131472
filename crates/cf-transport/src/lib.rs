#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod error;
#[cfg(feature = "hyper")]
mod hyper_transport;
mod transport;

pub use body::Body;
pub use error::{TransportError, TransportErrorKind};
#[cfg(feature = "hyper")]
pub use hyper_transport::{HyperTransport, HyperTransportBuilder, RootCertificates};
pub use transport::{BoxFuture, Transport, TransportFn, transport_fn};
