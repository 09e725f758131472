//! The way of a request.

pub(crate) mod call;
pub(crate) mod encoded;
