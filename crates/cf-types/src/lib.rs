#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod base_url;
mod body;
mod build_error;
mod call;
pub mod codec;
mod date;
mod decode;
mod digest;
mod envelope;
mod percent;
mod prepared;
// The API's own names and sizes: modules like `zero_trust::access::access`, variants with many fields.
#[allow(
    clippy::large_enum_variant,
    clippy::module_inception,
    clippy::self_named_constructors
)]
mod generated;
mod id;
mod idempotency;
mod meaning;
mod meta;
mod operation;
mod page;
mod reply;
mod request;
#[cfg(any(feature = "analytics_engine", feature = "d1"))]
mod rows;
mod shortcuts;
mod untyped;
mod wait;

pub use api::{Api, api};
pub use base_url::{BaseUrl, check_base_url};
pub use body::Body;
pub use build_error::BuildError;
pub use call::{Call, Execute, ExecuteBody, Options, Paginate};
pub use date::{Date, DateTime};
pub use decode::{decode, decode_into, decode_watched};
pub use envelope::{ApiMessage, Cursors, Envelope, MessageSource, ResultInfo};
pub use generated::*;
pub use id::{AccountId, Scope, ZoneId};
pub use idempotency::is_idempotent;
pub use meaning::Meaning;
pub use operation::{
    Arguments, BodyKind, Keyset, Meta, Operation, PageStyle, Paged, Param, ParamLocation,
    ResultKind,
};
pub use page::{Cursor, Page, PageError, Pager, Step};
pub use prepared::PreparedRequest;
pub use reply::{ApiFailure, EXCERPT, Excerpt, Reply, ReplyError, check};
pub use request::BASE_URL;
#[cfg(feature = "d1")]
pub use rows::SqlValue;
pub use untyped::{ExecuteUntyped, Untyped};
#[doc(hidden)]
pub use wait::Waiting;
pub use wait::{Awaited, ExecuteWait, Poller, Progress, Stage, Wait};
