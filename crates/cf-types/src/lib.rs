#![doc = include_str!("../README.md")]

mod body;
mod call;
pub mod codec;
mod date;
mod envelope;
mod id;
mod operation;
mod page;
mod reply;
mod request;

pub use body::Body;
pub use call::{Call, Execute, Options, Paginate};
pub use date::DateTime;
pub use envelope::{ApiMessage, Cursors, Envelope, MessageSource, ResultInfo};
pub use id::{AccountId, Scope, ZoneId};
pub use operation::{
    Arguments, BodyKind, Meta, Operation, Paged, Param, Place, ResultKind,
};
pub use page::{Cursor, Page, PageError, PageStyle, Pager, Step};
pub use reply::{ApiFailure, EXCERPT, Excerpt, Reply, ReplyError, decode, decode_watched};
pub use request::{BASE_URL, BuildError, check_base_url};
