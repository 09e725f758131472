//! `cargo xtask codegen`: writes models, operations and accessors from the API description.
//!
//! The way: description → [`collect`] (schemas become items) → [`classes`] (equal ones become one)
//! → [`plan`] (what is where) → [`models`], [`operations`], [`crates`] (text) → [`output`].

mod classes;
mod collect;
mod config;
mod crates;
mod models;
mod names;
mod operations;
mod output;
mod plan;
mod render;
mod types;

use std::path::Path;

use anyhow::{Context, Result};

use crate::description::{self, Description};
use output::Output;
use plan::Plan;

/// Directories that hold nothing but generated files.
const GENERATED: &[&str] = &[
    "crates/cf-types/src/generated",
    "crates/cf-client/src/generated",
    "tests/src/generated",
];

pub fn run(check: bool) -> Result<()> {
    let description = Description::load(&description::home())?;
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no repository")?;
    let plan = Plan::new(&description, config::PRODUCTS);
    let mut output = Output::default();
    crates::write(&plan, config::PRODUCTS, &mut output);
    crates::write_features(top, config::PRODUCTS, &mut output)?;
    output.format()?;
    if check { output.check(top, GENERATED) } else { output.write(top, GENERATED) }
}
