//! Names the variants of unions: by what distinguishes them.

use std::collections::BTreeMap;

use crate::codegen::items::types::{Field, Shape, Side, Type, Union};
use crate::codegen::lock::{self, Lock};
use crate::codegen::plan::definition::Definition;
use crate::codegen::policy::Policy;
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{LONG, OWN};

/// Names the variants of all unions: after the tag's value, otherwise after what only they have. A param's have the
/// names of the entity's.
pub fn name(definitions: &mut [Definition], policy: &Policy, lock: &Lock) {
    for index in 0..definitions.len() {
        let Shape::Union(union) = &definitions[index].shape else {
            continue;
        };
        let names = variant_names(definitions, union, policy);
        rename(definitions, index, names);
    }
    for (param, entity) in sides(definitions) {
        if let (Shape::Union(sent), Shape::Union(received)) =
            (&definitions[param].shape, &definitions[entity].shape)
        {
            let names = as_received(sent, received);
            rename(definitions, param, names);
        }
    }
    for index in 0..definitions.len() {
        if let Shape::Union(union) = &definitions[index].shape {
            let names = as_published(definitions, &definitions[index].path(), union, lock);
            rename(definitions, index, names);
        }
    }
}

/// The published names of a union's variants; new ones must differ.
fn as_published(definitions: &[Definition], path: &str, union: &Union, lock: &Lock) -> Vec<String> {
    let known: Vec<Option<&str>> = union
        .variants
        .iter()
        .map(|variant| {
            lock.variant(
                path,
                &lock::spell(&variant.ty, &|item| definitions[item].path()),
            )
        })
        .collect();
    let mut names: Vec<String> = Vec::new();
    for (variant, locked) in union.variants.iter().zip(&known) {
        let taken =
            |name: &str| names.iter().any(|other| other == name) || known.contains(&Some(name));
        let name = match locked {
            Some(name) => (*name).to_owned(),
            None => names::unique(variant.name.clone(), taken),
        };
        names.push(name);
    }
    names
}

fn rename(definitions: &mut [Definition], index: usize, names: Vec<String>) {
    if let Shape::Union(union) = &mut definitions[index].shape {
        for (variant, name) in union.variants.iter_mut().zip(names) {
            variant.name = name;
        }
    }
}

/// Each resource's param, with its entity.
fn sides(definitions: &[Definition]) -> Vec<(usize, usize)> {
    let mut received = BTreeMap::new();
    let mut sent = Vec::new();
    for (index, definition) in definitions.iter().enumerate() {
        match &definition.role {
            Some(role) if role.variant.is_none() && role.side == Side::Received => {
                received.insert(&role.resource, index);
            }
            Some(role) if role.variant.is_none() => sent.push((&role.resource, index)),
            _ => {}
        }
    }
    let pairs = sent.into_iter();
    pairs
        .filter_map(|(resource, index)| Some((index, *received.get(resource)?)))
        .collect()
}

/// For each variant of `sent`, the name of the variant of `received` with the same tag.
fn as_received(sent: &Union, received: &Union) -> Vec<String> {
    let mut names: Vec<String> = sent.variants.iter().map(|v| v.name.clone()).collect();
    let (Some(sent), Some(tag)) = (&sent.tag, &received.tag) else {
        return names;
    };
    for index in 0..names.len() {
        let twin = (0..received.variants.len()).find(|other| {
            tag.name == sent.name
                && sent
                    .of(index)
                    .any(|value| tag.of(*other).any(|known| known == value))
        });
        if let Some(twin) = twin {
            let name = &received.variants[twin].name;
            if !names.contains(name) {
                names[index] = name.clone();
            }
        }
    }
    names
}

fn variant_names(definitions: &[Definition], union: &Union, policy: &Policy) -> Vec<String> {
    let fields = |index: usize| -> &[Field] {
        match union.variants[index]
            .ty
            .embedded()
            .map(|item| &definitions[item].shape)
        {
            Some(Shape::Model(fields)) => fields,
            _ => &[],
        }
    };
    let count = union.variants.len();
    let described = without_common_words(union);
    let mut chosen: Vec<String> = Vec::new();
    for (index, described) in described.iter().enumerate() {
        let values: Vec<&str> = union.tag.iter().flat_map(|tag| tag.of(index)).collect();
        let own: Vec<&Field> = fields(index)
            .iter()
            .filter(|field| {
                (0..count).all(|other| {
                    other == index || fields(other).iter().all(|known| known.json != field.json)
                })
            })
            .collect();
        let wanted: String = fields(index)
            .iter()
            .filter(|field| field.wanted)
            .take(3)
            .map(|field| match &field.constant {
                Some(value) => names::variant(value),
                None => names::pascal(&field.json),
            })
            .collect();
        let mut names = Vec::new();
        if let Some(item) = union.variants[index].ty.embedded() {
            let mut spots = definitions[item].spots.iter();
            names.extend(spots.find_map(|spot| policy.variants.get(&spot.name).cloned()));
        }
        if let [value] = values[..] {
            names.push(names::variant(value));
        }
        let is_numbered = is_numbered(described);
        if !is_numbered {
            names.push(described.clone());
        }
        names.extend(
            own.iter()
                .find(|field| field.wanted)
                .or(own.first())
                .map(|field| names::pascal(&field.json)),
        );
        names.push(wanted);
        names.extend(own.iter().map(|field| names::pascal(&field.json)));
        names.extend(plain(definitions, &union.variants[index].ty));
        names.push(described.clone());
        let free = |name: &str| {
            !name.is_empty()
                && name.len() <= LONG
                && name != "Other"
                && chosen.iter().all(|known| known != name)
        };
        let name = names.iter().find(|name| free(name)).cloned();
        chosen.push(name.unwrap_or_else(|| {
            names::unique(described.clone(), |name| {
                name == "Other" || chosen.iter().any(|known| known == name)
            })
        }));
    }
    chosen
}

/// A name by the kind alone.
fn plain(definitions: &[Definition], ty: &Type) -> Option<String> {
    match ty {
        Type::List(_) => Some("List".to_owned()),
        Type::Map(_) => Some("Map".to_owned()),
        Type::Item(item) => match definitions[*item].shape {
            Shape::Enum(_) => Some("Keyword".to_owned()),
            Shape::Model(_) => Some("Object".to_owned()),
            Shape::Union(_) => None,
        },
        _ => None,
    }
}

/// Whether the description only numbers the variant, or what is in it: `Variant0`, `UnionMember1List`.
pub fn is_numbered(name: &str) -> bool {
    let after = ["Case", "Member", "Variant", "variant"]
        .iter()
        .flat_map(|word| {
            name.match_indices(word)
                .map(|(at, word)| &name[at + word.len()..])
        });
    name.chars().all(|c| c.is_ascii_digit())
        || after
            .into_iter()
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The description's names of a union's variants, without the words with which most of them start and end.
fn without_common_words(union: &Union) -> Vec<String> {
    let named: Vec<Vec<String>> = union
        .variants
        .iter()
        .map(|variant| {
            let name = names::pascal(&variant.name);
            let short = ["Param", "Response"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            names::capital_words(short.filter(|short| !short.is_empty()).unwrap_or(&name))
        })
        .collect();
    let is_item = |index: usize| union.variants[index].ty.embedded().is_some();
    let items: Vec<usize> = (0..named.len()).filter(|index| is_item(*index)).collect();
    let mut shorter = named.clone();
    for at_end in [false, true] {
        let mut words: Vec<Vec<String>> =
            items.iter().map(|index| shorter[*index].clone()).collect();
        if at_end {
            words.iter_mut().for_each(|words| words.reverse());
        }
        drop_common(&mut words);
        for (index, mut words) in items.iter().zip(words) {
            if at_end {
                words.reverse();
            }
            shorter[*index] = words;
        }
    }
    let names: Vec<String> = shorter
        .iter()
        .map(|words| {
            let kept: Vec<&str> = words
                .iter()
                .map(String::as_str)
                .filter(|word| !OWN.contains(word))
                .collect();
            if kept.is_empty() {
                words.concat()
            } else {
                kept.concat()
            }
        })
        .collect();
    let is_distinct = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    named
        .iter()
        .zip(&names)
        .map(|(words, name)| {
            if is_distinct(name) {
                name.clone()
            } else {
                words.concat()
            }
        })
        .collect()
}

/// Removes from the start of each name the words that more than half of them have there; the last word stays.
fn drop_common(named: &mut [Vec<String>]) {
    if named.len() < 2 {
        return;
    }
    let mut alike: Vec<usize> = (0..named.len()).collect();
    loop {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for index in &alike {
            *counts.entry(named[*index][0].as_str()).or_default() += 1;
        }
        let Some((word, count)) = counts.into_iter().max_by_key(|(_, count)| *count) else {
            return;
        };
        let word = word.to_owned();
        let is_enough = count > 1 && count * 2 > named.len();
        alike.retain(|index| named[*index][0] == word);
        if !is_enough || alike.iter().any(|index| named[*index].len() == 1) {
            return;
        }
        for index in &alike {
            named[*index].remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::items::types::Variant;

    fn union(names: &[&str]) -> Union {
        let variants = names.iter().enumerate().map(|(index, name)| Variant {
            name: (*name).to_owned(),
            boxed: None,
            ty: Type::Item(index),
        });
        Union {
            variants: variants.collect(),
            tag: None,
        }
    }

    #[test]
    fn words_that_most_variants_share_go() {
        let names = without_common_words(&union(&[
            "IdentityProviderAccessAzureAD",
            "IdentityProviderAccessGitHub",
            "IdentityProviderSaml",
        ]));
        assert_eq!(names, ["AzureAd", "GitHub", "Saml"]);
        let names = without_common_words(&union(&["CcHealthInstances", "CcImageInstances"]));
        assert_eq!(names, ["Health", "Image"]);
    }

    #[test]
    fn numbers_are_no_names() {
        assert!(is_numbered("UnionMember1list"));
        assert!(is_numbered("SettingValueVariant0"));
        assert!(is_numbered("FiltersCase1"));
        assert!(!is_numbered("Sha1"));
        assert!(!is_numbered("Ipv4"));
    }
}
