//! End-to-end tests through public interfaces.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "ai")]
mod ai;
mod codec_properties;
mod conformance;
mod end_to_end;
mod examples;
mod formats;
#[cfg(feature = "workers")]
mod forms;
mod lists;
#[cfg(all(
    feature = "ai",
    feature = "kv",
    feature = "load_balancers",
    feature = "r2",
    feature = "workers",
    feature = "zero_trust"
))]
mod migration_calls;
#[cfg(any(feature = "r2", feature = "realtime_kit", feature = "stream"))]
mod paged;
#[cfg(all(
    feature = "custom_hostnames",
    feature = "kv",
    feature = "load_balancers",
    feature = "page_rules",
    feature = "pages",
    feature = "queues",
    feature = "r2",
    feature = "rules",
    feature = "rulesets",
    feature = "waiting_rooms",
    feature = "workers",
    feature = "zero_trust"
))]
mod read_change_write;
mod read_change_write_properties;
#[cfg(all(
    feature = "cache",
    feature = "custom_hostnames",
    feature = "kv",
    feature = "load_balancers",
    feature = "r2",
    feature = "rulesets",
    feature = "zero_trust"
))]
mod sdk_calls;
#[cfg(feature = "d1")]
mod sql_rows;
mod unset;
#[cfg(feature = "vectorize")]
mod vectorize;
