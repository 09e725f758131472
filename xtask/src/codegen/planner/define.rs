//! Defines the types to be written: what each group of items becomes, its module, and its name.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::codegen::items::merge::Merger;
use crate::codegen::items::types::{Field, Shape, Side, Spot, Tag, Type, Union, Variant};
use crate::codegen::lock::Lock;
use crate::codegen::naming;
use crate::codegen::plan::PlannedOperation;
use crate::codegen::plan::definition::{Constructor, Definition, SHARED};
use crate::codegen::planner::getters;
use crate::codegen::policy::Policy;
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{ABOUT_SECRETS, IDS, NAMING, OPEN_KEYS, SECRET};

/// Defines the types that operations need, and puts them into the operations. Also returns what stays as it was
/// published though the description has another type for it.
pub fn types(
    merger: &Merger,
    operations: &mut [PlannedOperation],
    policy: &Policy,
    lock: &Lock,
) -> Result<(Vec<Definition>, Vec<String>)> {
    let mut groups: BTreeMap<&Spot, usize> = BTreeMap::new();
    for planned in operations.iter() {
        let mut open: Vec<usize> = planned.types().filter_map(Type::core).collect();
        while let Some(item) = open.pop() {
            let item = merger.find(item);
            if groups.insert(&merger.item(item).spot, item).is_none() {
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
    let number: BTreeMap<usize, usize> = groups
        .values()
        .enumerate()
        .map(|(number, item)| (*item, number))
        .collect();
    let mut renumber = |item: usize| number[&merger.find(item)];
    let mut definitions: Vec<Definition> = Vec::new();
    for item in groups.values() {
        let mut shape = merger.shape(*item).clone();
        for ty in shape.types_mut() {
            *ty = ty.map_items(&mut renumber);
        }
        let is_sent = merger.is_on(*item, Side::Sent);
        let role = merger.role(*item).cloned();
        match &mut shape {
            Shape::Model(fields) => {
                let entity_of = role
                    .as_ref()
                    .filter(|role| role.side == Side::Received)
                    .map(|role| role.resource.as_slice());
                settle(fields, is_sent, entity_of);
            }
            Shape::Union(union) => distinct(union),
            Shape::Enum(_) => {}
        }
        definitions.push(Definition {
            home: Vec::new(),
            name: String::new(),
            spots: merger
                .members(*item)
                .map(|member| member.spot.clone())
                .collect(),
            role,
            shared_by: merger.shared_by(*item).cloned().collect(),
            shape,
            is_sent,
            constructor: Constructor::Arguments(Vec::new()),
            values: Vec::new(),
            getters: Vec::new(),
            text_variant: None,
        });
    }
    for planned in operations.iter_mut() {
        for ty in planned.types_mut() {
            *ty = ty.map_items(&mut renumber);
        }
    }
    house(&mut definitions, operations);
    let homes = modules(operations);
    for (definition, item) in definitions.iter_mut().zip(groups.values()) {
        if let Some((home, name)) = merger.locked(*item).and_then(|path| path.rsplit_once("::")) {
            let gone = || format!("the module `{home}` is gone");
            definition.home = homes.get(home).with_context(gone)?.clone();
            definition.name = name.to_owned();
        }
    }
    naming::name(&mut definitions, operations, policy, lock)?;
    let held = lock.keep(&mut definitions)?;
    part_from_products(&mut definitions);
    let variants: BTreeSet<usize> = definitions
        .iter()
        .flat_map(Definition::variants)
        .filter_map(|variant| variant.ty.embedded())
        .collect();
    for (index, definition) in definitions.iter_mut().enumerate() {
        finish(definition, variants.contains(&index), policy, lock);
    }
    getters::find(&mut definitions, policy, lock);
    enclose(&mut definitions);
    Ok((definitions, held))
}

/// Decides which fields are always present: none in a param, which has just what was set. What identifies an entity
/// is present in every reply.
fn settle(fields: &mut [Field], is_sent: bool, entity_of: Option<&[String]>) {
    let own = entity_of.map(|resource| {
        let last = resource.last().map_or("", String::as_str);
        format!("{}_id", names::singular(&names::snake(last)))
    });
    let has_other = fields
        .iter()
        .any(|field| IDS.contains(&field.json.as_str()));
    for field in fields {
        let json = field.json.as_str();
        let identifies = own
            .as_ref()
            .is_some_and(|own| IDS.contains(&json) || json == own || (json == "tag" && !has_other))
            && matches!(field.ty.bare(), Type::Text | Type::Id(_));
        if identifies {
            field.ty = field.ty.bare().clone();
        } else if is_sent && !field.null_if_unset {
            // JSON of any kind is distinguished from JSON that was not set: null can be meant.
            field.ty = Type::Optional(Box::new(field.ty.bare().clone()));
        } else if !field.required {
            field.ty = field.ty.clone().optional();
        }
    }
}

/// Decides what a constructor takes, and names the values of an enum.
fn finish(definition: &mut Definition, is_variant: bool, policy: &Policy, lock: &Lock) {
    let path = definition.path();
    match &mut definition.shape {
        Shape::Model(fields) => {
            let constants = policy.constants.get(&path.replace("::", "."));
            for field in fields.iter_mut() {
                let constant = constants.and_then(|constants| constants.get(&field.json));
                field.constant = constant.cloned().or(field.constant.take());
            }
            let by_hand = policy.constructors.get(&path.replace("::", "."));
            let by_hand = by_hand.map(|names| Constructor::of(names.clone(), fields));
            let known = lock.constructor(&path).cloned();
            let known = if lock.breaking {
                by_hand.or(known)
            } else {
                known.or(by_hand)
            };
            definition.constructor = known.unwrap_or_else(|| {
                let open = fields
                    .iter()
                    .filter(|field| field.constant.is_none() && !field.read_only);
                let open: Vec<&Field> = open.collect();
                // A variant with one field is nothing without it.
                let is_all = is_variant && open.len() == 1;
                let wanted = open.into_iter().filter(|field| field.wanted || is_all);
                let mut wanted: Vec<&Field> = wanted.collect();
                wanted.sort_by_key(|field| rank(field));
                let names = wanted.into_iter().map(|field| field.json.clone());
                Constructor::of(names.collect(), fields)
            });
        }
        Shape::Enum(values) => {
            let mut named: Vec<(String, String)> = Vec::new();
            let known = |value: &str| lock.value(&path, value);
            for value in values.iter().filter(|value| known(value).is_some()) {
                named.extend(known(value).map(|name| (name.to_owned(), value.clone())));
            }
            for value in values.iter().filter(|value| known(value).is_none()) {
                let taken = |name: &str| named.iter().any(|(known, _)| known == name);
                let name = names::unique(names::variant(value), taken);
                named.push((name, value.clone()));
            }
            definition.values = named;
        }
        Shape::Union(_) => {
            definition.text_variant = policy.texts.get(&path.replace("::", ".")).cloned();
        }
    }
}

/// The rank of a field among a constructor's arguments: what names the thing first, the end of a time after its start,
/// secrets last.
fn rank(field: &Field) -> usize {
    let json = field.json.as_str();
    if json == "name" {
        0
    } else if NAMING.contains(&json) {
        1
    } else if is_secret(&names::words(json)) {
        4
    } else if names::is_end(json) {
        3
    } else {
        2
    }
}

/// Whether these words name a secret, rather than where one comes from or what identifies it.
fn is_secret(words: &[String]) -> bool {
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_key =
        words.len() > 1 && words.last().is_some_and(|word| word == "key") && !has(&OPEN_KEYS);
    let ends_about = words
        .last()
        .is_some_and(|word| ABOUT_SECRETS.contains(&word.as_str()));
    (has(&SECRET) || is_key || words.join("_") == "auth_code") && !ends_about
}

/// Boxes what would make a type infinitely large: new fields and variants that lead back to their type.
fn enclose(definitions: &mut [Definition]) {
    /// What a type holds by value: the field or variant, and its type.
    fn held(definition: &Definition) -> Vec<(usize, usize)> {
        let open = |boxed: Option<bool>| boxed != Some(true);
        match &definition.shape {
            Shape::Model(fields) => {
                let fields = fields
                    .iter()
                    .enumerate()
                    .filter(|(_, field)| open(field.boxed));
                fields
                    .filter_map(|(index, field)| Some((index, field.ty.embedded()?)))
                    .collect()
            }
            Shape::Union(union) => {
                let variants = union
                    .variants
                    .iter()
                    .enumerate()
                    .filter(|(_, variant)| open(variant.boxed));
                variants
                    .filter_map(|(index, variant)| Some((index, variant.ty.embedded()?)))
                    .collect()
            }
            Shape::Enum(_) => Vec::new(),
        }
    }
    let mut boxes = Vec::new();
    for index in 0..definitions.len() {
        for (part, to) in held(&definitions[index]) {
            let mut seen = BTreeSet::new();
            let mut open = vec![to];
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(held(&definitions[next]).into_iter().map(|(_, to)| to));
                }
            }
            boxes.push((index, part, seen.contains(&index)));
        }
    }
    for (index, part, boxed) in boxes {
        let slot = match &mut definitions[index].shape {
            Shape::Model(fields) => &mut fields[part].boxed,
            Shape::Union(union) => &mut union.variants[part].boxed,
            Shape::Enum(_) => continue,
        };
        slot.get_or_insert(boxed);
    }
}

/// Merges variants that have become one type.
fn distinct(union: &mut Union) {
    let mut places = Vec::new();
    let mut kept: Vec<Variant> = Vec::new();
    for variant in std::mem::take(&mut union.variants) {
        let known = kept.iter().position(|known| known.ty == variant.ty);
        places.push(known.unwrap_or(kept.len()));
        if known.is_none() {
            kept.push(variant);
        }
    }
    union.variants = kept;
    union.tag = union.tag.take().map(|Tag { name, values }| Tag {
        name,
        values: values
            .into_iter()
            .map(|(value, variant)| (value, places[variant]))
            .collect(),
    });
}

/// Finds the module of every type: that of the resource that it is the type of, or the innermost that all of its
/// users share.
fn house(definitions: &mut [Definition], operations: &[PlannedOperation]) {
    let mut users: Vec<BTreeSet<&[String]>> = vec![BTreeSet::new(); definitions.len()];
    for planned in operations {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = planned.types().filter_map(Type::core).collect();
        while let Some(item) = open.pop() {
            if seen.insert(item) {
                users[item].insert(&planned.operation.resource);
                open.extend(
                    definitions[item]
                        .shape
                        .types()
                        .into_iter()
                        .filter_map(Type::core),
                );
            }
        }
    }
    for (definition, users) in definitions.iter_mut().zip(users) {
        let common = common(users.iter().copied());
        let is_plain = matches!(definition.shape, Shape::Enum(_))
            && definition.spots.iter().all(|spot| !spot.name.contains('.'));
        definition.home = match &definition.role {
            _ if common.is_empty() || is_plain => vec![SHARED.to_owned()],
            Some(role) => role.resource.clone(),
            None => common.to_vec(),
        };
    }
}

/// The shared module is always compiled, so a product's type can only be any JSON there.
fn part_from_products(definitions: &mut [Definition]) {
    let is_shared: Vec<bool> = definitions
        .iter()
        .map(|definition| definition.home == [SHARED])
        .collect();
    for definition in definitions
        .iter_mut()
        .filter(|definition| definition.home == [SHARED])
    {
        for ty in definition.shape.types_mut() {
            if ty.core().is_some_and(|item| !is_shared[item]) {
                *ty = Type::Optional(Box::new(Type::Any));
            }
        }
    }
}

/// The paths of all resources, by the paths of their modules.
fn modules(operations: &[PlannedOperation]) -> BTreeMap<String, Vec<String>> {
    let mut modules = BTreeMap::from([(SHARED.to_owned(), vec![SHARED.to_owned()])]);
    for planned in operations {
        let resource = &planned.operation.resource;
        for end in 1..=resource.len() {
            let resource = &resource[..end];
            modules.insert(names::module(resource), resource.to_vec());
        }
    }
    modules
}

/// The longest common prefix of the paths.
fn common<'p>(mut paths: impl Iterator<Item = &'p [String]>) -> &'p [String] {
    let first = paths.next().unwrap_or_default();
    paths.fold(first, |common, path| {
        let same = common.iter().zip(path).take_while(|(a, b)| a == b).count();
        &common[..same]
    })
}

#[cfg(test)]
mod tests {
    use super::is_secret;
    use crate::codegen::words::names;

    #[test]
    fn secrets_are_told_from_what_is_about_them() {
        let secret = |name: &str| is_secret(&names::words(name));
        assert!(secret("client_secret") && secret("streamKey") && secret("secretAccessKey"));
        assert!(!secret("token_url") && !secret("tunnel_id") && !secret("public_key"));
        assert!(!secret("secret_name") && !secret("accessKeyId"));
    }
}
