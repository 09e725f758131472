//! Finds which items are the same thing, by their role for a resource.

mod look_alikes;
mod parts;
mod roots;

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::items::merge::Merger;
use crate::codegen::items::types::{Shape, Side, Type};
use crate::codegen::plan::PlannedOperation;
use crate::codegen::policy::Policy;
use crate::codegen::words::vocabulary::{READS, WRITES};
use roots::{ALIKE, Roots, likeness, root};

pub fn unite(merger: &mut Merger, operations: &[PlannedOperation], policy: &Policy) {
    stubs(merger, operations);
    one_variant(merger, policy);
    let mut resources: BTreeMap<&[String], Vec<&PlannedOperation>> = BTreeMap::new();
    for planned in operations {
        resources
            .entry(&planned.operation.resource)
            .or_default()
            .push(planned);
    }
    let mut roots: BTreeMap<&[String], Roots> = BTreeMap::new();
    for (resource, operations) in &resources {
        let replies = replies_about(resource, &resources, policy);
        let entity = root(
            merger,
            resource,
            Side::Received,
            &candidates(&replies, &READS, entity_of),
        );
        let param = root(
            merger,
            resource,
            Side::Sent,
            &candidates(operations, &WRITES, param_of),
        );
        roots.insert(resource, Roots { entity, param });
    }
    for twins in &policy.twins {
        let mut twins = twins
            .iter()
            .filter(|twin| roots.contains_key(twin.as_slice()));
        let Some(first) = twins.next() else { continue };
        for twin in twins {
            for (a, b) in same_methods(&resources[first.as_slice()], &resources[twin.as_slice()]) {
                merger.share(a, b);
            }
        }
    }
    parts::unite(merger, &mut roots);
    for roots in roots.values() {
        if let (Some(entity), Some(param)) = (roots.entity, roots.param) {
            link(merger, entity, param, &mut BTreeSet::new());
        }
    }
    both_ways(merger);
    for (resource, operations) in &resources {
        let roots = &roots[resource];
        for planned in operations {
            adopt(merger, roots.param, planned.body.as_ref());
            adopt(merger, roots.entity, Some(&planned.output));
        }
    }
    look_alikes::unite(merger);
}

/// The operations whose replies describe what a resource is.
fn replies_about<'p>(
    resource: &[String],
    resources: &BTreeMap<&[String], Vec<&'p PlannedOperation>>,
    policy: &Policy,
) -> Vec<&'p PlannedOperation> {
    let own = (!policy.replies.contains_key(resource)).then_some(resource);
    let others = policy.replies.iter();
    let others = others.filter(|(_, of)| *of == resource);
    own.into_iter()
        .chain(others.map(|(other, _)| other.as_slice()))
        .filter_map(|other| resources.get(other))
        .flatten()
        .copied()
        .collect()
}

/// Pairs of the items that the operations of two resources with the same method are about.
fn same_methods(a: &[&PlannedOperation], b: &[&PlannedOperation]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for ours in a {
        let theirs = b
            .iter()
            .find(|theirs| theirs.operation.method == ours.operation.method);
        let Some(theirs) = theirs else { continue };
        pairs.extend(ours.output.core().zip(theirs.output.core()));
        pairs.extend(entity_of(ours).zip(entity_of(theirs)));
        pairs.extend(param_of(ours).zip(param_of(theirs)));
    }
    pairs
}

fn candidates(
    operations: &[&PlannedOperation],
    methods: &[&str],
    of: fn(&PlannedOperation) -> Option<usize>,
) -> Vec<(usize, bool)> {
    let mut found = Vec::new();
    for method in methods {
        for planned in operations
            .iter()
            .filter(|planned| planned.operation.method == *method)
        {
            found.extend(of(planned).map(|item| (item, method.ends_with("delete"))));
        }
    }
    found
}

/// What an operation's reply is about: the item of its list, or of its result.
fn entity_of(planned: &PlannedOperation) -> Option<usize> {
    match &planned.paged {
        Some(paged) => paged.item.core(),
        None => planned.output.core(),
    }
}

fn param_of(planned: &PlannedOperation) -> Option<usize> {
    planned.body.as_ref()?.core()
}

/// Merges what two items have in common, such as an entity and its param.
fn link(merger: &mut Merger, a: usize, b: usize, seen: &mut BTreeSet<(usize, usize)>) {
    if !seen.insert((a, b)) {
        return;
    }
    let mut pairs: Vec<(Type, Type)> = Vec::new();
    match (merger.shape(a), merger.shape(b)) {
        (Shape::Model(a), Shape::Model(b)) => {
            for field in a {
                let other = b.iter().find(|other| other.json == field.json);
                pairs.extend(other.map(|other| (field.ty.clone(), other.ty.clone())));
            }
        }
        (Shape::Union(a), Shape::Union(b)) => {
            for (of_b, of_a) in merger.pairs(a, b).into_iter().enumerate() {
                pairs.extend(
                    of_a.map(|of_a| (a.variants[of_a].ty.clone(), b.variants[of_b].ty.clone())),
                );
            }
        }
        _ => {}
    }
    for (a, b) in pairs {
        if let Some((a, b)) = Type::same_depth(&a, &b)
            && !merger.unite(a, b)
        {
            link(merger, a, b, seen);
        }
    }
}

/// Merges schemas that are both sent and received, and those whose names differ only in `Param`.
fn both_ways(merger: &mut Merger) {
    let mut spots: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for item in 0..merger.len() {
        let spot = &merger.item(item).spot;
        let name: Vec<&str> = spot
            .name
            .split('.')
            .map(|part| part.trim_end_matches("Param"))
            .collect();
        spots.entry(name.join(".")).or_default().push(item);
    }
    for items in spots.into_values() {
        for other in &items[1..] {
            if !merger.unite(items[0], *other) {
                link(merger, items[0], *other, &mut BTreeSet::new());
            }
        }
    }
}

/// Merges what is nearly the same as the resource, inside a body or a reply, into the resource.
fn adopt(merger: &mut Merger, root: Option<usize>, ty: Option<&Type>) {
    let (Some(root), Some(ty)) = (root, ty) else {
        return;
    };
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = ty.core().into_iter().collect();
    while let Some(item) = open.pop() {
        let item = merger.find(item);
        if !seen.insert(item) || merger.role(item).is_some() {
            continue;
        }
        if likeness(merger, root, item) < ALIKE || !merger.adopt(root, item) {
            open.extend(
                merger
                    .shape(item)
                    .types()
                    .into_iter()
                    .filter_map(Type::core),
            );
        }
    }
}

/// Merges all replies to deletes that consist only of the ID.
fn stubs(merger: &mut Merger, operations: &[PlannedOperation]) {
    let is_stub = |item: &usize| match merger.shape(*item) {
        Shape::Model(fields) => {
            matches!(&fields[..], [field] if field.json == "id" && *field.ty.bare() == Type::Text)
        }
        _ => false,
    };
    let deletes = operations
        .iter()
        .filter(|planned| planned.operation.method == "delete");
    let mut stubs: Vec<usize> = deletes
        .filter_map(|planned| planned.output.embedded())
        .filter(is_stub)
        .collect();
    stubs.dedup();
    for other in stubs.iter().skip(1) {
        merger.unite(stubs[0], *other);
    }
}

/// Merges the variants of some unions that differ only in their tag.
fn one_variant(merger: &mut Merger, policy: &Policy) {
    let unions: Vec<usize> = (0..merger.len())
        .filter(|item| policy.one_variant.contains(&merger.item(*item).spot.name))
        .collect();
    for union in unions {
        let Shape::Union(shape) = merger.shape(union) else {
            continue;
        };
        let tag = shape
            .tag
            .as_ref()
            .map(|tag| tag.name.clone())
            .unwrap_or_default();
        let items: Vec<usize> = shape
            .variants
            .iter()
            .filter_map(|variant| variant.ty.embedded())
            .collect();
        let mut by_form: BTreeMap<String, usize> = BTreeMap::new();
        for item in items {
            let Shape::Model(fields) = merger.shape(item) else {
                continue;
            };
            let form: Vec<String> = fields
                .iter()
                .filter(|field| field.json != tag)
                .map(|field| format!("{} {:?}", field.json, field.ty))
                .collect();
            let first = *by_form.entry(form.join(";")).or_insert(item);
            merger.unite_whatever_constants(first, item);
        }
    }
}
