//! All tests of the transport, in one program: tokio, hyper and rustls are linked only once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod body;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod cancel;
#[cfg(feature = "cassette")]
mod cassette;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod client_certificate;
mod custom;
#[cfg(feature = "decompress")]
mod decompress;
#[cfg(feature = "hyper")]
mod file;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod floods;
#[cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
mod garbage;
#[cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
mod hostile;
#[cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
mod http1;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod http2;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod lengths;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod liveness;
#[cfg(all(
    target_os = "linux",
    feature = "http2",
    any(feature = "ring", feature = "aws-lc-rs")
))]
mod memory;
mod mock;
mod multipart;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod never_sent;
#[cfg(all(
    feature = "http2",
    feature = "gzip",
    feature = "brotli",
    any(feature = "ring", feature = "aws-lc-rs")
))]
mod nginx;
#[cfg(all(
    feature = "hyper",
    not(feature = "http2"),
    any(feature = "ring", feature = "aws-lc-rs")
))]
mod no_http2;
#[cfg(all(
    feature = "hyper",
    not(feature = "proxy"),
    any(feature = "ring", feature = "aws-lc-rs")
))]
mod no_proxy;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod pool;
#[cfg(all(feature = "proxy", any(feature = "ring", feature = "aws-lc-rs")))]
mod proxy;
#[cfg(all(
    feature = "cassette",
    feature = "http2",
    any(feature = "ring", feature = "aws-lc-rs")
))]
mod recorded;
mod redirect;
#[cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
mod sessions;
#[cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
mod support;
#[cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
mod timeouts;
#[cfg(all(feature = "proxy", any(feature = "ring", feature = "aws-lc-rs")))]
mod tinyproxy;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod tls;
#[cfg(feature = "tower")]
mod tower;
#[cfg(all(feature = "http2", any(feature = "ring", feature = "aws-lc-rs")))]
mod unread;
