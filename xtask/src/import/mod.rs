//! `cargo xtask import`: imports an OpenAPI document.
//!
//! One in the description's own form ([`own`]) becomes the base. One in the official form ([`official`]) adds to
//! what exists: operations are identified by method and path, new ones are named after their neighbours ([`resource`],
//! [`method`]), and nothing that exists is lost.

mod body;
mod drop;
mod envelope;
mod fields;
mod forms;
mod hints;
mod known;
mod method;
mod no_data;
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

/// What to import, and where to.
pub struct Options {
    pub file: PathBuf,
    /// Leave existing operations as they are.
    pub new_only: bool,
    /// Drop operations that the document lacks.
    pub drop_missing: bool,
    /// Where the API description is.
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

/// Whether the operations have their own names.
fn has_own_form(document: &Json) -> bool {
    let paths = document.get("paths").map(Json::members).unwrap_or_default();
    paths
        .iter()
        .flat_map(|(_, item)| item.members())
        .any(|(_, operation)| operation.get("x-cf-resource").is_some())
}
