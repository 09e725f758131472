//! `cargo xtask codegen`: writes models, operations and accessors from the API description.
//!
//! The steps: description → [`items`] (schemas, each in its place) → [`identity`] (those of one thing are merged) →
//! [`planner`] (types with modules, fields and constructors; operations) and [`naming`] → [`plan`] → [`mod@write`]. In
//! each step [`lock`], what was published, takes precedence, and [`policy`] comes next. [`words`] is used by all.

mod codes;
mod docs;
#[cfg(test)]
mod growth;
mod identity;
mod items;
mod lock;
mod naming;
mod plan;
mod planner;
mod policy;
#[cfg(test)]
mod required;
mod search;
pub mod words;
mod write;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::description::{self, Description};
use codes::Codes;
use docs::texts::Docs;
use lock::Lock;
use plan::Plan;
use policy::Policy;
use search::Search;
use write::examples;
use write::output::Output;
use write::permissions::Permissions;
use write::secrets::Secrets;

/// Directories that contain only generated files.
const GENERATED: &[&str] = &[
    "crates/cf-types/src/generated",
    "crates/cf-client/src/generated",
    "crates/cf-emulator/src/generated",
    "crates/cf-redact/src/generated",
    "tests/src/generated",
];

/// The Rust name of every operation's method, by the operation's ID.
pub fn method_names(description: &Description, api: &Path) -> Result<BTreeMap<String, String>> {
    let policy = Policy::load(api)?;
    let lock = Lock::load(api)?;
    let operations = description.operations.iter();
    Ok(naming::methods::names(operations, &policy.methods, &lock))
}

/// What to do with the generated files.
pub struct Options {
    /// Write nothing, compare only.
    pub check: bool,
    /// Change what has been published.
    pub breaking: bool,
    /// Where the API description is.
    pub api: PathBuf,
    /// The top of the repository.
    pub top: PathBuf,
}

/// Prints how much our own sentences say of each product; fails where one is no good.
pub fn docs(api: &Path) -> Result<()> {
    let description = Description::load(api)?;
    docs::report(&planned(&description, &Lock::load(api)?, api)?)
}

/// What is to be written, with what was said by hand.
fn planned(description: &Description, lock: &Lock, api: &Path) -> Result<Plan> {
    let policy = Policy::load(api)?;
    let mut plan = planner::plan(description, &description.products(), &policy, lock)?;
    policy.check(&plan)?;
    plan.docs = Docs::load(api)?;
    plan.docs.check(&plan)?;
    plan.search = Search::load(api)?;
    plan.search
        .check(plan.operations.iter().map(|planned| &planned.operation))?;
    plan.codes = Codes::load(api)?;
    plan.codes.check(description)?;
    Ok(plan)
}

#[allow(clippy::print_stderr)] // What is held is not an error, but worth knowing.
pub fn run(options: &Options) -> Result<()> {
    let documents = description::documents(&options.api)?;
    let description = Description::of(&documents, &options.api)?;
    let products = description.products();
    let secrets = Secrets::load(&options.api)?;
    let permissions = Permissions::load(&options.api)?;
    permissions.check(&description)?;
    let mut lock = Lock::load(&options.api)?;
    lock.breaking = options.breaking;
    let mut plan = planned(&description, &lock, &options.api)?;
    for held in &plan.held {
        eprintln!("{held}");
    }
    let next = Lock::of(&plan);
    if next.files() != lock.files() {
        // With what is new in the lock, the order of fields may differ: use what the next run would have.
        plan = planned(&description, &next, &options.api)?;
    }
    let mut output = Output::default();
    let broken = lock.broken_by(&next);
    if !options.breaking {
        ensure!(
            broken.is_empty(),
            "what has been published would change. Fix the generator or its data, or break it on purpose with \
             --break:\n{}",
            broken.join("\n")
        );
    } else if !broken.is_empty() {
        let changelog = fs::read_to_string(options.top.join("CHANGELOG.md"))?;
        output.plain("CHANGELOG.md", with_breaks(&changelog, &broken)?);
    }
    plan.secret = secrets.fields(&plan);
    plan.permissions = permissions.sentences();
    plan.examples = examples::Said::load(&options.api)?.examples(&plan)?;
    write::crates::write(&plan, &products, &mut output);
    write::manifests::write(&plan, &options.top, &products, &mut output)?;
    write::codes::write(&plan.codes, &documents, &mut output);
    write::constants::write(&plan.codes, &mut output);
    write::emulator::write(documents, &description, &permissions, &mut output);
    permissions.write(&description, &mut output);
    secrets.write(&description, &mut output)?;
    write::counts::write(
        plan.operations.len(),
        products.len(),
        &options.top,
        &mut output,
    )?;
    write::products::write(&plan, &options.top, &mut output)?;
    for (name, text) in next.files() {
        output.plain(options.api.join(lock::FOLDER).join(name), text);
    }
    output.format(GENERATED)?;
    if options.check {
        output.check(&options.top, GENERATED)
    } else {
        output.write(&options.top, GENERATED)
    }
}

/// The changelog with what changes for users, at the end of "Unreleased".
fn with_breaks(changelog: &str, broken: &[String]) -> Result<String> {
    const UNRELEASED: &str = "## [Unreleased]";
    let start = changelog
        .find(UNRELEASED)
        .with_context(|| format!("the changelog has no `{UNRELEASED}`"))?;
    let after = start + UNRELEASED.len();
    let end = changelog[after..]
        .find("\n## ")
        .map_or(changelog.len(), |at| after + at);
    let lines: String = broken
        .iter()
        .map(|what| format!("- Breaking: {what}.\n"))
        .collect();
    let (front, back) = changelog.split_at(end);
    Ok(format!(
        "{}\n\n### Changed in the generated types\n\n{lines}{back}",
        front.trim_end()
    ))
}
