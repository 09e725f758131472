//! The guide: how to do things with this crate, one chapter per subject.
//!
//! | chapter | if you want to |
//! |---|---|
//! | [Getting started](getting_started) | write the first program |
//! | [Tokens and migration](tokens_and_migration) | authenticate, keep secrets, move away from API keys |
//! | [Finding IDs](finding_ids) | get from names to IDs |
//! | [Pagination](pagination) | read lists: all, some, faster, later |
//! | [Read, change, write](read_change_write) | change something and keep the rest |
//! | [Deploying](deploying) | bring Workers and sites online |
//! | [Live logs](live_logs) | see what a Worker does |
//! | [Uploading media](uploading_media) | upload videos and images, in parts or for others |
//! | [R2 and S3](r2_and_s3) | use R2's S3 API, delete many objects |
//! | [Errors and retries](errors_and_retries) | know what can fail, and what is retried |
//! | [Rate limits and fleets](rate_limits_and_fleets) | stay below the limits, on one machine or many |
//! | [Custom transports](custom_transports) | use a proxy, another HTTP stack, another runtime |
//! | [Testing with the emulator](testing_with_the_emulator) | test without an account |
//! | [Record and replay](record_and_replay) | test with what the real API said |
//! | [Operations without the client](operations_without_the_client) | build requests and read replies without any client |
//! | [Observability](observability) | see metrics, traces and drift |
//! | [Features and compile time](features_and_compile_time) | pay only for what you use |
//! | [From the crate `cloudflare`](from_cloudflare_rs) | move from the crate `cloudflare` |
//! | [From TypeScript and Python](from_typescript_and_python) | move from the official SDKs |
//!
//! The code blocks are tests: they compile, and most run against the emulator.

#[allow(unused_imports)] // Chapters link to what is named here.
use crate::*;

macro_rules! chapters {
    ($($chapter:ident)*) => {
        $(
            #[doc = include_str!(concat!("../guide/", stringify!($chapter), ".md"))]
            pub mod $chapter {}
        )*
    };
}

chapters! {
    getting_started
    tokens_and_migration
    finding_ids
    pagination
    read_change_write
    deploying
    live_logs
    uploading_media
    r2_and_s3
    errors_and_retries
    rate_limits_and_fleets
    custom_transports
    testing_with_the_emulator
    record_and_replay
    operations_without_the_client
    observability
    features_and_compile_time
    from_cloudflare_rs
    from_typescript_and_python
}
