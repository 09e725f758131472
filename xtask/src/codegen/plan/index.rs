//! Where things are in a plan, so that nobody searches all of it for each resource.

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::items::types::Type;
use crate::codegen::plan::PlannedOperation;
use crate::codegen::plan::definition::Definition;

/// What belongs to each resource, in the plan's order.
pub struct Index {
    pub operations: BTreeMap<Vec<String>, Vec<usize>>,
    /// The types by their module.
    pub definitions: BTreeMap<Vec<String>, Vec<usize>>,
    /// The types that a field or variant boxes.
    pub boxed: BTreeSet<usize>,
    /// The types that are a variant of a union.
    pub variants: BTreeSet<usize>,
    /// The types that are the body of a request.
    pub bodies: BTreeSet<usize>,
}

impl Index {
    pub fn of(operations: &[PlannedOperation], definitions: &[Definition]) -> Index {
        let variants = definitions.iter().flat_map(Definition::variants);
        let bodies = operations
            .iter()
            .filter_map(|planned| planned.body.as_ref());
        let resources = operations.iter().map(|planned| &planned.operation.resource);
        let homes = definitions.iter().map(|definition| &definition.home);
        Index {
            operations: numbers(resources),
            definitions: numbers(homes),
            boxed: definitions.iter().flat_map(boxed).collect(),
            variants: variants.filter_map(|variant| variant.ty.core()).collect(),
            bodies: bodies.filter_map(Type::core).collect(),
        }
    }
}

/// The positions of each of `keys`.
fn numbers<'k>(keys: impl Iterator<Item = &'k Vec<String>>) -> BTreeMap<Vec<String>, Vec<usize>> {
    let mut found: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (number, key) in keys.enumerate() {
        found.entry(key.clone()).or_default().push(number);
    }
    found
}

/// What a type boxes.
fn boxed(definition: &Definition) -> impl Iterator<Item = usize> {
    let fields = definition.fields().iter();
    let fields = fields.map(|field| (&field.ty, field.boxed));
    let variants = definition.variants().iter();
    let variants = variants.map(|variant| (&variant.ty, variant.boxed));
    let held = fields.chain(variants);
    held.filter_map(|(ty, boxed)| ty.embedded().filter(|_| boxed == Some(true)))
}
