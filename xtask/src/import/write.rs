//! Writes the result of an import, and reports it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::known::KnownOperation;
use super::official::Import;
use super::{Options, drop};
use crate::description::json::Json;
use crate::description::{self, Description, additions};
use crate::{codegen, ops};

impl Import<'_> {
    /// Writes the additions, drops what is to be dropped, and reports the result.
    #[allow(clippy::print_stdout)]
    pub fn write(mut self, options: &Options, missing: &[&KnownOperation]) -> Result<()> {
        let mut base = description::by_product(&options.api)?;
        if options.drop_missing {
            self.report.dropped = true;
            let before = drop::used_schemas(&base, &self.additions);
            for known in missing {
                drop::operation(&mut base, known);
                drop::operation(&mut self.additions, known);
            }
            let after = drop::used_schemas(&base, &self.additions);
            let unused = before.difference(&after).collect();
            drop::schemas(&mut base, &unused);
            drop::schemas(&mut self.additions, &unused);
            for (product, document) in &base {
                let file = options.api.join(format!("{product}.json"));
                fs::write(file, document.pretty())?;
            }
        }
        write_additions(&options.api, std::mem::take(&mut self.additions))?;
        let named = self.learn_calls(&options.api);
        println!("{}", self.report);
        named.context("what was imported has been written, but cannot be read as a description")
    }

    /// The Rust names of new operations.
    fn learn_calls(&mut self, api: &Path) -> Result<()> {
        let description = Description::load(api)?;
        let methods = codegen::method_names(&description, api)?;
        for new in &description.operations {
            if !self.report.new.contains(&new.id) {
                continue;
            }
            let method = &methods[&new.id];
            let call = ops::accessor_call(new, method);
            if method.ends_with("_operation") {
                self.report.open.insert(format!(
                    "no rule gives {} a good name; it is {call}",
                    new.id
                ));
            }
            let (verb, path) = (&new.verb, &new.path);
            self.report.calls.push(format!("{verb:6} {path} {call}"));
        }
        Ok(())
    }
}

/// Writes the additions, in alphabetical order; products without any have no file.
pub fn write_additions(api: &Path, additions: BTreeMap<String, Json>) -> Result<()> {
    let folder = api.join(additions::FOLDER);
    fs::create_dir_all(&folder)?;
    for (product, mut document) in additions {
        sort(&mut document, &["paths"]);
        sort(&mut document, &["components", "schemas"]);
        let file = folder.join(format!("{product}.json"));
        let has = |path: &[&str]| {
            document
                .at(path)
                .is_some_and(|json| !json.members().is_empty())
        };
        if has(&["paths"]) || has(&["components", "schemas"]) {
            fs::write(file, document.pretty())?;
        } else if file.exists() {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// Sorts the members of an object within a document alphabetically.
fn sort(document: &mut Json, path: &[&str]) {
    let mut at = Some(document);
    for key in path {
        at = at.and_then(|json| json.get_mut(key));
    }
    if let Some(json) = at {
        json.members_mut().sort_by(|a, b| a.0.cmp(&b.0));
    }
}
