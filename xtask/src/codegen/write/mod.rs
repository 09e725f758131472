//! Writes what was planned.

mod accessors;
mod clients;
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
pub mod manifests;
mod marks;
pub mod models;
pub mod operations;
pub mod output;
mod pages;
pub mod permissions;
pub mod products;
pub mod render;
pub mod resources;
mod rustfmt;
pub mod secrets;
mod template;
mod test_tables;
mod values;
