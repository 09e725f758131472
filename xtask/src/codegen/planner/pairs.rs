//! Which types are sent instead of which received ones: a resource's entity, and what its bodies take.

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::items::types::{Field, Shape, Side, Type, Union};
use crate::codegen::plan::PlannedOperation;
use crate::codegen::plan::definition::Definition;
use crate::codegen::words::vocabulary::CHANGES;

/// Pairs of a param and the received type that it stands for, including those inside such a pair.
pub fn find(
    definitions: &[Definition],
    operations: &[PlannedOperation],
) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    for (entity, param) in roots(definitions)
        .into_iter()
        .chain(bodies(definitions, operations))
    {
        add(definitions, entity, param, &mut pairs);
    }
    pairs
}

/// Entities with their params.
fn roots(definitions: &[Definition]) -> Vec<(usize, usize)> {
    let mut params: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
    for (param, sent) in of_side(definitions, Side::Sent) {
        for resource in resources(sent) {
            params.entry(resource).or_default().push(param);
        }
    }
    let mut found = Vec::new();
    for (entity, received) in of_side(definitions, Side::Received) {
        let known = resources(received).filter_map(|resource| params.get(&**resource));
        let known: BTreeSet<usize> = known.flatten().copied().collect();
        let known = known.into_iter();
        let known = known.filter_map(|param| unwrapped(definitions, entity, param));
        found.extend(known.map(|param| (entity, param)));
    }
    found
}

/// The type of a body, or the one that it merely wraps.
fn unwrapped(definitions: &[Definition], entity: usize, param: usize) -> Option<usize> {
    let (Shape::Model(received), Shape::Model(sent)) =
        (&definitions[entity].shape, &definitions[param].shape)
    else {
        return Some(param);
    };
    let is_known = |field: &Field| received.iter().any(|known| known.json == field.json);
    if sent.iter().any(is_known) {
        return Some(param);
    }
    let mut within = sent.iter().filter_map(|field| field.ty.embedded());
    within.find(|within| is_part(definitions, *within, entity))
}

fn of_side(definitions: &[Definition], side: Side) -> impl Iterator<Item = (usize, &Definition)> {
    let all = definitions.iter().enumerate();
    all.filter(move |(_, definition)| {
        let role = definition.role.as_ref();
        role.is_some_and(|role| role.side == side && role.variant.is_none())
    })
}

/// Entities with special bodies that have less or more than the others: one that sets one attribute.
fn bodies(definitions: &[Definition], operations: &[PlannedOperation]) -> Vec<(usize, usize)> {
    let mut entities: BTreeMap<&[String], BTreeSet<usize>> = BTreeMap::new();
    for (entity, definition) in of_side(definitions, Side::Received) {
        for resource in resources(definition) {
            entities.entry(resource).or_default().insert(entity);
        }
    }
    for planned in operations
        .iter()
        .filter(|planned| planned.operation.method == "get")
    {
        let entities = entities.entry(&planned.operation.resource).or_default();
        entities.extend(planned.output.embedded());
    }
    let writes = operations
        .iter()
        .filter(|planned| CHANGES.contains(&&*planned.operation.method));
    let mut found = Vec::new();
    for planned in writes {
        let body = planned.body.as_ref().and_then(Type::embedded);
        let entities = entities.get(&*planned.operation.resource);
        for (entity, body) in entities
            .into_iter()
            .flatten()
            .flat_map(|entity| body.map(|body| (*entity, body)))
        {
            if is_part(definitions, body, entity) {
                found.push((entity, body));
            }
        }
    }
    found
}

/// Whether a body is about what is received, rather than about something else.
fn is_part(definitions: &[Definition], sent: usize, received: usize) -> bool {
    match (&definitions[sent].shape, &definitions[received].shape) {
        (Shape::Model(sent), Shape::Model(received)) => {
            let is_known = |field: &&Field| received.iter().any(|known| known.json == field.json);
            2 * sent.iter().filter(is_known).count() >= sent.len().max(1)
        }
        (Shape::Union(union), _) => {
            let mut variants = union
                .variants
                .iter()
                .filter_map(|variant| variant.ty.embedded());
            variants.any(|variant| is_part(definitions, variant, received))
        }
        (_, Shape::Union(union)) => {
            let mut variants = union
                .variants
                .iter()
                .filter_map(|variant| variant.ty.embedded());
            variants.any(|variant| is_part(definitions, sent, variant))
        }
        _ => false,
    }
}

/// The resources that a type is the type of.
fn resources(definition: &Definition) -> impl Iterator<Item = &Vec<String>> {
    let own = definition.role.iter().map(|role| &role.resource);
    own.chain(&definition.shared_by)
}

fn add(definitions: &[Definition], from: usize, to: usize, pairs: &mut BTreeSet<(usize, usize)>) {
    let is_enum = |index: usize| matches!(definitions[index].shape, Shape::Enum(_));
    if from == to || is_enum(from) != is_enum(to) || !pairs.insert((to, from)) {
        return;
    }
    match (&definitions[from].shape, &definitions[to].shape) {
        (Shape::Model(fields), Shape::Model(others)) => {
            for field in fields {
                let other = others.iter().find(|other| other.json == field.json);
                if let Some((from, to)) =
                    other.and_then(|other| Type::same_depth(&field.ty, &other.ty))
                {
                    add(definitions, from, to, pairs);
                }
            }
        }
        (Shape::Union(union), Shape::Union(other)) => {
            let models: Vec<usize> = models(definitions, union).collect();
            for (of_from, of_to) in union
                .counterparts(other, &|a, b| a == b)
                .into_iter()
                .enumerate()
            {
                let from = union.variants[of_from].ty.embedded();
                let to = of_to.and_then(|of_to| other.variants[of_to].ty.embedded());
                if let (Some(from), Some(to)) = (from, to) {
                    add(definitions, from, to, pairs);
                }
            }
            // A variant stands for the union if that does not have the variant itself.
            for model in models {
                if other
                    .variants
                    .iter()
                    .all(|known| known.ty != Type::Item(model))
                {
                    pairs.insert((to, model));
                }
            }
        }
        (Shape::Union(union), Shape::Model(_)) => {
            for model in models(definitions, union).collect::<Vec<_>>() {
                add(definitions, model, to, pairs);
            }
        }
        _ => {}
    }
}

fn models<'d>(definitions: &'d [Definition], union: &'d Union) -> impl Iterator<Item = usize> {
    let items = union
        .variants
        .iter()
        .filter_map(|variant| match variant.ty {
            Type::Item(item) => Some(item),
            _ => None,
        });
    items.filter(|item| matches!(definitions[*item].shape, Shape::Model(_)))
}
