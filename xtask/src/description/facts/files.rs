//! The files with facts: each fact goes to a field or parameter, and has to fit it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::Facts;
use crate::description::Description;
use crate::description::schema::{Property, Schema};

/// The folder, within the description.
const FOLDER: &str = "facts";

/// Keywords that are true or absent.
const FLAGS: &[&str] = &["deprecated", "nullable", "readOnly", "writeOnly"];

/// Fails if a keyword is unknown, or does not apply to any value that the schema allows.
fn check(facts: &Facts, description: &Description, schema: &Schema) -> Result<()> {
    for (keyword, value) in &facts.0 {
        let (of, fits) = match keyword.as_str() {
            flag if FLAGS.contains(&flag) => (None, *value == Value::Bool(true)),
            "minimum" | "maximum" | "exclusiveMinimum" => (Some("number"), value.is_number()),
            "or" => (Some("number"), value.is_array()),
            "minLength" | "maxLength" => (Some("text"), value.is_u64()),
            "pattern" | "format" => (Some("text"), value.is_string()),
            "minItems" | "maxItems" => (Some("list"), value.is_u64()),
            "default" => (kind_of(value), !value.is_null()),
            _ => bail!("no fact is called `{keyword}`"),
        };
        ensure!(fits, "`{keyword}` cannot be {value}");
        if let Some(of) = of {
            let is_of = description.allows(schema, of);
            ensure!(is_of, "`{keyword}` is for a {of}, which this is not");
        }
    }
    Ok(())
}

/// The kind of a value, if schemas distinguish it from others.
fn kind_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Number(_) => Some("number"),
        Value::String(_) => Some("text"),
        Value::Array(_) => Some("list"),
        _ => None,
    }
}

impl Description {
    /// Whether a schema allows values of a kind.
    fn allows(&self, schema: &Schema, kind: &str) -> bool {
        match schema {
            Schema::Any => true,
            Schema::Integer | Schema::Number => kind == "number",
            Schema::Str(_) | Schema::Enum(_) | Schema::Const(_) => kind == "text",
            Schema::Array(_) => kind == "list",
            Schema::Nullable(inner) => self.allows(inner, kind),
            Schema::Union(variants) => variants.iter().any(|schema| self.allows(schema, kind)),
            Schema::Ref(name) => {
                let target = self.schemas.get(name);
                target.is_none_or(|schema| self.allows(schema, kind))
            }
            _ => false,
        }
    }
}

/// A file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    /// By schema and property.
    fields: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
    /// By operation and name on the wire.
    params: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
}

/// Adds the facts in `dir` to fields and parameters. A fact without a target is an error.
pub fn apply(description: &mut Description, dir: &Path) -> Result<()> {
    let dir = dir.join(FOLDER);
    if !dir.exists() {
        return Ok(());
    }
    let mut wrong = Vec::new();
    for file in crate::description::json_files(&dir)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(&file)?;
        let File { fields, params } =
            serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        for (owner, name_of, facts) in all(fields) {
            let set = set_field(description, &owner, &name_of, facts);
            wrong.extend(
                set.err()
                    .map(|e| format!("{name}, `{owner}`, `{name_of}`: {e:#}")),
            );
        }
        for (owner, name_of, facts) in all(params) {
            let set = set_param(description, &owner, &name_of, facts);
            wrong.extend(
                set.err()
                    .map(|e| format!("{name}, `{owner}`, `{name_of}`: {e:#}")),
            );
        }
    }
    ensure!(
        wrong.is_empty(),
        "facts beside the API description:\n{}",
        wrong.join("\n")
    );
    Ok(())
}

/// The fields that can be null, by the names of schema and property.
pub fn nullable(dir: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for file in crate::description::json_files(&dir.join(FOLDER))? {
        let File { fields, .. } = serde_json::from_str(&std::fs::read_to_string(&file)?)
            .with_context(|| format!("in {}", file.display()))?;
        let nullable = all(fields).filter(|(.., facts)| facts.is("nullable"));
        found.extend(nullable.map(|(schema, property, _)| (schema, property)));
    }
    Ok(found)
}

fn all(
    section: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
) -> impl Iterator<Item = (String, String, Facts)> {
    section.into_iter().flat_map(|(owner, named)| {
        named
            .into_iter()
            .map(move |(name, facts)| (owner.clone(), name, Facts(facts)))
    })
}

fn set_field(description: &mut Description, schema: &str, name: &str, facts: Facts) -> Result<()> {
    let found = description.schemas.get_mut(schema);
    let found = found.context("there is no such schema")?;
    let place = property(found, name).context("it has no such property")?;
    let schema = place.schema.clone();
    place.facts = facts.clone();
    check(&facts, description, &schema)
}

/// A property of an object schema, or of what such a schema adds to others.
fn property<'s>(schema: &'s mut Schema, name: &str) -> Option<&'s mut Property> {
    match schema {
        Schema::Object(properties) => properties.iter_mut().find(|property| property.name == name),
        Schema::Nullable(inner) => property(inner, name),
        Schema::AllOf(parts) => parts.iter_mut().find_map(|part| property(part, name)),
        _ => None,
    }
}

fn set_param(description: &mut Description, id: &str, name: &str, facts: Facts) -> Result<()> {
    let mut operations = description.operations.iter_mut();
    let operation = operations.find(|operation| operation.id == id);
    let operation = operation.context("there is no such operation")?;
    let mut parameters = operation.parameters.iter_mut();
    let parameter = parameters.find(|parameter| parameter.name == name);
    let parameter = parameter.context("it has no such parameter")?;
    let schema = parameter.schema.clone();
    parameter.facts = facts.clone();
    check(&facts, description, &schema)
}
