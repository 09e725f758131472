//! Items of one structure become one type, with an alias under each official name.

use std::collections::{BTreeMap, BTreeSet};

use super::names;
use super::partition;
use super::types::{Item, Shape, Type};

/// Names that generated modules use for something else.
const RESERVED: &[&str] = &[
    "AccountId",
    "BTreeMap",
    "Blob",
    "BodyKind",
    "Box",
    "Call",
    "Date",
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
    /// The Rust name of each item.
    pub names: Vec<String>,
    /// Whether an item's name is kept, as an alias, beside that of its structure.
    pub is_alias: Vec<bool>,
}

impl Classes {
    /// The item under whose name an item is mentioned.
    pub fn shown(&self, item: usize) -> usize {
        if self.is_alias[item] {
            item
        } else {
            self.canonical[item]
        }
    }
}

pub fn of(items: &[Item]) -> Classes {
    let structures: Vec<_> = items.iter().map(structure).collect();
    let class = partition::classes(&structures);
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
    let is_alias = (0..items.len())
        .map(|item| {
            let known_as = &names[canonical[item]];
            names[item] != *known_as && tells_more(&items[item], known_as)
        })
        .collect();
    Classes {
        canonical,
        names,
        is_alias,
    }
}

/// Whether the description's name for an item says something that its structure's name does not:
/// names of whole schemas always do, those of parts where their last word is a new one.
fn tells_more(item: &Item, known_as: &str) -> bool {
    let is_module = |part: &&str| part.starts_with(|c: char| c.is_ascii_lowercase());
    let parts: Vec<&str> = item
        .schema
        .split('.')
        .filter(|part| !is_module(part))
        .collect();
    let last = parts
        .last()
        .map(|last| names::type_name(last))
        .unwrap_or_default();
    item.official && (parts.len() == 1 || !known_as.contains(&last))
}

/// What can be seen of an item itself, and the items that it mentions, as they come.
fn structure(item: &Item) -> (String, Vec<usize>) {
    let mut mentioned = Vec::new();
    let mut ty = |ty: &Type| {
        let seen = ty.map_items(&mut |item| {
            mentioned.push(item);
            0
        });
        format!("{seen:?}")
    };
    let shape = match &item.shape {
        Shape::Model(fields) => fields
            .iter()
            .map(|f| {
                let said = (f.required, &f.constant, f.null_if_unset);
                format!("{}|{}|{said:?}", f.json, ty(&f.ty))
            })
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
    (format!("{}: {shape}", item.home), mentioned)
}

/// Names every item: the parts of the schema's name behind the product, less what stutters. A long
/// name keeps its first part and as many of the last words as tell it from others.
fn rust_names(items: &[Item], canonical: &[usize]) -> Vec<String> {
    let spoken = spoken(items);
    let mut names = vec![String::new(); items.len()];
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut order: Vec<usize> = (0..items.len()).collect();
    // Official names first: they must not give way to names that are made up.
    order.sort_by_key(|index| (!items[*index].official, items[*index].schema.clone()));
    for index in order {
        let item = &items[index];
        let free = |name: &str| {
            let holder = taken.get(&(item.home.clone(), name.to_owned()));
            !RESERVED.contains(&name)
                && holder.is_none_or(|holder| canonical[*holder] == canonical[index])
        };
        let candidates = candidates(item, &spoken[index]);
        let candidate = candidates
            .iter()
            .find(|name| free(name))
            .or(candidates.last());
        let name = names::unique(candidate.cloned().unwrap_or_default(), |name| !free(name));
        taken
            .entry((item.home.clone(), name.clone()))
            .or_insert(index);
        names[index] = name;
    }
    names
}

/// How long a name may be before it is shortened.
const LONG: usize = 45;

/// The schemas' names with telling words for those that only number a variant, also where a variant's
/// name starts that of a part of it.
fn spoken(items: &[Item]) -> Vec<String> {
    let told: BTreeMap<&str, String> = items
        .iter()
        .filter_map(|item| {
            let telling = item.telling.as_ref()?;
            let told = match item.schema.rsplit_once('.') {
                Some((front, _)) => format!("{front}.{telling}"),
                None => telling.clone(),
            };
            Some((item.schema.as_str(), told))
        })
        .collect();
    let better = |schema: &str| {
        // The longest numbered name that it begins with.
        let is_digit = |at: usize| schema.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        (1..=schema.len())
            .rev()
            .filter(|end| is_digit(end - 1) && !is_digit(*end))
            .find_map(|end| Some(format!("{}{}", told.get(&schema[..end])?, &schema[end..])))
    };
    let speak = |schema: &str| {
        let mut name = schema.to_owned();
        // Each round takes a number away: a variant's part may have numbered variants itself.
        while let Some(told) = better(&name) {
            name = told;
        }
        name
    };
    items.iter().map(|item| speak(&item.schema)).collect()
}

/// Names for an item, best first.
fn candidates(item: &Item, spoken: &str) -> Vec<String> {
    let mut parts: Vec<&str> = spoken.split('.').skip(1).collect();
    if parts.is_empty() {
        parts.push(spoken);
    }
    let is_module = |part: &str| part.starts_with(|c: char| c.is_ascii_lowercase());
    let modules: String = parts
        .iter()
        .filter(|p| is_module(p))
        .map(|p| names::pascal(p))
        .collect();
    let own: Vec<&str> = parts
        .iter()
        .filter(|part| !is_module(part))
        .copied()
        .collect();
    let Some((root, rest)) = own.split_first() else {
        return vec![modules];
    };
    let root = names::type_name(root);
    let words: Vec<String> = rest
        .iter()
        .flat_map(|part| names::capital_words(&names::type_name(part)))
        .collect();
    let words = names::without_stutter(&words);
    let full = format!("{root}{}", words.concat());
    let mut candidates = Vec::new();
    if full.len() > LONG {
        for count in 2..words.len() {
            candidates.push(format!("{root}{}", words[words.len() - count..].concat()));
        }
    }
    candidates.push(full.clone());
    candidates.push(format!("{modules}{full}"));
    candidates.push(format!("{}{modules}{full}", names::pascal(&item.product)));
    candidates
}
