//! Constructors that the API's description does not show.

#[cfg(feature = "zero_trust")]
mod ingress;
#[cfg(any(feature = "ai", feature = "aisearch"))]
mod messages;
#[cfg(feature = "page_rules")]
mod page_rules;
