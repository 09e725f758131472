//! Requests and replies: nothing here knows the API's operations.

pub(crate) mod body;
pub(crate) mod certificate;
pub(crate) mod content;
pub(crate) mod domain;
pub(crate) mod envelope;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod ids;
pub(crate) mod ip;
pub(crate) mod json;
pub(crate) mod made_up;
pub(crate) mod multipart;
mod ordered;
pub(crate) mod paging;
pub(crate) mod path;
#[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
pub(crate) mod private;
pub(crate) mod query;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod text;
