//! Who calls, and what they may do.

mod authenticate;
mod groups;
pub(crate) mod permissions;

pub(crate) use authenticate::{Access, authorize, denied, is_token};
