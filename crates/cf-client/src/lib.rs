#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod bulk;
mod call;
mod client;
#[cfg(feature = "deploy")]
pub mod deploy;
// Only where a product is not compiled in is there a use for it.
#[allow(dead_code, unreachable_pub)]
mod compiled_in;
#[cfg(feature = "dns")]
pub mod dns;
mod domain_name;
mod download;
mod error;
mod generated;
mod graphql;
#[cfg(any(doc, doctest))]
pub mod guide;
mod id_cache;
mod inner;
mod list;
mod lookup;
mod metrics;
#[cfg(feature = "migrate")]
pub mod migrate;
mod rate_limit;
mod raw;
mod retry;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "tail")]
pub mod tail;
mod timer;
#[cfg(feature = "tokens")]
pub mod tokens;
mod trace;
#[cfg(feature = "uploads")]
pub mod uploads;
mod wait;

#[cfg(doc)]
#[doc = include_str!("../HOSTILE.md")]
pub mod hostile_servers {}

pub use cf_auth::{self as auth, Credential, CredentialProvider};
pub use cf_transport::{self as transport, Body, Transport};
pub use cf_types as types;
pub use cf_types::codes;
// As the compiler's messages spell the path.
#[doc(hidden)]
pub use cf_types;
pub use http::Method;

pub use builder::{BASE_URL_VAR, ClientBuilder};
pub use bulk::{Bulk, BulkItem};
pub use call::{ResponseMeta, SendFuture};
pub use client::Client;
pub use download::{Download, JsonLines, Lines};
#[cfg(feature = "events")]
pub use download::{Event, Events, Tokens};
pub use error::{Error, ErrorKind, RequestInfo};
pub use graphql::{GraphqlCall, GraphqlPages};
pub use list::{First, Items, Pages};
pub use metrics::{AttemptReport, CallReport, Metrics};
pub use rate_limit::{
    Acquire, Decision, LocalBudget, RateLimit, RateLimitReply, RateLimiter, RateLimits,
    ThrottleScope,
};
pub use raw::Untyped;
#[cfg(feature = "hyper")]
pub use timer::TokioTimer;
pub use timer::{Sleep, Timer};
pub use wait::WaitFuture;
