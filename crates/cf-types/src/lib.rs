//! The Cloudflare API as types: envelope, models and operations as values. No I/O, no async.

pub mod codec;
