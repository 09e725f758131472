//! Why there is no connection over HTTP/2.

#[cfg(feature = "http2")]
pub(super) use h2::Error as Http2Error;

#[cfg(not(feature = "http2"))]
pub(super) use stand_in::Http2Error;

#[cfg(not(feature = "http2"))]
mod stand_in {
    use std::fmt;

    /// The server insists on HTTP/2.
    #[derive(Debug)]
    pub(in super::super) struct Http2Error;

    impl fmt::Display for Http2Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the server speaks HTTP/2, which needs the feature `http2` of cf-transport")
        }
    }

    impl std::error::Error for Http2Error {}
}
