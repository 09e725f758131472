//! Objects as an operation shows them: what is stored if it matches the
//! description, samples where a required value is unknown, and no secrets.

use serde_json::{Map, Value};

use super::sample::Sampler;
use super::schema::Schema;
use super::{check, secret};
use crate::store::Object;

/// How deep values are matched; schemas can contain themselves.
const DEPTH: usize = 32;

/// `row` in the form of a reply's `schema`.
pub(super) fn show(schema: &Schema, row: &Object, sampler: Sampler<'_>) -> Value {
    show_to(schema, row, sampler, DEPTH)
}

fn show_to(schema: &Schema, row: &Object, sampler: Sampler<'_>, depth: usize) -> Value {
    match schema.value() {
        Schema::Object(_) | Schema::All(_) => object(schema.value(), row, sampler, depth),
        Schema::Either(all) => variant(all, row, sampler, depth),
        Schema::Any | Schema::Map(_) => Value::Object(secret::without_in(row)),
        Schema::List(items) => Value::Array(vec![show_to(items, row, sampler, depth)]),
        other => sampler.value(other),
    }
}

fn object(schema: &Schema, row: &Object, sampler: Sampler<'_>, depth: usize) -> Value {
    let mut shown = Object::new();
    for field in schema.fields() {
        if secret::is_hidden(field) {
            continue;
        }
        let all: Vec<&Schema> = schemas_of(schema, &field.name);
        let stored = row.get(&field.name);
        let matching = stored.and_then(|value| match *all {
            [] => matching(&field.schema, value, sampler, depth),
            [one] => matching(one, value, sampler, depth),
            [.., narrowest] => {
                let fit = all.iter().all(|schema| check::fits(schema, value));
                fit.then(|| matching(narrowest, value, sampler, depth))?
            }
        });
        if let Some(value) = matching {
            shown.insert(field.name.clone(), value);
        } else if field.required {
            sampler.note(&field.name);
            let made = match all.len() {
                0 | 1 => sampler.field(field),
                _ => sampler.field_of(&all, &field.name),
            };
            shown.insert(field.name.clone(), made);
        }
    }
    Value::Object(shown)
}

/// A stored value in the form of `schema`, if it has that form or, for an
/// object, can be completed to it.
fn matching(schema: &Schema, value: &Value, sampler: Sampler<'_>, depth: usize) -> Option<Value> {
    let schema = schema.resolved();
    if depth == 0 {
        return check::fits(schema, value).then(|| secret::without(value));
    }
    let inner = |schema: &Schema, value: &Value| matching(schema, value, sampler, depth - 1);
    match (schema, value) {
        (Schema::Any, value) => Some(secret::without(value)),
        (Schema::Object(_) | Schema::All(_), Value::Object(row)) => {
            Some(object(schema, row, sampler, depth - 1))
        }
        (Schema::List(items), Value::Array(values)) => {
            values.iter().map(|value| inner(items, value)).collect()
        }
        (Schema::Map(values), Value::Object(row)) => {
            let shown = row
                .iter()
                .map(|(name, value)| Some((name.clone(), inner(values, value)?)));
            let shown: Option<Map<_, _>> = shown.collect();
            shown.map(|shown| secret::without(&Value::Object(shown)))
        }
        (Schema::Either(all), Value::Object(row)) if !check_simple(all, value) => {
            let objects = all.iter().any(|one| !one.fields().is_empty());
            objects.then(|| variant(all, row, sampler, depth - 1))
        }
        (Schema::Either(all), value) => {
            let mut fitting = all.iter().filter(|one| check::fits(one, value));
            let found = fitting.next().and_then(|one| inner(one, value));
            found.or_else(|| all.iter().find_map(|one| inner(one, value)))
        }
        (schema, value) => check::fits(schema, value).then(|| value.clone()),
    }
}

/// Whether one of `all` takes any object as it is.
fn check_simple(all: &[Schema], value: &Value) -> bool {
    all.iter().any(|one| {
        matches!(one.resolved(), Schema::Any | Schema::Map(_)) && check::fits(one, value)
    }) && all.iter().all(|one| one.fields().is_empty())
}

/// Every schema of one field: several if several parts must all match.
fn schemas_of<'a>(schema: &'a Schema, name: &str) -> Vec<&'a Schema> {
    match schema.resolved() {
        Schema::Object(fields) => fields
            .iter()
            .filter(|f| f.name == name)
            .map(|f| &f.schema)
            .collect(),
        Schema::All(all) => all.iter().flat_map(|one| schemas_of(one, name)).collect(),
        _ => Vec::new(),
    }
}

/// The variant that shows most of the row.
fn variant(all: &[Schema], row: &Object, sampler: Sampler<'_>, depth: usize) -> Value {
    let value = Value::Object(row.clone());
    let score = |schema: &Schema| {
        let fields = schema.fields();
        let (mut fit, mut misfit) = (0, 0);
        for field in &fields {
            match row.get(&field.name) {
                Some(value) if check::fits(&field.schema, value) => fit += 1,
                Some(_) => misfit += 1,
                None => {}
            }
        }
        (
            check::fits(schema, &value) && !fields.is_empty(),
            fit - 3 * misfit,
        )
    };
    let mut best: Option<(&Schema, (bool, i32))> = None;
    for schema in all
        .iter()
        .filter(|schema| *schema.resolved() != Schema::Null)
    {
        let score = score(schema);
        if best.is_none_or(|(_, known)| score > known) {
            best = Some((schema, score));
        }
    }
    best.map_or(Value::Null, |(schema, _)| {
        show_to(schema, row, sampler, depth)
    })
}
