//! Writes what was planned.

pub mod codes;
pub mod constants;
pub mod constructors;
pub mod conversions;
pub mod counts;
pub mod crates;
pub mod emulator;
pub mod examples;
mod explanations;
mod facts;
pub mod models;
mod nested;
pub mod operations;
pub mod output;
pub mod permissions;
pub mod products;
pub mod render;
mod rustfmt;
pub mod secrets;
mod values;
