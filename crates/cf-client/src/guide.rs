//! The guide: how to do things with this crate, one chapter per subject.
//!
//! New here? Read [Getting started](getting_started), then the job below that is yours. The other chapters answer
//! questions when they come up.
//!
//! # Start
//!
//! | chapter | if you want to |
//! |---|---|
//! | [Getting started](getting_started) | write the first program |
//! | [Products](products) | find the module, feature and method for “Tunnel”, “WAF” or “Turnstile” |
//! | [Tokens and migration](tokens_and_migration) | authenticate, keep secrets, move away from API keys |
//! | [Finding IDs](finding_ids) | get from names to IDs |
//! | [From the crate `cloudflare`](from_cloudflare_rs) | move from the crate `cloudflare` |
//! | [From TypeScript and Python](from_typescript_and_python) | move from the official SDKs |
//!
//! # Jobs
//!
//! The shortest right program for what people ask most, and what goes wrong:
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
//! | [Pages](pages) | create projects, deploy, roll back, use a domain |
//! | [Cache](cache) | purge, decide what is cached and for how long |
//! | [Certificates](certificates) | serve customers' host names, order certificates, choose the TLS mode |
//! | [Audit logs and DNS analytics](analytics) | see who changed what, and how many queries a zone gets |
//!
//! # What this crate adds to the API
//!
//! | chapter | if you want to |
//! |---|---|
//! | [DNS records as a set](dns_records) | create or change a record in one call, have all of a zone's records as they should be |
//! | [Deploying](deploying) | bring Workers and sites online in one call |
//! | [Live logs](live_logs) | see what a Worker does |
//! | [Uploading media](uploading_media) | upload videos and images, in parts or for others |
//! | [R2 and S3](r2_and_s3) | use R2's S3 API, delete many objects |
//! | [SQL rows](sql_rows) | read rows of D1 and Analytics Engine into your own types |
//! | [GraphQL analytics](graphql_analytics) | query analytics, page by page |
//!
//! # Every call
//!
//! | chapter | if you want to |
//! |---|---|
//! | [Pagination](pagination) | read lists: all, some, faster, later |
//! | [Read, change, write](read_change_write) | change something and keep the rest |
//! | [Waiting](waiting) | wait for what takes time |
//! | [Many calls](many_calls) | do the same for hundreds of things |
//! | [Streaming](streaming) | read answers of models, logs and objects as they arrive |
//! | [Errors and retries](errors_and_retries) | know what can fail, and what is retried |
//! | [Rate limits and fleets](rate_limits_and_fleets) | stay below the limits, on one machine or many |
//!
//! # Tests and operation
//!
//! | chapter | if you want to |
//! |---|---|
//! | [Testing with the emulator](testing_with_the_emulator) | test without an account |
//! | [Record and replay](record_and_replay) | test with what the real API said |
//! | [Observability](observability) | see metrics, traces and drift |
//! | [Custom transports](custom_transports) | use a proxy, another HTTP stack, another runtime |
//! | [Operations without the client](operations_without_the_client) | build requests and read replies without any client |
//! | [Features and compile time](features_and_compile_time) | pay only for what you use |
//!
//! In the code blocks, `client` is a [`Client`], and `account` and `zone` are the [IDs](finding_ids) of an account and a zone. The blocks
//! are tests: they compile, and most run against the emulator.

#[allow(unused_imports)] // Chapters link to what is named here.
use crate::*;

/// Chapters, each with a link to the next one; `=>` leads to a chapter that is not in the list.
macro_rules! chapters {
    ($chapter:ident -> $next:ident $($rest:tt)*) => {
        chapters! { $chapter => $next }
        chapters! { $next $($rest)* }
    };
    ($chapter:ident => $next:ident) => {
        #[doc = include_str!(concat!("../guide/", stringify!($chapter), ".md"))]
        #[doc = concat!(
            "\n\n---\n\nNext: [`", stringify!($next), "`](crate::guide::", stringify!($next),
            "). [All chapters](crate::guide).",
        )]
        pub mod $chapter {}
    };
    ($last:ident) => {
        #[doc = include_str!(concat!("../guide/", stringify!($last), ".md"))]
        #[doc = "\n\n---\n\n[All chapters](crate::guide)."]
        pub mod $last {}
    };
}

chapters! {
    getting_started
    -> products
    -> tokens_and_migration
    -> finding_ids
    -> from_cloudflare_rs
    -> from_typescript_and_python
    => dns
}

// The code of these and of `sql_rows` needs products that are off here: `examples/src/lib.rs` runs it.
#[cfg(not(doctest))]
chapters! {
    dns
    -> waf
    -> workers
    -> kv
    -> r2
    -> d1
    -> access_and_tunnels
    -> pages
    -> cache
    -> certificates
    -> analytics
    => dns_records
}

chapters! {
    dns_records
    -> deploying
    -> live_logs
    -> uploading_media
    -> r2_and_s3
    => sql_rows
}

#[cfg(not(doctest))]
chapters! {
    sql_rows => graphql_analytics
}

chapters! {
    graphql_analytics
    -> pagination
    -> read_change_write
    -> waiting
    -> many_calls
    -> streaming
    -> errors_and_retries
    -> rate_limits_and_fleets
    -> testing_with_the_emulator
    -> record_and_replay
    -> observability
    -> custom_transports
    -> operations_without_the_client
    -> features_and_compile_time
}
