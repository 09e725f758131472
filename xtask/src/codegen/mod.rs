//! `cargo xtask codegen`: writes models, operations and accessors from the API description.
//!
//! The way: description → [`collect`] (schemas become items) → [`classes`] (equal ones become one)
//! → [`plan`] (what is where) → [`models`], [`operations`], [`crates`] (text) → [`output`].

mod classes;
mod collect;
mod config;
mod crates;
mod emulator;
mod models;
pub mod names;
mod operations;
mod output;
mod paged;
mod partition;
mod plan;
mod render;
mod secrets;
mod types;

use std::path::PathBuf;

use anyhow::Result;

use crate::description::{self, Description, Operation};
use output::Output;
use plan::Plan;
use secrets::Secrets;

/// Directories that hold nothing but generated files.
const GENERATED: &[&str] = &[
    "crates/cf-types/src/generated",
    "crates/cf-client/src/generated",
    "crates/cf-emulator/src/generated",
    "crates/cf-redact/src/generated",
    "tests/src/generated",
];

/// The Rust name of an operation's method.
pub fn method_name(operation: &Operation) -> String {
    names::snake(&operation.method)
}

/// What to do with what was generated.
pub struct Options {
    /// Write nothing, compare only.
    pub check: bool,
    /// Where the API description lies.
    pub api: PathBuf,
    /// The top of the repository.
    pub top: PathBuf,
}

pub fn run(options: &Options) -> Result<()> {
    let documents = description::documents(&options.api)?;
    let description = Description::of(&documents)?;
    let products = description.products();
    let secrets = Secrets::load(&options.api)?;
    let mut plan = Plan::new(&description, &products)?;
    plan.secret = secrets.fields(&plan);
    let mut output = Output::default();
    crates::write(&plan, &products, &mut output);
    crates::write_features(&options.top, &products, &mut output)?;
    emulator::write(&documents, &mut output);
    secrets.write(&description, &mut output)?;
    output.format(GENERATED)?;
    if options.check {
        output.check(&options.top, GENERATED)
    } else {
        output.write(&options.top, GENERATED)
    }
}
