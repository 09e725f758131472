//! Values that conform to the description, for what has no state: the same
//! for the same request.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::schema::{Field, Schema};
use super::{check, names};
use crate::engine::call::Call;
use crate::http::made_up::MadeUp;

/// Optional fields are generated up to this depth only: some schemas are huge, and
/// some contain themselves.
const OPTIONAL_DEPTH: usize = 3;
const DEPTH: usize = 12;
/// An object with more fields than this has only the required ones.
const MANY_FIELDS: usize = 60;

/// The time in fields that no request sets.
const TIME: &str = "2024-01-01T00:00:00Z";

/// Generates values from nothing but a seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sampler<'a> {
    /// Stands for the request or the object: another seed gives other identifiers.
    pub(crate) seed: &'a str,
    /// Values known by their name, from the path.
    pub(crate) known: &'a [(&'static str, String)],
    /// Of settings that nobody has made: what can be off is off.
    pub(crate) unset: bool,
    /// What the reply makes up.
    pub(crate) made_up: &'a MadeUp,
}

impl<'a> Sampler<'a> {
    /// For the reply to a call.
    pub(super) fn new(seed: &'a str, call: &'a Call<'_>) -> Self {
        Self {
            seed,
            known: &call.params.0,
            unset: false,
            made_up: &call.made_up,
        }
    }
}

/// A field in all parts of an object that have it, and whether any requires it.
type Described<'f> = (bool, Vec<&'f Field>);

/// Collects the fields of an object that has several parts.
fn collect<'f>(schema: &'f Schema, fields: &mut Vec<Described<'f>>, depth: usize) {
    match schema.resolved() {
        Schema::Object(own) => {
            for field in own {
                let known = fields.iter_mut().find(|(_, all)| all[0].name == field.name);
                match known {
                    Some((required, all)) => {
                        *required |= field.required;
                        all.push(field);
                    }
                    None => fields.push((field.required, vec![field])),
                }
            }
        }
        Schema::All(all) if depth > 0 => {
            all.iter().for_each(|one| collect(one, fields, depth - 1));
        }
        _ => {}
    }
}

/// Whether there is nothing to choose: such fields tell the variants of a union apart.
fn has_one_value(schema: &Schema) -> bool {
    matches!(schema.resolved(), Schema::Values(values) if values.len() == 1)
}

/// What settings are that nobody has made.
const OFF: &[&str] = &["off", "disabled", "inactive", "none", "unconfigured"];

impl<'a> Sampler<'a> {
    pub(crate) fn value(self, schema: &Schema) -> Value {
        self.make(schema, "", 0)
    }

    pub(crate) fn field(self, field: &Field) -> Value {
        self.make(&field.schema, &field.name, 1)
    }

    /// A value of the field of this name that has all these schemas.
    pub(super) fn field_of(self, all: &[&Schema], name: &str) -> Value {
        self.common(all, name, 1)
    }

    /// Notes that a field of this name is made up, unless it is known.
    pub(super) fn note(self, name: &str) {
        if name != "success" && self.known(name).is_none() {
            self.made_up.field(name);
        }
    }

    fn known(self, name: &str) -> Option<&'a str> {
        let mut known = self.known.iter();
        let found = known.find(|(known, _)| names::are_same(known, name));
        found.map(|(_, value)| value.as_str())
    }

    fn make(self, schema: &Schema, name: &str, depth: usize) -> Value {
        match schema.resolved() {
            Schema::Any | Schema::Null | Schema::Line(_) => Value::Null,
            // The usual state of flags: off unless asked for.
            Schema::Bool => match name {
                "success" | "valid" => true.into(),
                "enabled" | "editable" => (!self.unset).into(),
                _ => false.into(),
            },
            Schema::Integer | Schema::Number => number(name).into(),
            Schema::Text => self.text(name).into(),
            Schema::Uuid => uuid(self.seed, name).into(),
            Schema::DateTime => TIME.into(),
            Schema::Date => TIME[..10].into(),
            Schema::Bytes => "U2FtcGxl".into(),
            Schema::Values(values) => {
                let off = |value: &&Value| self.unset && OFF.iter().any(|off| **value == *off);
                let off = values.iter().find(off);
                off.or(values.first()).cloned().unwrap_or_default()
            }
            // A sample that is too deep to show is an empty list.
            Schema::List(_) if depth > DEPTH => json!([]),
            Schema::List(items) => json!([self.make(items, singular(name), depth + 1)]),
            Schema::Map(_) => json!({}),
            Schema::Object(fields) => {
                let fields = fields.iter().map(|field| (field.required, vec![field]));
                self.object(fields.collect(), depth)
            }
            Schema::All(_) => {
                let mut fields = Vec::new();
                collect(schema, &mut fields, DEPTH);
                self.object(fields, depth)
            }
            Schema::Either(all)
                if depth > DEPTH && all.iter().any(|s| *s.resolved() == Schema::Null) =>
            {
                Value::Null
            }
            Schema::Either(all) => {
                let best = all
                    .iter()
                    .find(|one| !matches!(one.resolved(), Schema::Null | Schema::Any));
                best.map_or(Value::Null, |one| self.make(one, name, depth + 1))
            }
        }
    }

    fn object(self, fields: Vec<Described<'_>>, depth: usize) -> Value {
        let many = fields.len() > MANY_FIELDS;
        let shown = fields.into_iter().filter(|(required, all)| {
            let secret = all.iter().any(|field| field.write_only);
            let is_wanted = *required && depth <= 2 * DEPTH || depth < OPTIONAL_DEPTH && !many;
            !secret && (is_wanted || all.iter().any(|field| has_one_value(&field.schema)))
        });
        let shown = shown.filter_map(|(_, all)| {
            let name = &all.first()?.name;
            let schemas: Vec<&Schema> = all.iter().map(|field| &field.schema).collect();
            Some((name.clone(), self.common(&schemas, name, depth + 1)))
        });
        Value::Object(shown.collect())
    }

    /// A value that all these schemas allow, if any of theirs is one.
    fn common(self, all: &[&Schema], name: &str, depth: usize) -> Value {
        let mut made = all.iter().rev().map(|one| self.make(one, name, depth));
        let Some(last) = made.next() else {
            return Value::Null;
        };
        let suits = |value: &Value| all.iter().all(|one| check::fits(one, value));
        match all.len() == 1 || suits(&last) {
            true => last,
            false => made.find(suits).unwrap_or(last),
        }
    }

    fn text(self, name: &str) -> String {
        if let Some(value) = self.known(name) {
            return value.to_owned();
        }
        let lower = name.to_ascii_lowercase();
        let ends = |all: &[&str]| all.iter().any(|end| lower.ends_with(end));
        if lower == "uuid" || ends(&["_uuid"]) {
            return uuid(self.seed, name);
        }
        if lower == "id"
            || lower == "uid"
            || lower == "tag"
            || ends(&["_id", "_tag", "identifier"])
            || name.ends_with("Id")
        {
            return id(self.seed, name);
        }
        if ends(&["_at", "_on", "_time", "time", "date"])
            || matches!(lower.as_str(), "created" | "modified" | "updated")
        {
            return TIME.to_owned();
        }
        let fixed = match lower.as_str() {
            "email" => "user@example.com",
            "ip" | "address" | "origin" => "192.0.2.1",
            "host" | "hostname" | "domain" | "zone_name" => "example.com",
            "country" => "US",
            "currency" => "USD",
            _ if ends(&["url", "uri"]) => "https://example.com/",
            _ if ends(&["email"]) => "user@example.com",
            _ if ends(&["hostname", "domain"]) => "example.com",
            _ if ends(&["_ip"]) => "192.0.2.1",
            "" => "sample",
            _ => name,
        };
        fixed.to_owned()
    }
}

fn number(name: &str) -> u64 {
    match name {
        "page" => 1,
        "per_page" => 20,
        "port" => 443,
        "ttl" => 3600,
        "status" | "status_code" => 200,
        "count" | "total" | "size" => 0,
        // Nothing has been counted yet.
        _ if name.starts_with("num_") || name.ends_with("_count") => 0,
        _ => 1,
    }
}

fn singular(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}

fn hash(seed: &str, name: &str, salt: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, name, salt).hash(&mut hasher);
    hasher.finish()
}

/// An identifier that depends on the seed alone.
pub(crate) fn id(seed: &str, name: &str) -> String {
    format!("{:016x}{:016x}", hash(seed, name, 0), hash(seed, name, 1))
}

fn uuid(seed: &str, name: &str) -> String {
    crate::http::ids::dashed(&id(seed, name))
}
