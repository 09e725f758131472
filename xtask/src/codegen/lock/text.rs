//! The lock as text: one file per product, one entry per type or operation, sorted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Lock, LockedField, LockedType, LockedVariant};
use crate::codegen::items::types::{Side, Spot, Type};
use crate::codegen::plan::definition::{Constructor, Getter, Scalar};
use crate::codegen::words::names;

/// Its folder, below the description.
pub const FOLDER: &str = "lock";

/// The first line of each file.
const HEADER: &str =
    "# What has been published. `cargo xtask codegen` adds to it; nothing here is to change.\n";

impl Lock {
    /// Reads the files of a folder; empty if there is none.
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
        let mut at: Option<(&str, String)> = None;
        for line in text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (word, rest) = line
                .trim_start()
                .split_once(' ')
                .unwrap_or((line.trim_start(), ""));
            if !line.starts_with(' ') {
                at = Some((word, rest.to_owned()));
                match word {
                    "code" => {
                        let (code, number) =
                            rest.split_once(' ').context("a code without a number")?;
                        self.codes.insert(code.to_owned(), number.parse()?);
                    }
                    "operation" => {
                        self.operations.entry(rest.to_owned()).or_default();
                    }
                    "module" => {
                        self.modules.entry(rest.to_owned()).or_default();
                    }
                    kind => self.types.entry(rest.to_owned()).or_default().kind = kind.to_owned(),
                }
                continue;
            }
            match &at {
                Some(("module", path)) => {
                    let types = self.modules.entry(path.clone()).or_default();
                    types.insert(rest.to_owned());
                }
                Some(("operation", id)) => {
                    self.operations
                        .entry(id.clone())
                        .or_default()
                        .insert(line.trim_start().to_owned());
                }
                Some((_, path)) => {
                    let locked = self.types.entry(path.clone()).or_default();
                    locked.read(word, rest).with_context(|| line.to_owned())?;
                }
                None => bail!("a line before any type: {line}"),
            }
        }
        Ok(())
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
        for (module, types) in &self.modules {
            let home = module.split("::").next().unwrap_or_default();
            let out = files
                .entry(format!("{home}.txt"))
                .or_insert_with(|| HEADER.to_owned());
            let _ = writeln!(out, "module {module}");
            for path in types {
                let _ = writeln!(out, "  shows {path}");
            }
        }
        for (code, number) in &self.codes {
            let home = code.split("::").next().unwrap_or_default();
            let out = files
                .entry(format!("{home}.txt"))
                .or_insert_with(|| HEADER.to_owned());
            let _ = writeln!(out, "code {code} {number}");
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
            "new" => self.constructor = Some(Constructor::Arguments(words(rest))),
            "needs" => self.constructor = Some(Constructor::Setters(words(rest))),
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
                    "Any" => Scalar::Any,
                    other => bail!("not a scalar: {other}"),
                };
                self.getters.push(Getter { json, name, kind });
            }
            "value" => {
                let (name, value) = pair(" = ").context("no value")?;
                self.values.insert(serde_json::from_str(&value)?, name);
            }
            _ => bail!("unknown word `{word}`"),
        }
        Ok(())
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
        if let Some(constructor) = &self.constructor {
            let (word, names) = match constructor {
                Constructor::Arguments(names) => ("new", names),
                Constructor::Setters(names) => ("needs", names),
            };
            let _ = writeln!(out, "  {word} {}", names.join(" "));
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A name, with the JSON name if that differs.
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

/// A type as the lock writes it, with the paths of items.
pub fn spell(ty: &Type, path: &dyn Fn(usize) -> String) -> String {
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
        Type::List(inner) => format!("Vec<{}>", spell(inner, path)),
        Type::Map(inner) => format!("Map<{}>", spell(inner, path)),
        Type::Optional(inner) => format!("Option<{}>", spell(inner, path)),
        Type::Item(item) => path(*item),
    }
}

pub(super) fn parse(text: &str, index: &BTreeMap<&str, usize>) -> Option<Type> {
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

#[cfg(test)]
mod tests {
    use super::Lock;

    fn lock(text: &str) -> Lock {
        let mut lock = Lock::default();
        lock.read(text).unwrap();
        lock
    }

    #[test]
    fn names_of_codes_stay() {
        let published = lock("code dns::GONE 7\ncode dns::TAKEN 81057\n");
        let written = &published.files()["dns.txt"];
        assert!(written.ends_with("code dns::GONE 7\ncode dns::TAKEN 81057\n"));
        assert_eq!(lock(written).files(), published.files());

        let more = lock("code dns::GONE 7\ncode dns::NEW 7\ncode dns::TAKEN 81057\n");
        assert_eq!(published.broken_by(&more), [""; 0]);
        let other = lock("code dns::TAKEN 81058\n");
        let broken = published.broken_by(&other);
        assert_eq!(
            broken,
            ["the code `dns::GONE` is gone", "`dns::TAKEN` was 81057"]
        );
    }
}
