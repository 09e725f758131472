//! Items of one structure become one type, with an alias under each official name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names;
use super::types::{Item, Shape, Type};

/// Names that generated modules use for something else.
const RESERVED: &[&str] = &[
    "AccountId",
    "BTreeMap",
    "Blob",
    "BodyKind",
    "Box",
    "Call",
    "DateTime",
    "Extra",
    "Into",
    "IntoIterator",
    "Iterator",
    "Method",
    "None",
    "Option",
    "Page",
    "PageStyle",
    "ResultKind",
    "Scope",
    "Self",
    "Some",
    "String",
    "Value",
    "Vec",
    "ZoneId",
];

/// The types to write.
pub struct Classes {
    /// The item that stands for each item's structure.
    pub canonical: Vec<usize>,
    /// The Rust name of each item; other names of a structure are aliases.
    pub names: Vec<String>,
}

pub fn of(items: &[Item]) -> Classes {
    let class = refine(items);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (item, class) in class.iter().enumerate() {
        members.entry(*class).or_default().push(item);
    }
    let mut canonical = vec![0; items.len()];
    for members in members.values() {
        let best = members.iter().min_by_key(|item| {
            let item = &items[**item];
            (!item.official, item.schema.len(), item.schema.clone())
        });
        for member in members {
            canonical[*member] = best.copied().unwrap_or(*member);
        }
    }
    let names = rust_names(items, &canonical);
    Classes { canonical, names }
}

/// Puts items into classes of equal structure: starts with what is visible at the surface, and
/// splits classes whose members differ further in, until nothing changes.
fn refine(items: &[Item]) -> Vec<usize> {
    let mut class = vec![0; items.len()];
    let mut count = 1;
    loop {
        let mut ids: HashMap<(usize, String), usize> = HashMap::new();
        let next: Vec<usize> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let key = (class[index], signature(item, &class));
                let fresh = ids.len();
                *ids.entry(key).or_insert(fresh)
            })
            .collect();
        let found = ids.len();
        class = next;
        if found == count {
            return class;
        }
        count = found;
    }
}

fn signature(item: &Item, class: &[usize]) -> String {
    let ty = |ty: &Type| format!("{:?}", ty.map_items(&|item| class[item]));
    let shape = match &item.shape {
        Shape::Model(fields) => fields
            .iter()
            .map(|f| format!("{}|{}|{}|{:?}", f.json, ty(&f.ty), f.required, f.constant))
            .collect::<Vec<_>>()
            .join(";"),
        Shape::Enum(values) => {
            let values: BTreeSet<&String> = values.iter().collect();
            format!("enum {values:?}")
        }
        Shape::Union(union) => {
            let variants: Vec<String> = union.variants.iter().map(|v| ty(&v.ty)).collect();
            format!("union {variants:?} {:?}", union.tag)
        }
    };
    format!("{}: {shape}", item.home)
}

/// Names every item: the parts of the schema's name behind the product; where two would be the
/// same, the modules between take part too.
fn rust_names(items: &[Item], canonical: &[usize]) -> Vec<String> {
    let mut names = vec![String::new(); items.len()];
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut order: Vec<usize> = (0..items.len()).collect();
    // Official names first: they must not give way to names that are made up.
    order.sort_by_key(|index| (!items[*index].official, items[*index].schema.clone()));
    for index in order {
        let item = &items[index];
        let parts: Vec<&str> = item.schema.split('.').skip(1).collect();
        let is_module = |part: &&&str| part.starts_with(|c: char| c.is_ascii_lowercase());
        let parts = if parts.is_empty() {
            vec![item.schema.as_str()]
        } else {
            parts
        };
        let own: Vec<&str> = parts
            .iter()
            .filter(|part| !is_module(part))
            .copied()
            .collect();
        let short = names::type_name(&own.join("."));
        let long = || {
            let parts = parts.iter().map(|part| {
                if is_module(&part) {
                    names::pascal(part)
                } else {
                    names::type_name(part)
                }
            });
            parts.collect::<String>()
        };
        let free = |name: &str| {
            let holder = taken.get(&(item.home.clone(), name.to_owned()));
            holder.is_none_or(|holder| canonical[*holder] == canonical[index])
        };
        let short = if own.is_empty() { long() } else { short };
        let short = if RESERVED.contains(&short.as_str()) {
            format!("{}{short}", names::pascal(&item.product))
        } else {
            short
        };
        let with_product = || format!("{}{}", names::pascal(&item.product), long());
        let candidates = [short, long(), with_product()];
        let candidate = candidates
            .iter()
            .find(|name| free(name))
            .unwrap_or(&candidates[2])
            .clone();
        let name = names::unique(candidate, |name| !free(name));
        taken
            .entry((item.home.clone(), name.clone()))
            .or_insert(index);
        names[index] = name;
    }
    names
}
