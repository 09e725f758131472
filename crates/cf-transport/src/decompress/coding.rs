use std::io;

use compression_codecs::DecodeV2;
use http::{HeaderMap, header};

pub(super) type Decoder = Box<dyn DecodeV2 + Send>;

/// The largest zstd window as a power of two, 8 MiB: the most that RFC 9659 lets a server demand.
#[cfg(feature = "zstd")]
const ZSTD_WINDOW_LOG: u32 = 23;

/// A content coding that is compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "brotli")]
    Brotli,
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Coding {
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            #[cfg(feature = "gzip")]
            "gzip" | "x-gzip" => Some(Self::Gzip),
            #[cfg(feature = "brotli")]
            "br" => Some(Self::Brotli),
            #[cfg(feature = "zstd")]
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// For error messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            #[cfg(feature = "brotli")]
            Self::Brotli => "brotli",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    /// A decoder for a reply of at most this many bytes.
    #[allow(unused_variables, reason = "only some codings look at it")]
    pub(super) fn decoder(self, limit: u64) -> Decoder {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => Box::new(compression_codecs::GzipDecoder::new()),
            #[cfg(feature = "brotli")]
            Self::Brotli => Box::new(super::brotli::BrotliDecoder::new(limit)),
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                let window =
                    compression_codecs::zstd::params::DParameter::window_log_max(ZSTD_WINDOW_LOG);
                Box::new(compression_codecs::ZstdDecoder::new_with_params(&[window]))
            }
        }
    }

    /// Whether data may consist of several members (RFC 1952, 2.2) or frames (RFC 8878, 3).
    pub(super) fn has_members(self) -> bool {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => true,
            #[cfg(feature = "brotli")]
            Self::Brotli => false,
            #[cfg(feature = "zstd")]
            Self::Zstd => true,
        }
    }

    /// Refuses what can't be the start of a member.
    #[allow(unused_variables, reason = "only some codings look at it")]
    pub(super) fn check_start(self, first: u8) -> io::Result<()> {
        // Neither a frame nor a skippable one. What zstd wrote before RFC 8878 is decoded if any crate of a program asks
        // for that, and then without a limit on the window.
        #[cfg(feature = "zstd")]
        if self == Self::Zstd && first != 0x28 && first & 0xf0 != 0x50 {
            let why = "not the start of a frame";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(())
    }
}

/// The codings of a reply in the order in which they were applied; `None` if there are none, or one that is unknown.
pub(super) fn codings(headers: &HeaderMap) -> Option<Vec<Coding>> {
    let mut codings = Vec::new();
    for line in headers.get_all(header::CONTENT_ENCODING) {
        for name in line.to_str().ok()?.split(',').map(str::trim) {
            if !name.is_empty() && !name.eq_ignore_ascii_case("identity") {
                codings.push(Coding::named(name)?);
            }
        }
    }
    (!codings.is_empty()).then_some(codings)
}
