//! `cargo xtask import`: brings in an OpenAPI document.
//!
//! One in the description's own form ([`own`]) is the base from then on. One in the official form ([`official`]) adds to
//! what is there: operations are known by verb and path, new ones get names by what stands beside them ([`resource`],
//! [`method`]), and nothing that is there is lost.

mod body;
mod drop;
mod envelope;
mod fields;
mod forms;
mod hints;
mod known;
mod method;
mod official;
mod operation;
mod own;
mod pages;
mod paths;
mod report;
mod resource;
mod schema;
mod write;

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::description::{self, json::Json};

/// What to bring in, and where to.
pub struct Options {
    pub file: PathBuf,
    /// Leave operations that are there as they are.
    pub new_only: bool,
    /// Drop operations that the document lacks.
    pub drop_missing: bool,
    /// Where the API description lies.
    pub api: PathBuf,
}

pub fn run(options: &Options) -> Result<()> {
    let document = description::read_json(&options.file)?;
    fs::create_dir_all(&options.api)?;
    if has_own_form(&document) {
        own::import(&document, &options.api)
    } else {
        official::import(&document, options)
    }
}

/// Whether the operations say themselves what they are called.
fn has_own_form(document: &Json) -> bool {
    let paths = document.get("paths").map(Json::members).unwrap_or_default();
    paths
        .iter()
        .flat_map(|(_, item)| item.members())
        .any(|(_, operation)| operation.get("x-cf-resource").is_some())
}
