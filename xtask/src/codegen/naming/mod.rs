//! Names types: published ones and those named by hand first, then each after its role for
//! its resource, otherwise after its place.

mod candidates;
pub mod methods;
mod variants;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Result, ensure};

use crate::codegen::items::types::Side;
use crate::codegen::lock::Lock;
use crate::codegen::plan::PlannedOperation;
use crate::codegen::plan::definition::Definition;
use crate::codegen::policy::Policy;
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::RESERVED;
use candidates::Context;

pub fn name(
    definitions: &mut [Definition],
    operations: &[PlannedOperation],
    policy: &Policy,
    lock: &Lock,
) -> Result<()> {
    rename(definitions, policy, lock)?;
    variants::name(definitions, policy, lock);
    let mut taken = Taken::new(operations, lock);
    for definition in definitions
        .iter()
        .filter(|definition| !definition.name.is_empty())
    {
        taken.take_like(&definition.home, definition.name.clone());
    }
    for index in 0..definitions.len() {
        if !definitions[index].name.is_empty() {
            continue;
        }
        if let Some(name) = by_hand(definitions, index, policy) {
            definitions[index].name = taken.take_like(&definitions[index].home, name);
        }
    }
    // Entities have the first choice of names, then their variants, then what else operations mention.
    let mut levels: Vec<BTreeMap<usize, Context>> = (0..3).map(|_| BTreeMap::new()).collect();
    for (index, context) in candidates::roots(definitions, operations) {
        let level = match &definitions[index].role {
            Some(role) if role.variant.is_none() => 0,
            Some(_) => 1,
            None => 2,
        };
        levels[level].insert(index, context);
    }
    let uses = candidates::uses(definitions);
    let mut levels = VecDeque::from(levels);
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut named: Vec<usize> = Vec::new();
    loop {
        let mut level = match levels.pop_front() {
            Some(level) => level,
            None => candidates::below(definitions, &uses, &std::mem::take(&mut named)),
        };
        level.retain(|index, _| seen.insert(*index));
        if level.is_empty() && levels.is_empty() {
            break;
        }
        name_level(definitions, &level, &mut taken);
        named.extend(level.keys());
    }
    Ok(())
}

/// Takes published names from types that have been renamed by hand since.
fn rename(definitions: &mut [Definition], policy: &Policy, lock: &Lock) -> Result<()> {
    let mut renamed = Vec::new();
    for index in 0..definitions.len() {
        let by_hand = by_hand(definitions, index, policy);
        let definition = &mut definitions[index];
        if let Some(name) = by_hand.filter(|name| *name != definition.name)
            && !definition.name.is_empty()
        {
            renamed.push(format!("`{}` to `{name}`", definition.path()));
            definition.name.clear();
        }
    }
    ensure!(
        lock.breaking || renamed.is_empty(),
        "the policy renames what has been published. Take that back, or rename it on purpose with --break:\n{}",
        renamed.join("\n")
    );
    Ok(())
}

/// Names types of one level. A name that several want goes to none of them: each gets the next best.
fn name_level(definitions: &mut [Definition], level: &BTreeMap<usize, Context>, taken: &mut Taken) {
    let mut open: BTreeMap<usize, Vec<String>> = level
        .iter()
        .filter(|(index, _)| definitions[**index].name.is_empty())
        .map(|(index, context)| (*index, candidates::of(definitions, *index, context)))
        .collect();
    let most = open.values().map(Vec::len).max().unwrap_or_default();
    for rank in 0..most {
        let mut wanted: BTreeMap<(&[String], &str), Vec<usize>> = BTreeMap::new();
        for (index, names) in &open {
            let home = definitions[*index].home.as_slice();
            if let Some(name) = names.get(rank).filter(|name| taken.is_free(home, name)) {
                wanted.entry((home, name)).or_default().push(*index);
            }
        }
        let given: Vec<(usize, String)> = wanted
            .into_iter()
            .filter_map(|((_, name), indexes)| match indexes[..] {
                [index] => Some((index, name.to_owned())),
                _ => None,
            })
            .collect();
        for (index, name) in given {
            definitions[index].name = taken.take_like(&definitions[index].home, name);
            open.remove(&index);
        }
    }
    for (index, names) in open {
        let last = names.last().cloned().unwrap_or_default();
        definitions[index].name = taken.take_like(&definitions[index].home, last);
    }
}

/// The names that are taken, by home.
struct Taken(BTreeMap<Vec<String>, BTreeSet<String>>);

impl Taken {
    /// What generated modules contain besides models.
    fn new(operations: &[PlannedOperation], lock: &Lock) -> Taken {
        let mut names: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for planned in operations {
            let taken = names.entry(planned.operation.resource.clone()).or_default();
            taken.insert(planned.struct_name.clone());
            let module = names::module(&planned.operation.resource);
            taken.extend(lock.shown(&module).map(str::to_owned));
        }
        Taken(names)
    }

    fn is_free(&self, home: &[String], name: &str) -> bool {
        !RESERVED.contains(&name) && !self.0.get(home).is_some_and(|taken| taken.contains(name))
    }

    /// Takes the name, or a numbered one.
    fn take_like(&mut self, home: &[String], name: String) -> String {
        let name = names::unique(name, |name| !self.is_free(home, name));
        self.0
            .entry(home.to_vec())
            .or_default()
            .insert(name.clone());
        name
    }
}

/// The name that a type was given by hand. If one schema is both an entity and a param, the name is that of
/// the entity.
fn by_hand(definitions: &[Definition], index: usize, policy: &Policy) -> Option<String> {
    let definition = &definitions[index];
    let side_of = |definition: &Definition| definition.role.as_ref().map(|role| role.side);
    let (spot, name) = definition
        .spots
        .iter()
        .find_map(|spot| Some((&spot.name, policy.names.get(&spot.name)?)))?;
    let is_twin = side_of(definition) == Some(Side::Sent)
        && definitions.iter().any(|other| {
            side_of(other) == Some(Side::Received)
                && other.spots.iter().any(|known| known.name == *spot)
        });
    Some(if is_twin {
        format!("{name}Param")
    } else {
        name.clone()
    })
}
