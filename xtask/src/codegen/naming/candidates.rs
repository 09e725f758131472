//! Possible names of a type, best first: by its role for its resource, and by the fields that hold it.

use std::collections::BTreeMap;

use crate::codegen::items::merge::Role;
use crate::codegen::items::types::{Field, Shape, Side, Type};
use crate::codegen::naming::variants;
use crate::codegen::plan::PlannedOperation;
use crate::codegen::plan::definition::{self, Definition};
use crate::codegen::words::names;
use crate::codegen::words::phrases::{common, inner, is_vague, joined, once, stutters, words};
use crate::codegen::words::vocabulary::{LONG, PLAIN, VAGUE};

/// Where a type occurs.
pub struct Context {
    /// The named types that hold it.
    owners: Vec<usize>,
    /// Its name there, as words of a type's name: what all its names have in common.
    word: String,
    /// Names that come before those made of owner and word.
    first: Vec<String>,
}

/// The noun for one of a resource: `dns.records` consists of `Record`s.
fn noun(resource: &[String]) -> String {
    let last = resource.last().map_or("", String::as_str);
    names::pascal(&names::singular(&names::snake(last)))
}

/// The word for a type that only holds the resource's items: one of these has the noun itself.
fn wraps(definitions: &[Definition], index: usize, noun: &str) -> Option<&'static str> {
    let Shape::Model(fields) = &definitions[index].shape else {
        return None;
    };
    let held = fields.iter().find(|field| field_word(field) == noun)?;
    let item = held.ty.core()?;
    if item == index || matches!(definitions[item].shape, Shape::Enum(_)) {
        return None;
    }
    Some(match held.ty.bare() {
        Type::List(_) | Type::Map(_) => "List",
        _ => "Reply",
    })
}

/// The types that operations mention directly.
pub fn roots(
    definitions: &[Definition],
    operations: &[PlannedOperation],
) -> BTreeMap<usize, Context> {
    let mut found: BTreeMap<usize, Context> = BTreeMap::new();
    let unions: Vec<&Definition> = definitions
        .iter()
        .filter(|definition| matches!(definition.shape, Shape::Union(_)))
        .collect();
    for (index, definition) in definitions.iter().enumerate() {
        if let Some(role) = &definition.role {
            let noun = noun(&role.resource);
            let suffix = match role.side {
                Side::Received => "",
                Side::Sent => "Param",
            };
            let variant = role
                .variant
                .as_deref()
                .map(|name| label_of(&unions, role, index).unwrap_or_else(|| name.to_owned()));
            let own = match (variant, wraps(definitions, index, &noun)) {
                (Some(variant), _) => joined(&variant, &noun),
                (None, Some(kind)) => format!("{noun}{kind}"),
                (None, None) => noun.clone(),
            };
            let parent =
                role.resource.len().checked_sub(2).map(|above| {
                    names::pascal(&names::singular(&names::snake(&role.resource[above])))
                });
            let long = joined(&parent.unwrap_or_default(), &own);
            let first = vec![format!("{own}{suffix}"), format!("{long}{suffix}")];
            found.insert(
                index,
                Context {
                    owners: Vec::new(),
                    word: own,
                    first,
                },
            );
        } else if matches!(definition.shape, Shape::Enum(_))
            && definition.spots.iter().all(|spot| !spot.name.contains('.'))
        {
            let word = definition
                .spots
                .first()
                .map(|spot| spot.name.clone())
                .unwrap_or_default();
            found.insert(
                index,
                Context {
                    owners: Vec::new(),
                    word: word.clone(),
                    first: vec![word],
                },
            );
        }
    }
    let mut add = |ty: &Type, first: Vec<String>| {
        if let Some(item) = ty.core() {
            let word = first.first().cloned().unwrap_or_default();
            found.entry(item).or_insert(Context {
                owners: Vec::new(),
                word,
                first,
            });
        }
    };
    for planned in operations {
        let operation = &planned.operation;
        let noun = noun(&operation.resource);
        let method = &planned.struct_name;
        let is_plain = PLAIN.contains(&planned.method.as_str());
        let job = joined(&noun, method);
        if let Some(body) = &planned.body {
            let name = if is_plain {
                format!("{job}Param")
            } else {
                job.clone()
            };
            add(body, vec![name, format!("{job}Param")]);
        }
        if let Some(paged) = &planned.paged {
            add(&paged.item, vec![joined(&job, "Item")]);
        }
        let result = if planned.paged.is_some() && planned.method == "list" {
            format!("{noun}List")
        } else {
            format!("{job}Result")
        };
        add(&planned.output, vec![result, format!("{job}Result")]);
        for param in &planned.params {
            let word = names::pascal(&param.parameter.name);
            let mut first = vec![joined(&noun, &word), joined(&job, &word)];
            if !VAGUE.contains(&words(&param.parameter.name).as_str())
                && !matches!(
                    param.ty.core().map(|item| &definitions[item].shape),
                    Some(Shape::Enum(_))
                )
            {
                first.insert(0, word);
            }
            add(&param.ty, first);
        }
    }
    found
}

/// The types that others hold.
pub fn below(
    definitions: &[Definition],
    uses: &[Vec<(usize, String)>],
    owners: &[usize],
) -> BTreeMap<usize, Context> {
    let mut found = BTreeMap::new();
    for owner in owners {
        for item in definitions[*owner].shape.types() {
            let Some(item) = item.core() else { continue };
            found
                .entry(item)
                .or_insert_with(|| context(definitions, item, &uses[item]));
        }
    }
    found
}

/// What the named types that hold a type call it.
fn context(definitions: &[Definition], item: usize, uses: &[(usize, String)]) -> Context {
    let named: Vec<&(usize, String)> = uses
        .iter()
        .filter(|(owner, _)| *owner != item && !definitions[*owner].name.is_empty())
        .collect();
    let in_union = |owner: usize| matches!(definitions[owner].shape, Shape::Union(_));
    let words: Vec<&str> = uses
        .iter()
        .filter(|(owner, _)| !in_union(*owner))
        .map(|(_, word)| word.as_str())
        .collect();
    let first_word = named
        .first()
        .map(|(_, word)| word.clone())
        .unwrap_or_default();
    let is_enum = matches!(definitions[item].shape, Shape::Enum(_));
    let first = named.iter().filter(|(owner, _)| in_union(*owner));
    let first = first.map(|(owner, word)| {
        let owner = definitions[*owner].name.trim_end_matches("Param");
        match word.as_str() {
            "List" => joined(owner, "Item"),
            word if is_enum => joined(owner, word),
            word => joined(word, owner),
        }
    });
    Context {
        owners: named.iter().map(|(owner, _)| *owner).collect(),
        word: common(&words).unwrap_or(first_word),
        first: first.take(1).collect(),
    }
}

/// For each type, the types that hold it, and what each calls it.
pub fn uses(definitions: &[Definition]) -> Vec<Vec<(usize, String)>> {
    let mut uses = vec![Vec::new(); definitions.len()];
    for (owner, definition) in definitions.iter().enumerate() {
        match &definition.shape {
            Shape::Model(fields) => {
                for field in fields {
                    if let Some(item) = field.ty.core() {
                        uses[item].push((owner, field_word(field)));
                    }
                }
            }
            Shape::Union(union) => {
                for variant in &union.variants {
                    if let Some(item) = variant.ty.core() {
                        uses[item].push((owner, variant.name.clone()));
                    }
                }
            }
            Shape::Enum(_) => {}
        }
    }
    uses
}

/// A field's name as the name of a type: the singular, if it is a list.
fn field_word(field: &Field) -> String {
    let is_many = matches!(field.ty.bare(), Type::List(_) | Type::Map(_));
    let name = words(&field.json);
    // Radar numbers its series: `summary_0`.
    let name = name.trim_end_matches("_0").to_owned();
    names::pascal(&if is_many || name == "serie" {
        names::singular(&name)
    } else {
        name
    })
}

/// Names for a type, best first.
pub fn of(definitions: &[Definition], index: usize, context: &Context) -> Vec<String> {
    let definition = &definitions[index];
    let mut names = context.first.clone();
    let word = &context.word;
    if !context.owners.is_empty() {
        let is_shared = definition.home == [definition::SHARED];
        let is_model = !matches!(definition.shape, Shape::Enum(_));
        let of: Vec<&str> = context
            .owners
            .iter()
            .map(|owner| definitions[*owner].name.trim_end_matches("Param"))
            .collect();
        let around: Vec<&str> = of.iter().map(|name| inner(name)).collect();
        let noun = if is_shared {
            around[0].to_owned()
        } else {
            noun(&definition.home)
        };
        if is_model && (!is_vague(word) || *word == noun) {
            names.push(word.clone());
        }
        // After what all its users have in common, otherwise after the resource.
        match common(&around) {
            Some(owner) => names.extend([joined(&owner, word), joined(&noun, word)]),
            None => names.extend([joined(&noun, word), joined(around[0], word)]),
        }
        names.push(joined(of[0], word));
        names.push(joined(&noun, &joined(of[0], word)));
        let last = names::capital_words(around[0]).pop().unwrap_or_default();
        names.push(joined(&last, word));
        let more = if is_model { "Details" } else { "Kind" };
        names.push(joined(&joined(&noun, word), more));
    }
    let is_sent_only = definition.spots.iter().all(|spot| spot.side == Side::Sent);
    if is_sent_only && definition.role.is_none() {
        let params: Vec<String> = names
            .iter()
            .map(|name| format!("{}Param", name.trim_end_matches("Param")))
            .collect();
        names.extend(params);
    }
    let official = definition
        .spots
        .iter()
        .map(|spot| spot.name.rsplit(['.', '/']).next().unwrap_or_default())
        .min_by_key(|name| name.len());
    names.extend(official.map(names::pascal));
    let shorter: Vec<String> = names
        .iter()
        .filter(|name| stutters(name))
        .map(|name| once(name))
        .collect();
    names.extend(shorter);
    names.sort_by_key(|name| {
        (
            variants::is_numbered(name),
            name.len() > LONG,
            stutters(name),
        )
    });
    names
}

/// The name of the variant that a type is, in a union with the same role.
fn label_of(unions: &[&Definition], role: &Role, index: usize) -> Option<String> {
    let same = unions.iter().filter(|other| {
        other.role.as_ref().is_some_and(|other| {
            other.resource == role.resource && other.side == role.side && other.variant.is_none()
        })
    });
    let mut variants = same.flat_map(|union| union.variants());
    variants
        .find(|variant| variant.ty.core() == Some(index))
        .map(|variant| variant.name.clone())
}
