//! What must hold whatever comes: properties of parsers and writers, each a function of bytes.
//!
//! A property panics where it does not hold. The fuzz targets beside this crate try them on bytes made up by
//! libFuzzer; this crate's tests try them on the seeds, and on seeds that were damaged at random.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a property that does not hold is a panic"
)]

mod cassette;
mod codec;
mod emulator;
mod form;
mod headers;
mod input;
mod path;
mod reply;
mod zone_file;

/// A property: takes any bytes, and panics where it does not hold.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzz target and its folder of seeds.
pub const ALL: &[(&str, Property)] = &[
    ("cassette", cassette::cassette),
    ("codec", codec::codec),
    ("emulator", emulator::emulator),
    ("form", form::form),
    ("headers", headers::headers),
    ("path", path::path),
    ("reply", reply::reply),
    ("zone_file", zone_file::zone_file),
];

pub use cassette::cassette;
pub use codec::codec;
pub use emulator::emulator;
pub use form::form;
pub use headers::headers;
pub use path::path;
pub use reply::reply;
pub use zone_file::zone_file;
