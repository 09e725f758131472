//! What modules export besides their own types: a resource's module has everything that its operations use.

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::items::types::Type;
use crate::codegen::lock::Lock;
use crate::codegen::plan::definition::Definition;
use crate::codegen::plan::{Exports, PlannedOperation};
use crate::codegen::words::names;

/// Finds them. Of several types of one name, the one that was exported first keeps it; if none was, none gets it.
pub fn find(definitions: &[Definition], operations: &[PlannedOperation], lock: &Lock) -> Exports {
    let mut used: BTreeMap<&Vec<String>, BTreeSet<usize>> = BTreeMap::new();
    let mut taken: BTreeMap<&Vec<String>, BTreeSet<&str>> = BTreeMap::new();
    for planned in operations {
        let resource = &planned.operation.resource;
        let used = used.entry(resource).or_default();
        let mut open: Vec<usize> = planned.types().filter_map(Type::core).collect();
        while let Some(item) = open.pop() {
            if used.insert(item) {
                let types = definitions[item].shape.types();
                open.extend(types.into_iter().filter_map(Type::core));
            }
        }
        let taken = taken.entry(resource).or_default();
        taken.insert(&planned.struct_name);
    }
    for definition in definitions {
        taken
            .entry(&definition.home)
            .or_default()
            .insert(&definition.name);
    }
    used.into_iter()
        .map(|(resource, items)| {
            let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for item in items {
                let definition = &definitions[item];
                if definition.home != *resource && !taken[resource].contains(&*definition.name) {
                    named.entry(&definition.name).or_default().push(item);
                }
            }
            let module = names::module(resource);
            let chosen = named.into_iter().filter_map(|(name, items)| {
                let known = |item: &&usize| lock.exports(&module, &definitions[**item].path());
                let item = match items[..] {
                    [item] => item,
                    _ => *items.iter().find(known)?,
                };
                Some((name.to_owned(), item))
            });
            (resource.clone(), chosen.collect())
        })
        .collect()
}
