//! Writes what tests look up: every operation's decoder, every list, model, and pair of a received and a sent type.

use std::collections::{BTreeMap, BTreeSet};

use crate::description::pagination::Pagination;

use crate::codegen::plan::definition::{Definition, SHARED};
use crate::codegen::plan::{Plan, PlannedOperation, paged};
use crate::codegen::words::names;
use crate::codegen::write::examples;
use crate::codegen::write::output::Output;
use crate::codegen::write::template::template;

const FOLDER: &str = "tests/src/generated";

const ROOT: &str = "\
//! Operations and models by name.

mod decoders;
#[allow(deprecated)] // They have examples, too.
mod examples;
mod lists;
mod models;
mod pairs;

pub use decoders::decoder;
pub use examples::examples;
pub use lists::lists;
pub use models::{Model, models};
pub use pairs::pairs;
";

template! {
    Decoders { arms } = r#"
//! Every operation's decoder, by the operation's ID.

use crate::conformance::{Decoder, decode};

/// The decoder for an operation; none where its product is not compiled in.
pub fn decoder(operation: &str) -> Option<Decoder> {
    match operation {
        $arms
        _ => None,
    }
}
"#
}

template! {
    DecoderArm { product, id, operation } = r#"
#[cfg(feature = "$product")]
"$id" => Some(decode::<cf_types::$operation>),
"#
}

// Some lines are so long that rustfmt leaves them all as they are.
template! {
    Lists { lists } = r#"
//! Every list that comes in pages, and what its replies look like.

use crate::lists::{Item, List, list};

/// Every list of the products that are compiled in.
pub fn lists() -> Vec<List> {
    Vec::from([
    $lists
    ])
}
"#
}

template! {
    List { product, items, item, more, operation } = r#"
#[cfg(feature = "$product")]
List { items: "$items", item: Item::$item$more, ..list::<cf_types::$operation>() },
"#
}

template! {
    Models { extends, functions } = r#"
//! Every model.

use cf_types::codec::Field;

/// A model.
pub struct Model {
    /// Its name, with its module.
    pub name: &'static str,
    /// Makes an empty one.
    pub empty: fn() -> Box<dyn Field>,
    /// Whether requests carry it.
    pub is_sent: bool,
}

fn model<T: Field + Default + 'static>(name: &'static str, is_sent: bool) -> Model {
    let empty = || Box::new(T::default()) as Box<dyn Field>;
    Model { name, empty, is_sent }
}

/// Every model of the products that are compiled in.
pub fn models() -> Vec<Model> {
    let mut models: Vec<Model> = Vec::new();
    $extends
    models
}
$functions
"#
}

template! {
    Pairs { extends, functions } = r#"
//! What is sent in place of what was received.

use crate::pairs::{Pair, pair};

/// Every pair of the products that are compiled in.
pub fn pairs() -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    $extends
    pairs
}
$functions
"#
}

template! {
    /// Adds what one feature brings.
    Extend { feature, all, function } = r#"
#[cfg(feature = "$?feature")]
$all.extend($function());
"#
}

template! {
    /// What one feature brings.
    Function { feature, function, ty, elements } = r#"

#[cfg(feature = "$?feature")]
fn $function() -> Vec<$ty> {
    vec![
        $elements
    ]
}
"#
}

pub fn write(plan: &Plan, output: &mut Output) {
    output.rust(format!("{FOLDER}/mod.rs"), ROOT);
    output.rust(format!("{FOLDER}/decoders.rs"), &decoders(plan));
    for (file, text) in examples::modules(plan) {
        output.rust(format!("{FOLDER}/examples/{file}.rs"), &text);
    }
    output.rust(format!("{FOLDER}/lists.rs"), &lists(plan));
    output.rust(format!("{FOLDER}/models.rs"), &models(plan));
    output.rust(format!("{FOLDER}/pairs.rs"), &pairs(plan));
}

/// For every operation, a function that decodes a reply to it and encodes it again.
fn decoders(plan: &Plan) -> String {
    let arms = plan.operations.iter().map(|planned| {
        let arm = DecoderArm {
            product: planned.operation.product(),
            id: &planned.operation.id,
            operation: &path(planned),
        };
        arm.fill()
    });
    let arms = &arms.collect::<String>();
    Decoders { arms }.fill()
}

/// The path of an operation's struct.
fn path(planned: &PlannedOperation) -> String {
    let module = names::module(&planned.operation.resource);
    format!("{module}::{}", planned.struct_name)
}

/// Every paginated list.
fn lists(plan: &Plan) -> String {
    let mut lists = String::new();
    for planned in &plan.operations {
        let operation = &planned.operation;
        let (Some(paged), Some(pagination)) = (&planned.paged, &operation.pagination) else {
            continue;
        };
        let Pagination {
            info, total, next, ..
        } = pagination;
        let paths = [("info", info), ("total", total), ("next", next)].into_iter();
        let paths = paths.filter(|(_, path)| !path.is_empty());
        let paths = paths.map(|(name, path)| format!(", {name}: {path:?}"));
        let mut more: String = paths.collect();
        if paged::is_number(&|item| &plan.definitions[item].shape, &planned.output, next) {
            more += ", next_is_number: true";
        }
        let list = List {
            product: operation.product(),
            items: &paged.path(),
            item: paged.kind(),
            more: &more,
            operation: &path(planned),
        };
        lists += &list.fill();
    }
    let lists = &lists;
    Lists { lists }.fill()
}

/// Every model.
fn models(plan: &Plan) -> String {
    let mut definitions: Vec<&Definition> = plan.definitions.iter().collect();
    definitions.sort_by_cached_key(|definition| definition.path());
    let mut by_feature: BTreeMap<&str, String> = BTreeMap::new();
    for definition in definitions {
        let (path, is_sent) = (definition.path(), definition.is_sent);
        let models = by_feature.entry(&definition.home[0]).or_default();
        *models += &format!("model::<cf_types::{path}>({path:?}, {is_sent}),\n");
    }
    let (extends, functions) = &by_features("models", "Model", &by_feature);
    Models { extends, functions }.fill()
}

/// Every received type that is sent in place of another.
fn pairs(plan: &Plan) -> String {
    let path = |index: usize| format!("cf_types::{}", plan.definitions[index].path());
    let sorted: BTreeSet<(String, String, &str)> = plan
        .pairs
        .iter()
        .map(|(param, entity)| {
            let homes = [entity, param].map(|index| plan.definitions[*index].home[0].as_str());
            let own = homes.into_iter().find(|home| *home != SHARED);
            (path(*entity), path(*param), own.unwrap_or(SHARED))
        })
        .collect();
    let mut by_feature: BTreeMap<&str, String> = BTreeMap::new();
    for (entity, param, feature) in sorted {
        let pairs = by_feature.entry(feature).or_default();
        *pairs += &format!("pair::<{entity}, {param}>({entity:?}, {param:?}),\n");
    }
    let (extends, functions) = &by_features("pairs", "Pair", &by_feature);
    Pairs { extends, functions }.fill()
}

/// The elements of a list, in a function for each feature, and the calls of these.
fn by_features(all: &str, ty: &str, by_feature: &BTreeMap<&str, String>) -> (String, String) {
    let (mut extends, mut functions) = (String::new(), String::new());
    for (home, elements) in by_feature {
        let feature = if *home == SHARED { "" } else { *home };
        let function = &format!("{}_{all}", names::snake(home));
        let extend = Extend {
            feature,
            all,
            function,
        };
        let own = Function {
            feature,
            function,
            ty,
            elements,
        };
        extends += &extend.fill();
        functions += &own.fill();
    }
    (extends, functions)
}
