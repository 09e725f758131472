//! What has been published, in `xtask/api/lock/`: growth of the description adds to it and changes nothing in it.
//!
//! It says of each type where the description has it, its name, its fields, variants or values, and what its
//! constructor takes; and of each operation its names, arguments and output. The generator reads it before it decides
//! anything, keeps to it, and appends what is new. An entry that cannot be kept is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::definition::Definition;
use super::getters::{Getter, Scalar};
use super::merge::Merger;
use super::names;
use super::plan::{Plan, PlannedOperation};
use super::policy::Policy;
use super::types::{Field, Shape, Side, Spot, Type, Variant};

/// Where it lies, below the description.
pub const FOLDER: &str = "lock";

/// The first line of each file.
const HEADER: &str =
    "# What has been published. `cargo xtask codegen` adds to it; nothing here is to change.\n";

#[derive(Debug, Default, Clone, PartialEq)]
pub struct Lock {
    types: BTreeMap<String, LockedType>,
    operations: BTreeMap<String, BTreeSet<String>>,
    /// Entries that cannot be kept are dropped.
    pub breaking: bool,
}

#[derive(Debug, Default, Clone, PartialEq)]
struct LockedType {
    kind: String,
    /// In the order in which their fields were first joined.
    spots: Vec<Spot>,
    fields: BTreeMap<String, LockedField>,
    /// What the constructor takes, by JSON names.
    new: Option<Vec<String>>,
    /// Names by type.
    variants: BTreeMap<String, LockedVariant>,
    /// Names by value.
    values: BTreeMap<String, String>,
    getters: Vec<Getter>,
}

#[derive(Debug, Clone, PartialEq)]
struct LockedField {
    name: String,
    ty: String,
    boxed: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct LockedVariant {
    name: String,
    boxed: bool,
}

impl Lock {
    /// Reads the files of a folder; empty where there is none.
    pub fn load(api: &Path) -> Result<Lock> {
        let mut lock = Lock::default();
        let Ok(entries) = fs::read_dir(api.join(FOLDER)) else {
            return Ok(lock);
        };
        for entry in entries {
            let file = entry?.path();
            let text = fs::read_to_string(&file)?;
            lock.read(&text)
                .with_context(|| format!("in {}", file.display()))?;
        }
        Ok(lock)
    }

    fn read(&mut self, text: &str) -> Result<()> {
        let mut at: Option<(bool, String)> = None;
        for line in text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (word, rest) = line
                .trim_start()
                .split_once(' ')
                .unwrap_or((line.trim_start(), ""));
            if !line.starts_with(' ') {
                at = Some((word == "operation", rest.to_owned()));
                if word == "operation" {
                    self.operations.entry(rest.to_owned()).or_default();
                } else {
                    self.types.entry(rest.to_owned()).or_default().kind = word.to_owned();
                }
                continue;
            }
            match &at {
                Some((true, id)) => {
                    self.operations
                        .entry(id.clone())
                        .or_default()
                        .insert(line.trim_start().to_owned());
                }
                Some((false, path)) => {
                    let locked = self.types.entry(path.clone()).or_default();
                    locked.read(word, rest).with_context(|| line.to_owned())?;
                }
                None => bail!("a line before any type: {line}"),
            }
        }
        Ok(())
    }

    /// Lets entries be broken, and types have the names that were given to them by hand since.
    pub fn break_for(&mut self, policy: &Policy) {
        self.breaking = true;
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for (path, locked) in &self.types {
            let by_hand = locked
                .spots
                .iter()
                .find_map(|spot| policy.names.get(&spot.name));
            let Some((home, name)) = path.rsplit_once("::") else {
                continue;
            };
            let suffix = if name.ends_with("Param") { "Param" } else { "" };
            if let Some(new) = by_hand
                .filter(|new| name.trim_end_matches("Param") != new.trim_end_matches("Param"))
            {
                renamed.insert(
                    path.clone(),
                    format!("{home}::{}{suffix}", new.trim_end_matches("Param")),
                );
            }
        }
        let new = |ty: &str| {
            let path = ty.rsplit('<').next().unwrap_or(ty).trim_end_matches('>');
            renamed.get(path).map(|new| ty.replace(path, new))
        };
        for locked in self.types.values_mut() {
            for field in locked.fields.values_mut() {
                field.ty = new(&field.ty).unwrap_or(std::mem::take(&mut field.ty));
            }
            let variants = std::mem::take(&mut locked.variants).into_iter();
            locked.variants = variants
                .map(|(ty, variant)| (new(&ty).unwrap_or(ty), variant))
                .collect();
        }
        let types = std::mem::take(&mut self.types).into_iter();
        self.types = types
            .map(|(path, locked)| (renamed.get(&path).cloned().unwrap_or(path), locked))
            .collect();
    }

    /// Makes one of the items that are one type already, and keeps those of two types apart.
    pub fn seed(&self, merger: &mut Merger) {
        let items: BTreeMap<Spot, usize> = (0..merger.len())
            .map(|item| (merger.item(item).spot.clone(), item))
            .collect();
        for (path, locked) in &self.types {
            let found: Vec<usize> = locked
                .spots
                .iter()
                .filter_map(|spot| items.get(spot).copied())
                .collect();
            for item in &found {
                merger.lock(*item, path);
            }
        }
        for locked in self.types.values() {
            let mut found = locked
                .spots
                .iter()
                .filter_map(|spot| items.get(spot).copied());
            let Some(first) = found.next() else { continue };
            for item in found {
                merger.join_locked(first, item);
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

    /// The getters of a union.
    pub fn getters(&self, path: &str) -> &[Getter] {
        self.types.get(path).map_or(&[], |locked| &locked.getters)
    }

    /// What a constructor takes.
    pub fn constructor(&self, path: &str) -> Option<&Vec<String>> {
        self.types.get(path)?.new.as_ref()
    }

    /// Gives the fields of all types the names and types that they have had.
    pub fn keep(&self, definitions: &mut [Definition]) -> Result<()> {
        let index: BTreeMap<String, usize> = definitions
            .iter()
            .enumerate()
            .map(|(index, definition)| (definition.path(), index))
            .collect();
        let mut variants: Vec<(&String, Type, bool)> = Vec::new();
        for (union, locked) in &self.types {
            for (ty, variant) in &locked.variants {
                variants.extend(parse(ty, &index).map(|ty| (union, ty, variant.boxed)));
            }
        }
        for definition in definitions.iter_mut() {
            let path = definition.path();
            let Some(locked) = self.types.get(&path) else {
                continue;
            };
            if locked.kind != kind(&definition.shape) {
                bail!("`{path}` was {} {}", article(&locked.kind), locked.kind);
            }
            if let Shape::Union(union) = &mut definition.shape {
                for variant in &mut union.variants {
                    let known = variants
                        .iter()
                        .find(|(union, ty, _)| **union == path && *ty == variant.ty);
                    variant.boxed = known.map(|(_, _, boxed)| *boxed);
                }
            }
            let Shape::Model(fields) = &mut definition.shape else {
                continue;
            };
            fields.sort_by_key(|field| !locked.fields.contains_key(&field.json));
            let mut kept: Vec<Field> = Vec::new();
            for mut field in std::mem::take(fields) {
                match locked.fields.get(&field.json) {
                    Some(known) => {
                        field.name = known.name.clone();
                        field.ty = parse(&known.ty, &index).with_context(|| {
                            format!("`{path}`, `{}`: `{}` is gone", field.json, known.ty)
                        })?;
                        field.boxed = Some(known.boxed);
                    }
                    None => {
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
        Ok(())
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
        lock
    }

    /// The entries of this one that the next one does not have as they are.
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

    /// The files, by name.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (path, locked) in &self.types {
            let home = path.split("::").next().unwrap_or_default();
            locked.write(
                path,
                files
                    .entry(format!("{home}.txt"))
                    .or_insert_with(|| HEADER.to_owned()),
            );
        }
        for (id, lines) in &self.operations {
            let home = names::snake(id.split('.').next().unwrap_or_default());
            let out = files
                .entry(format!("{home}.txt"))
                .or_insert_with(|| HEADER.to_owned());
            let _ = writeln!(out, "operation {id}");
            for line in lines {
                let _ = writeln!(out, "  {line}");
            }
        }
        files
    }
}

impl LockedType {
    fn read(&mut self, word: &str, rest: &str) -> Result<()> {
        let pair = |sign: &str| {
            rest.split_once(sign)
                .map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()))
        };
        match word {
            "sent" => self.spots.push(Spot {
                side: Side::Sent,
                name: rest.to_owned(),
            }),
            "received" => self.spots.push(Spot {
                side: Side::Received,
                name: rest.to_owned(),
            }),
            "new" => self.new = Some(rest.split_whitespace().map(str::to_owned).collect()),
            "field" => {
                let (name, ty) = pair(": ").context("no type")?;
                let (name, json) = name_and_json(&name);
                let boxed = ty.starts_with("Box ");
                let ty = ty.trim_start_matches("Box ").to_owned();
                self.fields.insert(json, LockedField { name, ty, boxed });
            }
            "variant" => {
                let (name, ty) = pair(": ").context("no type")?;
                let boxed = ty.starts_with("Box ");
                self.variants.insert(
                    ty.trim_start_matches("Box ").to_owned(),
                    LockedVariant { name, boxed },
                );
            }
            "getter" => {
                let (name, kind) = pair(": ").context("no type")?;
                let (name, json) = name_and_json(&name);
                let kind = match kind.as_str() {
                    "Text" => Scalar::Text,
                    "Bool" => Scalar::Bool,
                    "Int" => Scalar::Int,
                    other => bail!("no scalar: {other}"),
                };
                self.getters.push(Getter { json, name, kind });
            }
            "value" => {
                let (name, value) = pair(" = ").context("no value")?;
                self.values.insert(serde_json::from_str(&value)?, name);
            }
            _ => bail!("what is `{word}`?"),
        }
        Ok(())
    }

    fn of(definition: &Definition, plan: &Plan) -> LockedType {
        let mut locked = LockedType {
            kind: kind(&definition.shape).to_owned(),
            spots: definition.spots.clone(),
            ..LockedType::default()
        };
        match &definition.shape {
            Shape::Model(fields) => {
                locked.new = definition.is_sent.then(|| {
                    definition
                        .arguments()
                        .map(|field| field.json.clone())
                        .collect()
                });
                for field in fields {
                    let known = LockedField {
                        name: field.name.clone(),
                        ty: spell(&field.ty, &plan.definitions),
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
                    locked.variants.insert(spell(ty, &plan.definitions), known);
                }
                locked.getters = definition.getters.clone();
            }
        }
        locked
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
        if self.new.is_some() && self.new != new.new {
            broken.push("what its constructor takes".to_owned());
        }
        broken
    }

    fn write(&self, path: &str, out: &mut String) {
        let _ = writeln!(out, "{} {path}", self.kind);
        for spot in &self.spots {
            let side = match spot.side {
                Side::Sent => "sent",
                Side::Received => "received",
            };
            let _ = writeln!(out, "  {side} {}", spot.name);
        }
        for (json, LockedField { name, ty, boxed }) in &self.fields {
            let boxed = if *boxed { "Box " } else { "" };
            let _ = writeln!(out, "  field {}: {boxed}{ty}", name_of(name, json));
        }
        for (ty, LockedVariant { name, boxed }) in &self.variants {
            let boxed = if *boxed { "Box " } else { "" };
            let _ = writeln!(out, "  variant {name}: {boxed}{ty}");
        }
        for Getter { json, name, kind } in &self.getters {
            let _ = writeln!(out, "  getter {}: {kind:?}", name_of(name, json));
        }
        for (value, name) in &self.values {
            let _ = writeln!(out, "  value {name} = {value:?}");
        }
        if let Some(new) = &self.new {
            let _ = writeln!(out, "  new {}", new.join(" "));
        }
    }
}

/// A name, with the JSON name where that is another one.
fn name_of(name: &str, json: &str) -> String {
    if name == json {
        name.to_owned()
    } else {
        format!("{name} = {json}")
    }
}

fn name_and_json(text: &str) -> (String, String) {
    let (name, json) = text.split_once(" = ").unwrap_or((text, text));
    (name.to_owned(), json.to_owned())
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Model(_) => "struct",
        Shape::Enum(_) => "enum",
        Shape::Union(_) => "union",
    }
}

fn article(kind: &str) -> &'static str {
    if kind == "struct" { "a" } else { "an" }
}

/// What users can name of an operation.
fn signature(planned: &PlannedOperation, plan: &Plan) -> BTreeSet<String> {
    let spell = |ty: &Type| spell(ty, &plan.definitions);
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

/// A type as the lock has it.
pub fn spell(ty: &Type, definitions: &[Definition]) -> String {
    match ty {
        Type::Any => "Any".to_owned(),
        Type::Bool => "Bool".to_owned(),
        Type::Int => "Int".to_owned(),
        Type::Float => "Float".to_owned(),
        Type::Text => "Text".to_owned(),
        Type::Date => "Date".to_owned(),
        Type::DateTime => "DateTime".to_owned(),
        Type::Blob => "Blob".to_owned(),
        Type::Id(name) => (*name).to_owned(),
        Type::List(inner) => format!("Vec<{}>", spell(inner, definitions)),
        Type::Map(inner) => format!("Map<{}>", spell(inner, definitions)),
        Type::Optional(inner) => format!("Option<{}>", spell(inner, definitions)),
        Type::Item(item) => definitions[*item].path(),
    }
}

fn parse(text: &str, index: &BTreeMap<String, usize>) -> Option<Type> {
    let inner = |front: &str| {
        text.strip_prefix(front)
            .and_then(|rest| rest.strip_suffix('>'))
    };
    let boxed = |inner: &str| parse(inner, index).map(Box::new);
    if let Some(inner) = inner("Vec<") {
        return boxed(inner).map(Type::List);
    }
    if let Some(inner) = inner("Map<") {
        return boxed(inner).map(Type::Map);
    }
    if let Some(inner) = inner("Option<") {
        return boxed(inner).map(Type::Optional);
    }
    Some(match text {
        "Any" => Type::Any,
        "Bool" => Type::Bool,
        "Int" => Type::Int,
        "Float" => Type::Float,
        "Text" => Type::Text,
        "Date" => Type::Date,
        "DateTime" => Type::DateTime,
        "Blob" => Type::Blob,
        "ZoneId" => Type::Id("ZoneId"),
        "AccountId" => Type::Id("AccountId"),
        path => Type::Item(*index.get(path)?),
    })
}
