//! Who is calling, and what they may do.

pub(crate) mod authenticate;
pub(crate) mod authorize;
mod caller;
pub(crate) mod groups;
pub(crate) mod permissions;

pub(crate) use authenticate::{authenticate, is_token};
pub(crate) use authorize::{authorize, denied, parents};
pub(crate) use caller::Access;
