//! The guide: how to do things with this crate, one chapter per subject.
//!
//! What holds for every product:
//!
//! | chapter | if you want to |
//! |---|---|
//! | [Getting started](getting_started) | write the first program |
//! | [Tokens and migration](tokens_and_migration) | authenticate, keep secrets, move away from API keys |
//! | [Finding IDs](finding_ids) | get from names to IDs |
//! | [Pagination](pagination) | read lists: all, some, faster, later |
//! | [Streaming](streaming) | read answers of models, logs and objects as they arrive |
//! | [GraphQL analytics](graphql_analytics) | query analytics, page by page |
//! | [SQL rows](sql_rows) | read rows of D1 and Analytics Engine into types of yours |
//! | [Read, change, write](read_change_write) | change something and keep the rest |
//! | [DNS records](dns_records) | have a zone's records as they should be |
//! | [Waiting](waiting) | wait for what takes time |
//! | [Many calls](many_calls) | do the same for hundreds of things |
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
//! Jobs: the shortest right program for what people ask most, and what goes wrong:
//!
//! | chapter | if you want to |
//! |---|---|
//! | [DNS](dns) | find, create, change, import and export records |
//! | [WAF and rulesets](waf) | add and change rules, limit rates, use lists |
//! | [Workers](workers) | upload code with bindings and secrets, schedule, publish and release it |
//! | [Workers KV](kv) | write, read, list and delete keys, one or thousands |
//! | [R2](r2) | create buckets, set their rules, store objects, lend access |
//! | [D1](d1) | run SQL, read rows, move databases as files |
//! | [Access and tunnels](access_and_tunnels) | put an application behind a login, reach a server without an open port |
//! | [Pages](pages) | create projects, deploy, go back, use a domain |
//! | [Cache](cache) | purge, decide what is cached and for how long |
//! | [Certificates](certificates) | serve customers' host names, order certificates, choose the TLS mode |
//! | [Analytics](analytics) | see who changed what |
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
    streaming
    graphql_analytics
    sql_rows
    read_change_write
    dns_records
    waiting
    many_calls
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

// Their code needs products that are off here: `examples/src/lib.rs` runs it.
#[cfg(not(doctest))]
chapters! {
    dns
    waf
    workers
    kv
    r2
    d1
    access_and_tunnels
    pages
    cache
    certificates
    analytics
}
