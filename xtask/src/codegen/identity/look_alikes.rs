//! Finds items that are the same type because they look alike. The lock keeps what was found: types do not change if
//! more items become equal later.

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::items::merge::Merger;
use crate::codegen::items::partition;
use crate::codegen::items::types::{Shape, Type};
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{ENVELOPE, EVERYWHERE, FIGURES, PARTS};

pub fn unite(merger: &mut Merger) {
    siblings(merger);
    equals(merger);
}

/// Merges the types of several fields of one model if they are deeply equal.
fn siblings(merger: &mut Merger) {
    let class = classes(merger, |_| String::new());
    for item in 0..merger.len() {
        if merger.find(item) != item {
            continue;
        }
        let Shape::Model(fields) = merger.shape(item) else {
            continue;
        };
        let held: Vec<usize> = fields
            .iter()
            .filter_map(|field| field.ty.core())
            .map(|held| merger.find(held))
            .collect();
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for held in held {
            if let Some(class) = class.get(&held) {
                let first = *first.entry(*class).or_insert(held);
                merger.unite(first, held);
            }
        }
    }
}

/// Merges items that are deeply equal and, within one product, have the same name or much in common. Errors and plain
/// items are merged across all products, and figures regardless of their subject.
fn equals(merger: &mut Merger) {
    let class = classes(merger, |item| {
        let spot = &merger.item(item).spot.name;
        let product = spot.split('.').next().unwrap_or_default();
        let word = spot.rsplit(['.', '/']).next().unwrap_or_default();
        let words = names::capital_words(&names::pascal(word));
        let word = words
            .last()
            .map_or("", String::as_str)
            .trim_end_matches(|c: char| c.is_ascii_digit());
        let (size, much) = match merger.shape(item) {
            Shape::Model(fields) => (
                fields.len(),
                if merger.role(item).is_some() { 6 } else { 4 },
            ),
            Shape::Enum(values) => (values.len(), 3),
            Shape::Union(union) => (union.variants.len(), 4),
        };
        let is_variant = merger.role(item).is_some_and(|role| role.variant.is_some());
        if EVERYWHERE.contains(&word) {
            word.to_owned()
        } else if is_plain(merger, item) {
            "plain".to_owned()
        } else if FIGURES.contains(&product) && matches!(merger.shape(item), Shape::Model(_)) {
            product.to_owned()
        } else if is_variant {
            format!("{item}")
        } else if size >= much {
            product.to_owned()
        } else if PARTS.contains(&word) {
            let module = spot.rsplit_once('.').map_or("", |(module, _)| module);
            format!("{module} {}", words.first().map_or("", String::as_str))
        } else {
            format!("{product} {}", word.trim_end_matches('s'))
        }
    });
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (item, class) in class {
        groups.entry(class).or_default().push(item);
    }
    for mut items in groups.into_values() {
        items.sort_by_key(|item| merger.role(*item).is_none());
        let mut kept: Vec<usize> = Vec::new();
        for item in items {
            if !kept.iter().any(|known| merger.share(*known, item)) {
                kept.push(item);
            }
        }
    }
}

/// Whether the item is the same in all products: an envelope without a result, or a string, number or boolean.
fn is_plain(merger: &Merger, item: usize) -> bool {
    match merger.shape(item) {
        Shape::Model(fields) => {
            let mut names: Vec<&str> = fields.iter().map(|field| field.json.as_str()).collect();
            names.sort_unstable();
            names == **ENVELOPE
        }
        Shape::Union(union) => {
            let is_scalar = |ty: &Type| {
                matches!(
                    ty.bare(),
                    Type::Any | Type::Bool | Type::Int | Type::Float | Type::Text
                )
            };
            let mut variants = union.variants.iter();
            union.tag.is_none() && variants.all(|variant| is_scalar(&variant.ty))
        }
        Shape::Enum(_) => false,
    }
}

/// The class of each group of items: those of one class are deeply equal and have the same `label`.
fn classes(merger: &Merger, label: impl Fn(usize) -> String) -> BTreeMap<usize, usize> {
    let groups: Vec<usize> = (0..merger.len())
        .filter(|item| merger.find(*item) == *item)
        .collect();
    let number: BTreeMap<usize, usize> = groups
        .iter()
        .enumerate()
        .map(|(number, item)| (*item, number))
        .collect();
    let things: Vec<_> = groups
        .iter()
        .map(|item| {
            let (shape, mentioned) = structure(merger, *item);
            let mentioned: Vec<usize> = mentioned.iter().map(|item| number[item]).collect();
            ((label(*item), shape), mentioned)
        })
        .collect();
    groups
        .into_iter()
        .zip(partition::classes(&things))
        .collect()
}

/// An item's own structure, and the items that it mentions, in order.
fn structure(merger: &Merger, item: usize) -> (String, Vec<usize>) {
    let mut mentioned = Vec::new();
    let mut see = |ty: &Type| {
        let seen = ty.map_items(&mut |item| {
            mentioned.push(merger.find(item));
            0
        });
        format!("{:?}", seen.bare())
    };
    let shape = match merger.shape(item) {
        Shape::Model(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|field| &field.json);
            let fields = fields
                .iter()
                .map(|field| format!("{}|{}|{:?};", field.json, see(&field.ty), field.constant));
            fields.collect()
        }
        Shape::Enum(values) => {
            let values: BTreeSet<&String> = values.iter().collect();
            format!("enum {values:?}")
        }
        Shape::Union(union) => {
            let variants: Vec<String> = union
                .variants
                .iter()
                .map(|variant| see(&variant.ty))
                .collect();
            format!("union {variants:?} {:?}", union.tag)
        }
    };
    (shape, mentioned)
}
