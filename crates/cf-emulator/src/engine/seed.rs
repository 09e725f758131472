//! Seeds: the initial content of an emulator as text. JSON, or YAML if the feature is on.

use serde_json::{Map, Value};

use super::Engine;
use crate::http::error::ApiError;
use crate::http::{ids, json};
use crate::store::Store;

/// Data that the emulator would also have refused over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot add {what}: {why}")]
#[non_exhaustive]
pub struct SeedError {
    /// What could not be added.
    pub what: String,
    /// Why, with the API's code if there is one.
    pub why: String,
}

impl SeedError {
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }

    pub(crate) fn refused(what: &str, error: &ApiError) -> Self {
        Self::new(what, error.summary())
    }
}

impl Engine {
    /// Adds what a text describes, product by product.
    pub(crate) fn seed(&self, text: &str) -> Result<(), SeedError> {
        let mut seed = parse(text)?;
        let known = self.products.iter().flat_map(|product| product.seeds());
        let known: Vec<&str> = known.copied().collect();
        let mut parts = seed.as_object().into_iter().flat_map(Map::keys);
        if let Some(unknown) = parts.find(|part| !known.contains(&part.as_str())) {
            let why = format!(
                "unknown field {unknown}; known fields are {}",
                known.join(", ")
            );
            return Err(SeedError::new("the seed", why));
        }
        let mut products = self.products.iter();
        products.try_for_each(|product| product.seed(self, &mut seed))
    }
}

fn parse(text: &str) -> Result<Value, SeedError> {
    // JSON starts with a bracket, and its own parser has the better errors.
    let data: Result<Value, String> = match text.trim_start().starts_with('{') {
        true => json::parse(text.as_bytes()).map_err(|error| error.to_string()),
        false => yaml(text),
    };
    match data.map_err(|why| SeedError::new("the seed", why))? {
        data @ Value::Object(_) => Ok(data),
        _ => Err(SeedError::new("the seed", "it is not an object")),
    }
}

#[cfg(feature = "yaml")]
fn yaml(text: &str) -> Result<Value, String> {
    // A text without content is an empty seed.
    let parsed: Option<Value> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    Ok(parsed.unwrap_or_else(|| Value::Object(Map::new())))
}

#[cfg(not(feature = "yaml"))]
fn yaml(text: &str) -> Result<Value, String> {
    match text.trim().is_empty() {
        true => Ok(Value::Object(Map::new())),
        false => Err("it is not a JSON object, and the feature `yaml` is off".to_owned()),
    }
}

/// The list in a field of a seed; empty if there is none.
pub(crate) fn list<'a>(of: &'a Value, field: &str) -> Result<&'a [Value], SeedError> {
    match &of[field] {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(SeedError::new(field, "it is not a list")),
    }
}

/// The same list, to be completed.
pub(crate) fn list_mut<'a>(of: &'a mut Value, field: &str) -> Result<&'a mut [Value], SeedError> {
    match of.get_mut(field) {
        None | Some(Value::Null) => Ok(&mut []),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(SeedError::new(field, "it is not a list")),
    }
}

/// The strings in a field of a seed.
pub(crate) fn texts<'a>(of: &'a Value, field: &str) -> Result<Vec<&'a str>, SeedError> {
    let all = list(of, field)?.iter().map(Value::as_str);
    all.collect::<Option<_>>()
        .ok_or_else(|| SeedError::new(field, "it is not a list of strings"))
}

/// Notes the identifier that a part of a seed got, for the parts below it.
pub(crate) fn set_id(part: &mut Value, id: String) {
    if let Value::Object(part) = part {
        part.insert("id".to_owned(), id.into());
    }
}

/// Whether a seed may use `id` (`null` for none) in a table.
pub(crate) fn check_id(
    store: &Store,
    table: &str,
    id: &Value,
    what: &str,
) -> Result<(), SeedError> {
    match id {
        Value::Null => Ok(()),
        Value::String(id) if store.get(table, id).is_some() => {
            Err(SeedError::new(what, format!("its id {id} is taken")))
        }
        Value::String(id) if ids::is_id(id) => Ok(()),
        _ => Err(SeedError::new(
            what,
            "its id is not of 32 hexadecimal digits",
        )),
    }
}
