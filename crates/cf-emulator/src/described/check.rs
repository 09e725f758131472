//! Checks values against the description.

use serde_json::Value;

use super::schema::{Field, Schema};
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::store::clock;

/// How deep values are checked; schemas can contain themselves.
const DEPTH: usize = 32;

/// What is wrong with a value, and where.
#[derive(Debug)]
struct Problem {
    /// Names and positions, outermost first.
    path: Vec<String>,
    what: String,
}

impl Problem {
    fn new(what: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            what: what.into(),
        }
    }

    fn below(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }
}

/// Checks a body; the error names the field.
pub(super) fn body(schema: &Schema, value: &Value) -> Result<(), ApiError> {
    check(schema, value, true, DEPTH).map_err(|problem| {
        let field = if problem.path.is_empty() {
            "body".to_owned()
        } else {
            problem.path.join(".")
        };
        ApiError::invalid_because(&field, &problem.what)
    })
}

/// Whether a value could be sent as `schema`.
pub(super) fn fits(schema: &Schema, value: &Value) -> bool {
    check(schema, value, false, DEPTH).is_ok()
}

/// `lenient` is for what callers send: `null` stands for an absent field.
fn check(schema: &Schema, value: &Value, lenient: bool, depth: usize) -> Result<(), Problem> {
    let expected = |what: &str| {
        Err(Problem::new(format!(
            "expected {what}, found {}",
            kind(value)
        )))
    };
    if depth == 0 {
        return Ok(());
    }
    match (schema.resolved(), value) {
        (Schema::Any, _) | (Schema::Null, Value::Null) | (Schema::Bool, Value::Bool(_)) => Ok(()),
        (Schema::Integer, Value::Number(number)) if is_whole(number) => Ok(()),
        (Schema::Number, Value::Number(_)) => Ok(()),
        // Which texts are UUIDs is for those who make them: samples and new members.
        (Schema::Text | Schema::Bytes | Schema::Uuid, Value::String(_)) => Ok(()),
        (Schema::DateTime | Schema::Date, Value::String(text)) if is_date(text) => Ok(()),
        (Schema::DateTime | Schema::Date, Value::String(_)) => {
            Err(Problem::new("expected an RFC 3339 date"))
        }
        (Schema::Values(values), _) if values.contains(value) => Ok(()),
        (Schema::Values(values), _) => {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            Err(Problem::new(format!(
                "must be one of {}",
                values.join(", ")
            )))
        }
        (Schema::List(items), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                check(items, value, lenient, depth - 1).map_err(|p| p.below(&index.to_string()))?;
            }
            Ok(())
        }
        (Schema::Map(inner), Value::Object(values)) => {
            for (name, value) in values {
                check(inner, value, lenient, depth - 1).map_err(|p| p.below(name))?;
            }
            Ok(())
        }
        (Schema::Object(fields), Value::Object(_)) => fields
            .iter()
            .try_for_each(|field| check_field(field, value, lenient, depth)),
        (Schema::All(all), _) => all
            .iter()
            .try_for_each(|one| check(one, value, lenient, depth - 1)),
        (Schema::Either(all), _) => either(all, value, lenient, depth),
        (Schema::Null, _) => expected("null"),
        (Schema::Bool, _) => expected("a boolean"),
        (Schema::Integer, _) => expected("an integer"),
        (Schema::Number, _) => expected("a number"),
        (Schema::Text | Schema::Bytes | Schema::Uuid, _) => expected("a string"),
        (Schema::DateTime | Schema::Date, _) => expected("a date"),
        (Schema::List(_), _) => expected("a list"),
        (Schema::Map(_) | Schema::Object(_), _) => expected("an object"),
        (Schema::Line(_), _) => Ok(()),
    }
}

fn check_field(field: &Field, object: &Value, lenient: bool, depth: usize) -> Result<(), Problem> {
    match object.get(&field.name) {
        None if field.required && (lenient || !field.write_only) => {
            Err(Problem::new("is required").below(&field.name))
        }
        None => Ok(()),
        Some(Value::Null) if lenient && !field.required => Ok(()),
        Some(value) => {
            check(&field.schema, value, lenient, depth - 1).map_err(|p| p.below(&field.name))
        }
    }
}

/// One has to match. If none does, the error is that of the one that matches furthest.
fn either(all: &[Schema], value: &Value, lenient: bool, depth: usize) -> Result<(), Problem> {
    let mut closest: Option<Problem> = None;
    for one in all {
        match check(one, value, lenient, depth - 1) {
            Ok(()) => return Ok(()),
            Err(problem) => {
                let deeper = |known: &Problem| problem.path.len() > known.path.len();
                if closest.as_ref().is_none_or(deeper) {
                    closest = Some(problem);
                }
            }
        }
    }
    closest.map_or(Ok(()), Err)
}

/// Checks the query: required parameters, numbers, words.
pub(super) fn query(schema: &Schema, query: &Query) -> Result<(), ApiError> {
    let Schema::Object(fields) = schema.resolved() else {
        return Ok(());
    };
    for field in fields {
        let dotted = format!("{}.", field.name);
        let mut given = query.all(&field.name).peekable();
        if given.peek().is_none() {
            let parts = query.iter().any(|(name, _)| name.starts_with(&dotted));
            if field.required && !parts {
                return Err(ApiError::invalid_because(
                    &field.name,
                    "is a required query parameter",
                ));
            }
            continue;
        }
        for text in given {
            if let Err(what) = parameter(&field.schema, text) {
                return Err(ApiError::invalid_because(&field.name, &what));
            }
        }
    }
    Ok(())
}

fn parameter(schema: &Schema, text: &str) -> Result<(), String> {
    match schema.resolved() {
        Schema::Integer if text.parse::<i64>().is_err() => Err(format!("{text} is not an integer")),
        Schema::Number if text.parse::<f64>().is_err() => Err(format!("{text} is not a number")),
        Schema::Bool if !matches!(text, "true" | "false" | "1" | "0") => {
            Err(format!("{text} is not a boolean"))
        }
        Schema::Values(values) if !values.iter().any(|value| reads(value, text)) => {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            Err(format!("must be one of {}", values.join(", ")))
        }
        // Lists repeat the parameter or have commas.
        Schema::List(items) => match parameter(items, text) {
            Ok(()) => Ok(()),
            Err(_) if text.contains(',') => {
                text.split(',').try_for_each(|part| parameter(items, part))
            }
            Err(what) => Err(what),
        },
        Schema::Either(all) => {
            let results: Vec<_> = all.iter().map(|one| parameter(one, text)).collect();
            match results.iter().any(Result::is_ok) {
                true => Ok(()),
                false => results.into_iter().next().unwrap_or(Ok(())),
            }
        }
        _ => Ok(()),
    }
}

/// Whether `text` of a query or form stands for `value`.
pub(super) fn reads(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Null => text.is_empty() || text == "null",
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        value => serde_json::from_str::<Value>(text).is_ok_and(|read| read == *value),
    }
}

fn is_whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.fract() == 0.0)
}

fn is_date(text: &str) -> bool {
    clock::is_time(text)
        || text.is_empty()
        || text
            .get(..10)
            .is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
