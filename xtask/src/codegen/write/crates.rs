//! Puts the pieces into files: the modules of the products, the root of the accessor tree, and what all modules use.

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::SHARED;
use crate::codegen::search;
use crate::codegen::words::names;
use crate::codegen::write::output::Output;
use crate::codegen::write::resources::{self, Resource};
use crate::codegen::write::template::template;
use crate::codegen::write::{clients, explanations, models, operations, test_tables};

const TYPES: &str = "crates/cf-types/src/generated";
const CLIENT: &str = "crates/cf-client/src/generated";

/// What generated modules use.
const PRELUDE: &str = "\
//! What generated modules use.

// Which of it depends on the products that are compiled in.
#![allow(unused_imports)]

pub(crate) use std::collections::BTreeMap;

pub(crate) use http::Method;
pub(crate) use serde_json::Value;

pub(crate) use crate::codec::convert::param_of;
pub(crate) use crate::codec::object::model;
pub(crate) use crate::codec::open_enum::open_enum;
pub(crate) use crate::codec::union::{boxed_union, union};
pub(crate) use crate::codec::{self, Blob, Extra};
pub(crate) use crate::operation::{BodyKind, PageStyle, ResultKind, operation};
pub(crate) use crate::page::{Keyset, Told};
pub(crate) use crate::{AccountId, Call, Date, DateTime, Page, Scope, ZoneId};
";

const SHARED_TYPES: &str = "\
//! Types that several products use.

mod definitions;

pub use definitions::*;
";

template! {
    /// The file of a resource.
    File { heading, definitions, exports, content } = r#"
$heading

mod $?definitions;

pub use $?definitions::*;
$exports
$content
"#
}

template! {
    /// Models and operations of all products.
    Root { products, accessors } = r#"
//! Models and operations of the API.

pub mod codes;
pub(crate) mod idempotency;
pub(crate) mod prelude;
pub mod shared;
$products

use crate::Api;

impl<C> Api<C> {
    $accessors
}
"#
}

template! {
    Product { product, module } = r#"
#[cfg(feature = "$product")]
pub mod $module;
"#
}

template! {
    /// Leads to a product.
    Step { doc, aliases, product, module, accessor } = r#"
$doc
$aliases
#[cfg(feature = "$product")]
pub fn $module(self) -> $module::$accessor<C> {
    $module::$accessor(self.0)
}

"#
}

template! {
    Idempotency { rows } = r#"
//! Operations whose HTTP method does not say whether a second call changes more.

use http::Method;

/// Method, path, and whether it can be repeated.
pub(crate) const EXCEPTIONS: &[(Method, &str, bool)] = &[
    $rows
];
"#
}

pub fn write(plan: &Plan, products: &[&str], output: &mut Output) {
    output.rust(format!("{TYPES}/prelude.rs"), PRELUDE);
    output.rust(format!("{TYPES}/idempotency.rs"), &idempotency(plan));
    if let Some(text) = models::file(plan, &[SHARED.to_owned()]) {
        output.rust(format!("{TYPES}/{SHARED}/definitions.rs"), &text);
    }
    output.rust(format!("{TYPES}/{SHARED}/mod.rs"), SHARED_TYPES);
    let products = products.iter();
    let trees: Vec<Resource> = products
        .map(|product| Resource::tree(plan, product))
        .collect();
    for tree in &trees {
        write_resource(plan, tree, &format!("{TYPES}/{}", tree.module()), output);
    }
    output.rust(format!("{TYPES}/mod.rs"), &root(plan, &trees));
    output.rust(format!("{CLIENT}/mod.rs"), &clients::module(plan, &trees));
    test_tables::write(plan, output);
}

fn write_resource(plan: &Plan, resource: &Resource, dir: &str, output: &mut Output) {
    let models = models::file(plan, &resource.path);
    let text = File {
        heading: &heading(plan, resource),
        definitions: models.as_ref().map_or("", |_| "definitions"),
        exports: &exports(plan, &resource.path),
        content: &operations::module(plan, resource),
    };
    let is_folder = models.is_some() || !resource.children.is_empty();
    let file = if is_folder {
        format!("{dir}/mod.rs")
    } else {
        format!("{dir}.rs")
    };
    output.rust(file, &text.fill());
    if let Some(models) = models {
        output.rust(format!("{dir}/definitions.rs"), &models);
    }
    for child in &resource.children {
        write_resource(plan, child, &format!("{dir}/{}", child.module()), output);
    }
}

/// The head of a resource's module: what it is, its operations, and where its error codes are.
fn heading(plan: &Plan, resource: &Resource) -> String {
    let path = resource.path.join(".");
    let product = match resource.path.as_slice() {
        [product] => Some(product),
        _ => None,
    };
    let name = product.and_then(|product| plan.search.name(product));
    let mut lines: Vec<String> = name
        .into_iter()
        .flat_map(|name| [name.to_owned(), String::new()])
        .collect();
    lines.push(match name {
        Some(_) => format!("Operations and models of `{path}`, with the feature `{path}`."),
        None => {
            resources::summary(plan, resource).replacen("operations", "operations and models", 1)
        }
    });
    lines.extend(resources::table(plan, resource));
    if let Some(product) = product.filter(|name| plan.codes.products.contains_key(*name)) {
        let module = names::snake(product);
        lines.push(String::new());
        lines.push(format!(
            "Its error codes: [`codes::{module}`](crate::codes::{module})."
        ));
    }
    lines
        .iter()
        .map(|line| format!("//! {line}").trim_end().to_owned() + "\n")
        .collect()
}

/// What a resource uses from other modules.
fn exports(plan: &Plan, resource: &[String]) -> String {
    let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, item) in plan.exports.get(resource).into_iter().flatten() {
        let module = names::module(&plan.definitions[*item].home);
        names.entry(module).or_default().push(name);
    }
    let uses = names
        .iter()
        .map(|(module, names)| format!("pub use crate::{module}::{};\n", names::braced(names)));
    uses.collect()
}

/// The generated module itself, and the root of the accessor tree.
fn root(plan: &Plan, trees: &[Resource]) -> String {
    let products = trees.iter().map(|tree| {
        let product = Product {
            product: &tree.path[0],
            module: &tree.module(),
        };
        product.fill()
    });
    let accessors = trees.iter().map(|tree| {
        let module = &tree.module();
        let aliases = plan.search.of_resource(&tree.path, module);
        let step = Step {
            doc: &explanations::comment(&resources::of_product(plan, tree)),
            aliases: &search::attributes(&aliases),
            product: &tree.path[0],
            module,
            accessor: &tree.accessor,
        };
        step.fill()
    });
    let root = Root {
        products: &products.collect::<String>(),
        accessors: &accessors.collect::<String>(),
    };
    root.fill()
}

/// The paths of operations whose method does not say whether they can be repeated. Requests to any path use this,
/// too, so it does not depend on the products that are compiled in.
fn idempotency(plan: &Plan) -> String {
    let rows: BTreeSet<(&str, &str, bool)> = plan
        .operations
        .iter()
        .map(|planned| &planned.operation)
        .filter_map(|operation| Some((&*operation.path, &*operation.verb, operation.idempotent?)))
        .collect();
    let rows = rows
        .into_iter()
        .map(|(path, verb, idempotent)| format!("(Method::{verb}, {path:?}, {idempotent}),\n"));
    let rows = &rows.collect::<String>();
    Idempotency { rows }.fill()
}
