//! An example call for each operation, as its documentation shows it and a test compiles it.

mod show;
mod value;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::codegen::plan::{Example, Plan};
use crate::codegen::words::names;
use value::Writer;

/// What was written by hand for examples, from `xtask/api/examples/`.
#[derive(Debug, Default)]
pub struct Said {
    /// What fields and parameters hold, by name, or by type (or operation) and name.
    texts: BTreeMap<String, String>,
    /// Bodies, by operation. Types are in double braces, as paths.
    bodies: BTreeMap<String, String>,
    /// Which variant of a union or enum to show, by its path.
    variants: BTreeMap<String, String>,
}

impl Said {
    pub fn load(api: &Path) -> Result<Said> {
        Ok(Said {
            texts: read(&api.join("examples/texts.json"))?,
            bodies: read(&api.join("examples/bodies.json"))?,
            variants: read(&api.join("examples/variants.json"))?,
        })
    }

    /// An example for each operation.
    pub fn examples(&self, plan: &Plan) -> Result<BTreeMap<String, Example>> {
        for operation in self.bodies.keys() {
            let mut known = plan.operations.iter();
            ensure!(
                known.any(|planned| planned.operation.id == *operation),
                "there is an example for `{operation}`, which does not exist"
            );
        }
        let examples = plan.operations.iter().map(|planned| {
            let example = Writer::new(self, plan, planned).example();
            (planned.operation.id.clone(), example)
        });
        let mut examples = examples.collect();
        show::fill_in(plan, &mut examples)?;
        Ok(examples)
    }
}

/// A file that may be missing.
fn read(file: &Path) -> Result<BTreeMap<String, String>> {
    if !file.exists() {
        return Ok(BTreeMap::new());
    }
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))
}

/// The modules of a test program: every example as a request. By file name.
pub fn modules(plan: &Plan) -> BTreeMap<String, String> {
    let mut calls: BTreeMap<String, String> = BTreeMap::new();
    for planned in &plan.operations {
        let operation = &planned.operation;
        let product = operation.resource.first();
        let product = product.map(|name| names::snake(name)).unwrap_or_default();
        if let Some(example) = plan.examples.get(&operation.id) {
            let function = match planned.paged {
                Some(_) => "list",
                None => "example",
            };
            let call = as_request(example, function, &operation.id);
            calls.entry(product).or_default().push_str(&call);
        }
    }
    let mut root = String::from("//! A call of each operation, as its documentation shows it.\n\n");
    let mut all = String::from(
        "use crate::examples::Example;\n\n\
         /// Every example of the products that are compiled in.\n\
         pub fn examples() -> Vec<Example> {\n    let mut examples = Vec::new();\n",
    );
    for product in calls.keys() {
        let feature = format!("#[cfg(feature = {product:?})]");
        let _ = writeln!(root, "{feature}\nmod {product};");
        let _ = writeln!(all, "{feature}\nexamples.extend({product}::examples());");
    }
    let modules = calls.into_iter().map(|(product, calls)| {
        let text = module(&product, &calls);
        (product, text)
    });
    let mut modules: BTreeMap<String, String> = modules.collect();
    modules.insert("mod".to_owned(), format!("{root}\n{all}examples\n}}\n"));
    modules
}

/// The module of one product.
fn module(product: &str, calls: &str) -> String {
    let mut used = vec!["Example"];
    used.extend(calls.contains("= ID;").then_some("ID"));
    used.extend(calls.contains("example(\"").then_some("example"));
    used.extend(calls.contains("list(\"").then_some("list"));
    format!(
        "//! The examples of `{product}`.\n\nuse crate::examples::{{{}}};\n\n/// Every example.\n\
         pub(super) fn examples() -> Vec<Example> {{\n    let client = cf_types::api();\n    \
         Vec::from([\n{calls}])\n}}\n",
        used.join(", ")
    )
}

/// An element of the list of examples.
fn as_request(example: &Example, function: &str, operation: &str) -> String {
    let mut block = String::new();
    for (module, names) in &example.uses {
        for name in names {
            let path = [module.as_str(), name].join("::");
            let path = path.trim_start_matches("::");
            let _ = writeln!(block, "use cf_types::{path};");
        }
    }
    for variable in &example.variables {
        let _ = writeln!(block, "let {variable} = ID;");
    }
    let call = example.call.replace("cf_client::types::", "cf_types::");
    let call = format!("{function}({operation:?}, {call})");
    if block.is_empty() {
        format!("{call},\n")
    } else {
        format!("{{\n{block}{call}\n}},\n")
    }
}
