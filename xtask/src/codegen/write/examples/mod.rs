//! An example call for each operation, as its documentation shows it and a test compiles it.

mod show;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::codegen::plan::{Example, Plan};
use crate::codegen::words::names;
use crate::codegen::write::template::template;
use value::Writer;

template! {
    All { modules, extends } = r#"
//! A call of each operation, as its documentation shows it.

$modules

use crate::examples::Example;

/// Every example of the products that are compiled in.
pub fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    $extends
    examples
}
"#
}

template! {
    Module { product } = r#"
#[cfg(feature = "$product")]
mod $product;
"#
}

template! {
    Extend { product } = r#"
#[cfg(feature = "$product")]
examples.extend($product::examples());
"#
}

template! {
    OfProduct { product, imports, examples } = r#"
//! The examples of `$product`.

use crate::examples::$imports;

/// Every example.
pub(super) fn examples() -> Vec<Example> {
    let client = cf_types::api();
    Vec::from([
        $examples
    ])
}
"#
}

template! {
    Block { uses, variables, call } = r#"
{
    $uses
    $variables
    $call
},
"#
}

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
    let products = || calls.keys();
    let declared = products().map(|product| Module { product }.fill());
    let extends = products().map(|product| Extend { product }.fill());
    let all = All {
        modules: &declared.collect::<String>(),
        extends: &extends.collect::<String>(),
    };
    let mut modules = BTreeMap::from([("mod".to_owned(), all.fill())]);
    for (product, examples) in &calls {
        modules.insert(product.clone(), module(product, examples));
    }
    modules
}

/// The module of one product.
fn module(product: &str, examples: &str) -> String {
    let mut used = vec!["Example"];
    used.extend(examples.contains("= ID;").then_some("ID"));
    used.extend(examples.contains("example(\"").then_some("example"));
    used.extend(examples.contains("list(\"").then_some("list"));
    let of_product = OfProduct {
        product,
        imports: &names::braced(&used),
        examples,
    };
    of_product.fill()
}

/// An element of the list of examples.
fn as_request(example: &Example, function: &str, operation: &str) -> String {
    let call = example.call.replace("cf_client::types::", "cf_types::");
    let call = format!("{function}({operation:?}, {call})");
    let mut uses = String::new();
    for (module, names) in &example.uses {
        for name in names {
            let path = [module.as_str(), name].join("::");
            uses += &format!("use cf_types::{};\n", path.trim_start_matches("::"));
        }
    }
    let variables = example.variables.iter();
    let variables: String = variables
        .map(|name| format!("let {name} = ID;\n"))
        .collect();
    if uses.is_empty() && variables.is_empty() {
        return call + ",\n";
    }
    let block = Block {
        uses: &uses,
        variables: &variables,
        call: &call,
    };
    block.fill()
}
