#![cfg_attr(feature = "hyper", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "hyper"),
    doc = "The HTTP transport of the Cloudflare API client: an object-safe trait, bodies and errors."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(feature = "cassette")]
pub mod cassette;
#[cfg(feature = "decompress")]
mod decompress;
mod error;
mod headers;
#[cfg(feature = "hyper")]
mod hyper_transport;
pub mod mock;
pub mod multipart;
mod redirect;
#[cfg(feature = "tower")]
mod tower;
mod transport;
#[cfg(feature = "websocket")]
mod websocket;

pub use body::{Body, Progress, SendProgress};
#[cfg(feature = "decompress")]
pub use decompress::Decompress;
pub use error::{TransportError, TransportErrorKind};
pub use headers::check_headers;
#[cfg(feature = "hyper")]
pub use hyper_transport::{HyperTransport, HyperTransportBuilder, RootCertificates};
pub use redirect::FollowRedirects;
#[cfg(feature = "tower")]
pub use tower::{ServiceTransport, TransportService};
pub use transport::{BoxFuture, Transport, TransportFn, transport_fn};
#[cfg(feature = "websocket")]
pub use websocket::{WebSocket, WebSocketMessage};
