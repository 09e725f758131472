//! What this library costs, compared with the least that the same work can cost.
//!
//! - [`fixtures`] generates the replies, the same ones every time;
//! - [`models`] is what a careful person writes by hand for serde: every field, nothing else;
//! - [`memory`] decodes and encodes them, without any network;
//! - [`server`] sends them, from a process of its own, and [`relay`] makes it a distant one;
//! - [`peers`] do the same work by different means: the floor, reqwest, this library;
//! - [`workload`] is what they do, and [`usage`] what it took;
//! - [`worker`] runs one workload with one peer.
//!
//! `cargo xtask bench` runs all of it and prints the table.

pub mod fixtures;
pub mod memory;
pub mod models;
pub mod peers;
pub mod relay;
pub mod server;
pub mod usage;
pub mod worker;
pub mod workload;

/// Whatever went wrong. A benchmark can only stop.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
