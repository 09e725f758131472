//! What has been published, in `xtask/api/lock/`: additions to the description extend it and change nothing in it.
//!
//! For each type it has the place in the description, the name, the fields, variants or values, and what the
//! constructor takes; for each operation the names, arguments and output; for each error code its name. The generator reads it before it decides
//! anything, keeps to it, and appends what is new. An entry that cannot be kept is an error.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};

use crate::codegen::items::merge::Merger;
use crate::codegen::items::types::{Field, Shape, Side, Spot, Type, Variant};
use crate::codegen::plan::definition::{Constructor, Definition, Getter};
use crate::codegen::plan::{Plan, PlannedOperation};
use crate::codegen::words::names;

use text::parse;
pub use text::{FOLDER, spell};

/// What has been published.
#[derive(Debug, Default)]
pub struct Lock {
    types: BTreeMap<String, LockedType>,
    operations: BTreeMap<String, BTreeSet<String>>,
    /// The types from elsewhere, by module.
    modules: BTreeMap<String, BTreeSet<String>>,
    /// Error codes, by product and name: `dns::RECORD_ALREADY_EXISTS`.
    codes: BTreeMap<String, i64>,
    /// Entries that cannot be kept are dropped.
    pub breaking: bool,
}

#[derive(Debug, Default)]
struct LockedType {
    kind: String,
    /// In the order in which their fields were first merged.
    spots: Vec<Spot>,
    fields: BTreeMap<String, LockedField>,
    constructor: Option<Constructor>,
    /// Names by type.
    variants: BTreeMap<String, LockedVariant>,
    /// Names by value.
    values: BTreeMap<String, String>,
    getters: Vec<Getter>,
}

#[derive(Debug, PartialEq)]
struct LockedField {
    name: String,
    ty: String,
    boxed: bool,
}

#[derive(Debug, PartialEq)]
struct LockedVariant {
    name: String,
    boxed: bool,
}

impl Lock {
    /// Merges the items that are one published type, and keeps those of two types apart.
    pub fn seed(&self, merger: &mut Merger) {
        let items: BTreeMap<Spot, usize> = (0..merger.len())
            .map(|item| (merger.item(item).spot.clone(), item))
            .collect();
        for (path, locked) in &self.types {
            let would_send_null = locked.would_send_null();
            for item in locked.spots.iter().filter_map(|spot| items.get(spot)) {
                merger.lock(*item, path);
                if would_send_null {
                    merger.keep_for_replies(*item);
                }
            }
        }
        for locked in self.types.values() {
            let mut found = locked.spots.iter().filter_map(|spot| items.get(spot));
            let Some(first) = found.next() else { continue };
            for item in found {
                merger.join(*first, *item);
            }
        }
    }

    /// The name of a variant of a type.
    pub fn variant(&self, union: &str, ty: &str) -> Option<&str> {
        Some(self.types.get(union)?.variants.get(ty)?.name.as_str())
    }

    /// The name of an enum's value.
    pub fn value(&self, path: &str, value: &str) -> Option<&str> {
        self.types.get(path)?.values.get(value).map(String::as_str)
    }

    /// Whether the module has had a type of this name, its own or from elsewhere.
    pub fn has_name(&self, module: &str, name: &str) -> bool {
        self.types.contains_key(&format!("{module}::{name}"))
            || self.shown(module).any(|shown| shown == name)
    }

    /// Whether the module has exported this type from elsewhere.
    pub fn exports(&self, module: &str, path: &str) -> bool {
        self.modules
            .get(module)
            .is_some_and(|types| types.contains(path))
    }

    /// The names of the types from elsewhere that the module has exported.
    pub fn shown(&self, module: &str) -> impl Iterator<Item = &str> {
        let paths = self.modules.get(module).into_iter().flatten();
        paths.filter_map(|path| path.rsplit("::").next())
    }

    /// The name of an operation's method.
    pub fn method(&self, operation: &str) -> Option<&str> {
        self.names(operation).map(|(_, method)| method)
    }

    /// The name of the struct of an operation whose method has this name.
    pub fn struct_name(&self, operation: &str, method: &str) -> Option<&str> {
        let (name, _) = self
            .names(operation)
            .filter(|(_, known)| *known == method)?;
        Some(name)
    }

    fn names(&self, operation: &str) -> Option<(&str, &str)> {
        let mut lines = self.operations.get(operation)?.iter();
        lines.find_map(|line| line.strip_prefix("is ")?.split_once("::"))
    }

    /// The getters of a union.
    pub fn getters(&self, path: &str) -> &[Getter] {
        self.types.get(path).map_or(&[], |locked| &locked.getters)
    }

    /// How new values get what they must have.
    pub fn constructor(&self, path: &str) -> Option<&Constructor> {
        self.types.get(path)?.constructor.as_ref()
    }

    /// Gives the fields and variants of all types their published names and types; returns where the description now
    /// has another type.
    pub fn keep(&self, definitions: &mut [Definition]) -> Result<Vec<String>> {
        let paths: Vec<String> = definitions.iter().map(Definition::path).collect();
        let index: BTreeMap<&str, usize> = paths
            .iter()
            .enumerate()
            .map(|(index, path)| (path.as_str(), index))
            .collect();
        let mut held = Vec::new();
        for (definition, path) in definitions.iter_mut().zip(&paths) {
            let Some(locked) = self.types.get(path) else {
                continue;
            };
            if locked.kind != kind(&definition.shape) {
                ensure!(self.breaking, "`{path}` was of the kind {}", locked.kind);
                continue;
            }
            let order = |spot: &Spot| locked.spots.iter().position(|known| known == spot);
            definition
                .spots
                .sort_by_key(|spot| order(spot).unwrap_or(usize::MAX));
            match &mut definition.shape {
                Shape::Model(fields) => {
                    // Published ones keep their names, so they go first.
                    fields.sort_by_key(|field| !locked.fields.contains_key(&field.json));
                    let mut kept: Vec<Field> = Vec::new();
                    for mut field in std::mem::take(fields) {
                        let known = locked.fields.get(&field.json);
                        let ty = known.and_then(|known| parse(&known.ty, &index));
                        match (known, ty) {
                            (Some(known), Some(ty)) => {
                                if field.ty.bare() != ty.bare() {
                                    let now = spell(&field.ty, &|item| paths[item].clone());
                                    held.push(format!(
                                        "`{path}`, `{}`: `{}` was published, the description has `{now}`",
                                        field.json, known.ty
                                    ));
                                }
                                field.name = known.name.clone();
                                field.ty = ty;
                                field.boxed = Some(known.boxed);
                            }
                            (Some(known), None) if !self.breaking => {
                                bail!("`{path}`, `{}`: `{}` is gone", field.json, known.ty)
                            }
                            _ => {
                                let taken = |name: &str| {
                                    name == "extra" || kept.iter().any(|field| field.name == name)
                                };
                                field.name = names::unique(field.name.clone(), taken);
                            }
                        }
                        kept.push(field);
                    }
                    *fields = kept;
                }
                Shape::Union(union) => {
                    for variant in &mut union.variants {
                        let ty = spell(&variant.ty, &|item| paths[item].clone());
                        variant.boxed = locked.variants.get(&ty).map(|known| known.boxed);
                    }
                }
                Shape::Enum(_) => {}
            }
        }
        Ok(held)
    }

    /// What the plan would publish.
    pub fn of(plan: &Plan) -> Lock {
        let mut lock = Lock::default();
        for definition in &plan.definitions {
            lock.types
                .insert(definition.path(), LockedType::of(definition, plan));
        }
        for planned in &plan.operations {
            lock.operations
                .insert(planned.operation.id.clone(), signature(planned, plan));
        }
        for (resource, types) in plan.exports.iter().filter(|(_, types)| !types.is_empty()) {
            let paths = types.values().map(|item| plan.definitions[*item].path());
            lock.modules
                .insert(names::module(resource), paths.collect());
        }
        for (product, name, code) in plan.codes.all() {
            let product = names::snake(product);
            let number = code.constant();
            let known = number.map(|number| (format!("{product}::{name}"), number));
            lock.codes.extend(known);
        }
        lock
    }

    /// The entries of this lock that differ in the next one, or are missing.
    pub fn broken_by(&self, next: &Lock) -> Vec<String> {
        let mut broken = Vec::new();
        for (path, locked) in &self.types {
            match next.types.get(path) {
                None => broken.push(format!("the type `{path}` is gone")),
                Some(new) => broken.extend(
                    locked
                        .broken_by(new)
                        .into_iter()
                        .map(|what| format!("`{path}`: {what}")),
                ),
            }
        }
        for (module, types) in &self.modules {
            let missing = |path: &&String| {
                !next
                    .modules
                    .get(module)
                    .is_some_and(|types| types.contains(*path))
            };
            let missing = types.iter().filter(missing);
            broken.extend(missing.map(|path| format!("`{module}` has no `{path}` any more")));
        }
        for (code, number) in &self.codes {
            match next.codes.get(code) {
                None => broken.push(format!("the code `{code}` is gone")),
                Some(new) if new != number => broken.push(format!("`{code}` was {number}")),
                Some(_) => {}
            }
        }
        for (id, lines) in &self.operations {
            match next.operations.get(id) {
                None => broken.push(format!("the operation `{id}` is gone")),
                Some(new) => broken.extend(
                    lines
                        .difference(new)
                        .map(|line| format!("`{id}`: no longer `{line}`")),
                ),
            }
        }
        broken
    }
}

impl LockedType {
    fn of(definition: &Definition, plan: &Plan) -> LockedType {
        let path = |item: usize| plan.definitions[item].path();
        let mut locked = LockedType {
            kind: kind(&definition.shape).to_owned(),
            spots: definition.spots.clone(),
            ..LockedType::default()
        };
        match &definition.shape {
            Shape::Model(fields) => {
                locked.constructor = definition.is_sent.then(|| definition.constructor.clone());
                for field in fields {
                    let known = LockedField {
                        name: field.name.clone(),
                        ty: spell(&field.ty, &path),
                        boxed: field.boxed == Some(true),
                    };
                    locked.fields.insert(field.json.clone(), known);
                }
            }
            Shape::Enum(_) => {
                locked.values = definition
                    .values
                    .iter()
                    .map(|(name, value)| (value.clone(), name.clone()))
                    .collect();
            }
            Shape::Union(union) => {
                for Variant { name, ty, boxed } in &union.variants {
                    let known = LockedVariant {
                        name: name.clone(),
                        boxed: *boxed == Some(true),
                    };
                    locked.variants.insert(spell(ty, &path), known);
                }
                locked.getters = definition.getters.clone();
            }
        }
        locked
    }

    /// Whether a new value would hold a null that nobody set: a type for replies has a field without a type that it is
    /// sure to have, and which stays as it was published.
    fn would_send_null(&self) -> bool {
        let is_sent = self.spots.iter().any(|spot| spot.side == Side::Sent);
        !is_sent && self.fields.values().any(|field| field.ty == "Any")
    }

    fn broken_by(&self, new: &LockedType) -> Vec<String> {
        let mut broken = Vec::new();
        if self.kind != new.kind {
            broken.push(format!("{} instead of {}", new.kind, self.kind));
        }
        for (json, field) in &self.fields {
            if new.fields.get(json) != Some(field) {
                broken.push(format!("field `{}: {}`", field.name, field.ty));
            }
        }
        for (ty, variant) in &self.variants {
            if new.variants.get(ty) != Some(variant) {
                broken.push(format!("variant `{}({ty})`", variant.name));
            }
        }
        for (value, name) in &self.values {
            if new.values.get(value) != Some(name) {
                broken.push(format!("value `{name}`"));
            }
        }
        for getter in &self.getters {
            if !new.getters.contains(getter) {
                broken.push(format!("getter `{}`", getter.name));
            }
        }
        if self.constructor.is_some() && self.constructor != new.constructor {
            broken.push("what its constructor takes".to_owned());
        }
        broken
    }
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Model(_) => "struct",
        Shape::Enum(_) => "enum",
        Shape::Union(_) => "union",
    }
}

/// What users can name of an operation.
fn signature(planned: &PlannedOperation, plan: &Plan) -> BTreeSet<String> {
    let spell = |ty: &Type| spell(ty, &|item| plan.definitions[item].path());
    let mut lines = BTreeSet::from([
        format!("is {}::{}", planned.struct_name, planned.method),
        format!("gives {}", spell(&planned.output)),
    ]);
    let mut arguments = Vec::new();
    for param in &planned.params {
        if param.is_argument() {
            arguments.push(format!("{}: {}", param.name, spell(&param.ty)));
        } else {
            lines.insert(format!("setter {}: {}", param.name, spell(&param.ty)));
        }
    }
    arguments.extend(
        planned
            .body
            .iter()
            .map(|body| format!("body: {}", spell(body))),
    );
    lines.insert(format!("takes {}", arguments.join(", ")));
    lines.extend(
        planned
            .paged
            .iter()
            .map(|paged| format!("lists {}", spell(&paged.item))),
    );
    lines
}
