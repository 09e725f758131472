//! Objects as an operation shows them: what is stored if it matches the
//! description, samples where a required value is unknown.

use serde_json::Value;

use super::check;
use super::sample::Sampler;
use super::schema::Schema;
use crate::store::Object;

/// `row` in the form of a reply's `schema`.
pub(super) fn show(schema: &Schema, row: &Object, sampler: Sampler<'_>) -> Value {
    match schema.value() {
        Schema::Object(_) | Schema::All(_) => object(schema.value(), row, sampler),
        Schema::Either(all) => variant(all, row, sampler),
        Schema::Any | Schema::Map(_) => Value::Object(row.clone()),
        Schema::List(items) => Value::Array(vec![show(items, row, sampler)]),
        other => sampler.value(other),
    }
}

fn object(schema: &Schema, row: &Object, sampler: Sampler<'_>) -> Value {
    let mut shown = Object::new();
    for field in schema.fields() {
        let all: Vec<&Schema> = schemas_of(schema, &field.name);
        match row.get(&field.name) {
            Some(value) if all.iter().all(|schema| check::fits(schema, value)) => {
                shown.insert(field.name.clone(), value.clone());
            }
            Some(Value::Object(inner))
                if matches!(
                    field.schema.value(),
                    Schema::Object(_) | Schema::All(_) | Schema::Either(_)
                ) =>
            {
                shown.insert(field.name.clone(), show(&field.schema, inner, sampler));
            }
            _ if field.required => {
                shown.insert(
                    field.name.clone(),
                    match all.last() {
                        Some(narrowest) if all.len() > 1 => sampler.value(narrowest),
                        _ => sampler.field(field),
                    },
                );
            }
            _ => {}
        }
    }
    Value::Object(shown)
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
fn variant(all: &[Schema], row: &Object, sampler: Sampler<'_>) -> Value {
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
    best.map_or(Value::Null, |(schema, _)| show(schema, row, sampler))
}
