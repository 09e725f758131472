//! Puts the pieces into files: modules, the root of the accessor tree, the client's accessors, the
//! decoders for conformance runs, and the features of the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::description::pagination::Pagination;

use crate::codegen::items::types::Type;
use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::SHARED;
use crate::codegen::plan::paged;
use crate::codegen::search;
use crate::codegen::words::names;
use crate::codegen::write::conversions;
use crate::codegen::write::examples;
use crate::codegen::write::explanations;
use crate::codegen::write::models;
use crate::codegen::write::operations;
use crate::codegen::write::operations::Resource;
use crate::codegen::write::output::Output;

const TYPES: &str = "crates/cf-types/src/generated";
const CLIENT: &str = "crates/cf-client/src/generated";
const TESTS: &str = "tests/src/generated";

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

pub fn write(plan: &Plan, products: &[&str], output: &mut Output) {
    output.rust(format!("{TYPES}/prelude.rs"), PRELUDE);
    output.rust(format!("{TYPES}/idempotency.rs"), &idempotency(plan));
    let shared = [SHARED.to_owned()];
    if let Some(text) = models::file(plan, &shared) {
        output.rust(format!("{TYPES}/{SHARED}/definitions.rs"), &text);
    }
    let shared =
        "//! Types that several products use.\n\nmod definitions;\n\npub use definitions::*;\n";
    output.rust(format!("{TYPES}/{SHARED}/mod.rs"), shared);
    for product in products {
        let dir = format!("{TYPES}/{}", names::snake(product));
        write_resource(plan, &Resource::tree(plan, product), &dir, output);
    }
    let trees: Vec<Resource> = products
        .iter()
        .map(|product| Resource::tree(plan, product))
        .collect();
    output.rust(format!("{TYPES}/mod.rs"), &root(plan, &trees));
    output.rust(format!("{CLIENT}/mod.rs"), &client(plan, &trees));
    let tests = "//! Operations and models by name.\n\nmod decoders;\n#[allow(deprecated)] // They have examples, too.\nmod examples;\nmod lists;\nmod models;\nmod pairs;\n\npub use decoders::decoder;\npub use examples::examples;\npub use lists::lists;\npub use models::{Model, models};\npub use pairs::pairs;\n";
    output.rust(format!("{TESTS}/mod.rs"), tests);
    output.rust(format!("{TESTS}/decoders.rs"), &decoders(plan));
    for (file, text) in examples::modules(plan) {
        output.rust(format!("{TESTS}/examples/{file}.rs"), &text);
    }
    output.rust(format!("{TESTS}/lists.rs"), &lists(plan));
    output.rust(format!("{TESTS}/models.rs"), &model_list(plan));
    output.rust(format!("{TESTS}/pairs.rs"), &conversions::list(plan));
}

fn write_resource(plan: &Plan, resource: &Resource, dir: &str, output: &mut Output) {
    let text = operations::module(plan, resource);
    let models = models::file(plan, &resource.path);
    let (declared, exported) = match models {
        Some(_) => ("mod definitions;\n\n", "pub use definitions::*;\n"),
        None => ("", ""),
    };
    let text = format!(
        "{}{}\n{declared}{exported}{}{text}",
        heading(plan, resource),
        codes(plan, &resource.path),
        foreign(plan, &resource.path)
    );
    let is_folder = models.is_some() || !resource.children.is_empty();
    let file = if is_folder {
        format!("{dir}/mod.rs")
    } else {
        format!("{dir}.rs")
    };
    output.rust(file, &text);
    if let Some(models) = models {
        output.rust(format!("{dir}/definitions.rs"), &models);
    }
    for child in &resource.children {
        write_resource(plan, child, &format!("{dir}/{}", child.module()), output);
    }
}

/// The head of a resource's module: what it is, and its operations.
fn heading(plan: &Plan, resource: &Resource) -> String {
    let path = resource.path.join(".");
    let name = match resource.path.as_slice() {
        [product] => plan.search.name(product),
        _ => None,
    };
    let mut lines: Vec<String> = name
        .into_iter()
        .flat_map(|name| [name.to_owned(), String::new()])
        .collect();
    lines.push(match name {
        Some(_) => format!("Operations and models of `{path}`, with the feature `{path}`."),
        None => {
            operations::summary(plan, resource).replacen("operations", "operations and models", 1)
        }
    });
    lines.extend(operations::table(plan, resource));
    lines
        .iter()
        .map(|line| format!("//! {line}").trim_end().to_owned() + "\n")
        .collect()
}

/// Where a product's error codes are, if some are known.
fn codes(plan: &Plan, resource: &[String]) -> String {
    match resource {
        [product] if plan.codes.products.contains_key(product) => {
            let module = names::snake(product);
            format!("//!\n//! Its error codes: [`codes::{module}`](crate::codes::{module}).\n")
        }
        _ => String::new(),
    }
}

/// What a resource uses from other modules.
fn foreign(plan: &Plan, resource: &[String]) -> String {
    let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, item) in plan.exports.get(resource).into_iter().flatten() {
        let module = format!("crate::{}", names::module(&plan.definitions[*item].home));
        names.entry(module).or_default().push(name);
    }
    names
        .iter()
        .map(|(module, names)| format!("pub use {module}::{{{}}};\n", names.join(", ")))
        .collect()
}

/// The generated module itself, and the root of the accessor tree.
fn root(plan: &Plan, products: &[Resource]) -> String {
    let mut out = String::from(
        "//! Models and operations of the API.\n\npub mod codes;\npub(crate) mod idempotency;\npub(crate) mod prelude;\n\
         pub mod shared;\n",
    );
    for tree in products {
        let (product, module) = (&tree.path[0], tree.module());
        let _ = writeln!(out, "#[cfg(feature = {product:?})]\npub mod {module};");
    }
    out.push_str("\nuse crate::Api;\n\nimpl<C> Api<C> {\n");
    for tree in products {
        let (product, module, accessor) = (&tree.path[0], tree.module(), &tree.accessor);
        let doc = explanations::comment(&of_product(plan, tree), "    ");
        let aliases = plan.search.of_resource(&tree.path, &module);
        let aliases = search::attributes(&aliases, "    ");
        let _ = writeln!(
            out,
            "{doc}{aliases}    #[cfg(feature = {product:?})]\n    \
             pub fn {module}(self) -> {module}::{accessor}<C> {{\n        {module}::{accessor}(self.0)\n    }}\n"
        );
    }
    out + "}\n"
}

/// What a product is, and what is in it.
fn of_product(plan: &Plan, tree: &Resource) -> Vec<String> {
    let name = plan.search.name(&tree.path[0]);
    let name = name
        .into_iter()
        .flat_map(|name| [name.to_owned(), String::new()]);
    name.chain([operations::summary(plan, tree)]).collect()
}

fn client(plan: &Plan, products: &[Resource]) -> String {
    let mut out = String::from(
        "//! The products, as methods of the clients.\n\n#[allow(unused_imports)]\nuse crate::compiled_in::CompiledIn;\n\n/// The names of products, for what the compiler says of those \
         that are not compiled in.\n#[allow(non_camel_case_types, unreachable_pub)]\nmod products {\n",
    );
    for tree in products {
        let (product, module) = (&tree.path[0], tree.module());
        let _ = writeln!(
            out,
            "    #[cfg(not(feature = {product:?}))]\n    pub struct {module};"
        );
    }
    out.push_str("}\n\nmacro_rules! products {\n    ($client:ty) => {\n        impl $client {\n");
    for tree in products {
        let (product, module, accessor) = (&tree.path[0], tree.module(), &tree.accessor);
        let doc = explanations::comment(&of_product(plan, tree), "            ");
        // docs.rs searches one crate at a time, and the operations are in another.
        let aliases = plan.search.of_product(product, &module);
        let aliases = search::attributes(&aliases, "            ");
        let _ = writeln!(
            out,
            "{doc}{aliases}            #[cfg(feature = {product:?})]\n            \
             pub fn {module}(&self) -> cf_types::{module}::{accessor}<&$client> {{\n                \
             cf_types::Api::new(self).{module}()\n            }}\n            \
             #[cfg(not(feature = {product:?}))]\n            #[doc(hidden)]\n            \
             pub fn {module}<T>(&self) -> T where for<'a> products::{module}: CompiledIn<'a> {{\n                \
             <products::{module} as CompiledIn<'static>>::api()\n            }}"
        );
    }
    out + "        }\n    };\n}\n\nproducts!(crate::client::Client);\n#[cfg(feature = \"blocking\")]\n\
           products!(crate::blocking::Client);\n"
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
    let mut out = String::from(
        "//! Operations whose HTTP method does not say whether a second call changes more.\n\n\
         use http::Method;\n\n\
         /// Method, path, and whether it can be repeated.\n\
         pub(crate) const EXCEPTIONS: &[(Method, &str, bool)] = &[\n",
    );
    for (path, verb, idempotent) in rows {
        let _ = writeln!(out, "    (Method::{verb}, {path:?}, {idempotent}),");
    }
    out + "];\n"
}

/// For every operation, a function that decodes a reply to it and encodes it again.
fn decoders(plan: &Plan) -> String {
    let mut out = String::from(
        "//! Every operation's decoder, by the operation's ID.\n\nuse crate::conformance::{Decoder, decode};\n\n\
         /// The decoder for an operation; none where its product is not compiled in.\n\
         pub fn decoder(operation: &str) -> Option<Decoder> {\n    match operation {\n",
    );
    for planned in &plan.operations {
        let operation = &planned.operation;
        let modules: Vec<String> = operation
            .resource
            .iter()
            .map(|part| names::snake(part))
            .collect();
        let _ = writeln!(
            out,
            "        #[cfg(feature = {:?})]\n        {:?} => Some(decode::<cf_types::{}::{}>),",
            operation.product(),
            operation.id,
            modules.join("::"),
            planned.struct_name
        );
    }
    out + "        _ => None,\n    }\n}\n"
}

/// Every paginated list, for tests.
fn lists(plan: &Plan) -> String {
    let mut out = String::from(
        "//! Every list that comes in pages, and what its replies look like.\n\n\
         use crate::lists::{Item, List, list};\n\n\
         /// Every list of the products that are compiled in.\n\
         pub fn lists() -> Vec<List> {\n    Vec::from([\n",
    );
    for planned in &plan.operations {
        let operation = &planned.operation;
        let (Some(paged), Some(pagination)) = (&planned.paged, &operation.pagination) else {
            continue;
        };
        let mut reply = format!("items: {:?}, item: Item::{}", paged.path(), paged.kind());
        let Pagination {
            info, total, next, ..
        } = pagination;
        for (name, path) in [("info", info), ("total", total), ("next", next)] {
            if !path.is_empty() {
                let _ = write!(reply, ", {name}: {path:?}");
            }
        }
        if paged::is_number(&|item| &plan.definitions[item].shape, &planned.output, next) {
            reply.push_str(", next_is_number: true");
        }
        let _ = writeln!(
            out,
            "    #[cfg(feature = {:?})]\n    List {{ {reply}, ..list::<cf_types::{}::{}>() }},",
            operation.product(),
            operation
                .resource
                .iter()
                .map(|part| names::snake(part))
                .collect::<Vec<_>>()
                .join("::"),
            planned.struct_name
        );
    }
    out + "    ])\n}\n"
}

/// Every model, for tests.
fn model_list(plan: &Plan) -> String {
    let mut by_home: BTreeMap<&str, Vec<(String, bool)>> = BTreeMap::new();
    for definition in &plan.definitions {
        let home = definition.home.first().map_or("", String::as_str);
        by_home
            .entry(home)
            .or_default()
            .push((definition.path(), definition.is_sent));
    }
    let mut out = String::from(
        "//! Every model.\n\nuse cf_types::codec::Field;\n\n\
         /// A model.\npub struct Model {\n    /// Its name, with its module.\n    pub name: &'static str,\n    \
         /// Makes an empty one.\n    pub empty: fn() -> Box<dyn Field>,\n    \
         /// Whether requests carry it.\n    pub is_sent: bool,\n}\n\n\
         fn model<T: Field + Default + 'static>(name: &'static str, is_sent: bool) -> Model {\n    \
         let empty = || Box::new(T::default()) as Box<dyn Field>;\n    Model { name, empty, is_sent }\n}\n\n\
         /// Every model of the products that are compiled in.\n\
         pub fn models() -> Vec<Model> {\n    let mut models: Vec<Model> = Vec::new();\n",
    );
    for home in by_home.keys() {
        if *home != SHARED {
            let _ = writeln!(out, "    #[cfg(feature = {home:?})]");
        }
        let _ = writeln!(out, "    models.extend({}_models());", names::snake(home));
    }
    out.push_str("    models\n}\n");
    for (home, mut names) in by_home {
        names.sort_unstable();
        if home != SHARED {
            let _ = writeln!(out, "\n#[cfg(feature = {home:?})]");
        }
        let module = names::snake(home);
        let _ = writeln!(out, "fn {module}_models() -> Vec<Model> {{\n    vec![");
        for (name, is_sent) in names {
            let _ = writeln!(
                out,
                "        model::<cf_types::{name}>({name:?}, {is_sent}),"
            );
        }
        out.push_str("    ]\n}\n");
    }
    out
}

/// The features of the manifests, between two marker lines.
pub fn write_features(
    plan: &Plan,
    top: &Path,
    products: &[&str],
    output: &mut Output,
) -> Result<()> {
    let needs = needs(plan);
    let forwards: BTreeMap<&str, &str> = BTreeMap::from([
        ("crates/cf-types/Cargo.toml", ""),
        ("crates/cf-client/Cargo.toml", "cf-types"),
        ("tests/Cargo.toml", "cf-types"),
    ]);
    for (path, to) in forwards {
        let text =
            fs::read_to_string(top.join(path)).with_context(|| format!("cannot read {path}"))?;
        let mut features = String::new();
        for product in products {
            let also: Vec<String> = if to.is_empty() {
                let others = needs.get(product).into_iter().flatten();
                others.map(|other| format!("{other:?}")).collect()
            } else {
                vec![format!("\"{to}/{product}\"")]
            };
            let _ = writeln!(features, "{product} = [{}]", also.join(", "));
        }
        let all: Vec<String> = products
            .iter()
            .map(|product| format!("{product:?}"))
            .collect();
        let _ = writeln!(features, "full = [{}]", all.join(", "));
        output.plain(
            path,
            between_markers(&text, &features).with_context(|| format!("in {path}"))?,
        );
    }
    Ok(())
}

/// The products whose types each product mentions.
pub fn needs<'p>(plan: &'p Plan) -> BTreeMap<&'p str, BTreeSet<&'p str>> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut note = |from: &'p str, ty: &Type| {
        let home = ty
            .core()
            .map(|item| plan.definitions[item].home[0].as_str());
        if let Some(home) = home.filter(|home| *home != from && *home != SHARED && from != SHARED) {
            needs.entry(from).or_default().insert(home);
        }
    };
    for definition in &plan.definitions {
        for ty in definition.shape.types() {
            note(&definition.home[0], ty);
        }
    }
    for planned in &plan.operations {
        for ty in planned.types() {
            note(planned.operation.product(), ty);
        }
    }
    needs
}

const START: &str = "# @generated features: start\n";
const END: &str = "# @generated features: end\n";

fn between_markers(text: &str, features: &str) -> Result<String> {
    let (Some(start), Some(end)) = (text.find(START), text.find(END)) else {
        bail!(
            "the lines `{}` and `{}` are missing",
            START.trim(),
            END.trim()
        );
    };
    Ok(format!(
        "{}{features}{}",
        &text[..start + START.len()],
        &text[end..]
    ))
}
