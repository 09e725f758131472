//! The API description, as far as tests need it: operations, and values that
//! their bodies can have.

use std::collections::HashMap;
use std::sync::OnceLock;

use http::Method;
use serde_json::{Map, Value, json};

use crate::certificates;

const TEXT: &str = include_str!("../../src/generated/api.txt");

/// What a value looks like.
#[derive(Debug, Clone)]
pub(crate) enum Schema {
    Any,
    Null,
    Bool,
    Number,
    Text,
    Time,
    Bytes,
    Uuid,
    Values(Vec<Value>),
    List(Box<Schema>),
    Map,
    Object(Vec<Field>),
    Either(Vec<Schema>),
    All(Vec<Schema>),
    Line(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) write_only: bool,
    pub(crate) schema: Schema,
}

/// An operation.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    /// `envelope`, `raw`, `empty` and others.
    pub(crate) reply: &'static str,
    pub(crate) result: Schema,
    /// The body, if it is JSON.
    pub(crate) body: Option<Schema>,
}

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    let (_, operations) = TEXT.split_once("\n\n").unwrap();
    operations.lines().map(|line| {
        let columns: Vec<&'static str> = line.split('\t').collect();
        Operation {
            method: columns[0].parse().unwrap(),
            path: columns[1],
            name: columns[2],
            reply: columns[4],
            result: parse(columns[6]),
            body: columns[7]
                .starts_with("application/json")
                .then(|| parse(columns[8])),
        }
    })
}

fn lines() -> &'static HashMap<&'static str, &'static str> {
    static LINES: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    LINES.get_or_init(|| {
        let (schemas, _) = TEXT.split_once("\n\n").unwrap();
        schemas
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect()
    })
}

fn parse(text: &'static str) -> Schema {
    let mut rest = text;
    schema(&mut rest)
}

fn eat(rest: &mut &'static str, mark: char) -> bool {
    match rest.strip_prefix(mark) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

fn value(rest: &mut &'static str) -> Value {
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    let value = values.next().unwrap().unwrap();
    *rest = &rest[values.byte_offset()..];
    value
}

fn schema(rest: &mut &'static str) -> Schema {
    let Some(first) = rest.chars().next() else {
        return Schema::Any;
    };
    *rest = &rest[1..];
    match first {
        '0' => Schema::Null,
        'b' => Schema::Bool,
        'i' | 'n' => Schema::Number,
        's' => Schema::Text,
        'u' => Schema::Uuid,
        't' | 'd' => Schema::Time,
        'x' => Schema::Bytes,
        '=' => Schema::Values(value(rest).as_array().unwrap().clone()),
        '[' => Schema::List(Box::new(schema(rest))),
        '%' => {
            schema(rest);
            Schema::Map
        }
        '|' => Schema::Either(parts(rest)),
        '&' => Schema::All(parts(rest)),
        '#' => {
            let end = rest.find(|c: char| !c.is_ascii_hexdigit());
            let (key, after) = rest.split_at(end.unwrap_or(rest.len()));
            *rest = after;
            Schema::Line(key)
        }
        '{' => {
            let mut fields = Vec::new();
            while !eat(rest, '}') {
                fields.push(field(rest));
                eat(rest, ',');
            }
            Schema::Object(fields)
        }
        _ => Schema::Any,
    }
}

fn parts(rest: &mut &'static str) -> Vec<Schema> {
    let mut parts = Vec::new();
    assert!(eat(rest, '('));
    while !eat(rest, ')') {
        parts.push(schema(rest));
        eat(rest, ',');
    }
    parts
}

fn field(rest: &mut &'static str) -> Field {
    let name = match rest.starts_with('"') {
        true => value(rest).as_str().unwrap().to_owned(),
        false => {
            let (name, after) = rest.split_at(rest.find(['!', '?']).unwrap());
            *rest = after;
            name.to_owned()
        }
    };
    let required = eat(rest, '!') || !eat(rest, '?');
    Field {
        name,
        required,
        write_only: eat(rest, '~'),
        schema: schema(rest),
    }
}

impl Schema {
    pub(crate) fn resolved(&self) -> Schema {
        match self {
            Schema::Line(key) => parse(lines()[key]).resolved(),
            other => other.clone(),
        }
    }

    /// The fields of an object, its parts and its variants.
    pub(crate) fn fields(&self, depth: usize) -> Vec<Field> {
        match self.resolved() {
            Schema::Object(fields) => fields,
            Schema::Either(all) | Schema::All(all) if depth > 0 => {
                all.iter().flat_map(|one| one.fields(depth - 1)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a value has this form.
    pub(crate) fn fits(&self, value: &Value) -> bool {
        match (self.resolved(), value) {
            (Schema::Any, _) | (Schema::Null, Value::Null) | (Schema::Bool, Value::Bool(_)) => true,
            (Schema::Number, Value::Number(_)) => true,
            (Schema::Text | Schema::Bytes, Value::String(_)) => true,
            (Schema::Time, Value::String(text)) => text.starts_with("20"),
            (Schema::Uuid, Value::String(text)) => {
                text.len() == 36 && text.matches('-').count() == 4
            }
            (Schema::Values(values), value) => values.contains(value),
            (Schema::List(items), Value::Array(values)) => values.iter().all(|v| items.fits(v)),
            (Schema::Map, Value::Object(_)) => true,
            (Schema::Object(fields), Value::Object(object)) => {
                fields.iter().all(|field| match object.get(&field.name) {
                    Some(value) => field.schema.fits(value),
                    None => !field.required,
                })
            }
            (Schema::Either(all), value) => all.iter().any(|one| one.fits(value)),
            (Schema::All(all), value) => all.iter().all(|one| one.fits(value)),
            _ => false,
        }
    }

    /// A value of this form; texts come from `text`, by the names of fields.
    pub(crate) fn fill(
        &self,
        name: &str,
        depth: usize,
        text: &mut dyn FnMut(&str) -> String,
    ) -> Value {
        match self.resolved() {
            Schema::Any | Schema::Null | Schema::Line(_) => Value::Null,
            Schema::Bool => true.into(),
            Schema::Number => 7.into(),
            Schema::Text => match name {
                "certificate" | "certificates" | "custom_certificate" => certificates::pem().into(),
                "csr" => certificates::request().into(),
                name => text(name).into(),
            },
            Schema::Time => "2031-02-03T04:05:06Z".into(),
            Schema::Bytes => "AAAA".into(),
            Schema::Uuid => "f174e90a-fafe-4643-bbbc-4a0ed4fc8415".into(),
            Schema::Values(values) => values.last().cloned().unwrap_or_default(),
            Schema::List(_) if depth == 0 => json!([]),
            Schema::List(items) => json!([items.fill(name, depth, text)]),
            Schema::Map => json!({}),
            Schema::Object(fields) => {
                let wanted = fields.iter().filter(|field| field.required || depth > 0);
                let filled = wanted.map(|field| {
                    let value = field
                        .schema
                        .fill(&field.name, depth.saturating_sub(1), text);
                    (field.name.clone(), value)
                });
                Value::Object(filled.filter(|(_, value)| !value.is_null()).collect())
            }
            Schema::Either(all) => {
                let mut all = all
                    .iter()
                    .filter(|one| !matches!(one.resolved(), Schema::Null));
                all.next()
                    .map_or(Value::Null, |one| one.fill(name, depth, text))
            }
            Schema::All(all) => {
                let parts = all.iter().map(|one| one.fill(name, depth, text));
                let mut whole = Map::new();
                for part in parts {
                    match part {
                        Value::Object(part) => whole.extend(part),
                        other => return other,
                    }
                }
                Value::Object(whole)
            }
        }
    }
}
