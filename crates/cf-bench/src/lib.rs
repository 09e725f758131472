//! What this library costs, against the least that the same work can cost.
//!
//! - [`fixtures`] makes the replies, the same ones every time;
//! - [`models`] is what a careful person writes by hand for serde: every field, nothing else;
//! - [`memory`] decodes and encodes them, without any network;
//! - [`usage`] tells what a process has used.

pub mod fixtures;
pub mod memory;
pub mod models;
pub mod usage;
