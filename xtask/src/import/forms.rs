//! The small steps from a document's schemas to the description's: unions, null, what needs no name.

use crate::description::json::Json;

/// A schema that needs no name: not an object with fields, nor a union, nor an enum.
pub fn is_plain(schema: &Json) -> bool {
    const NAMED: &[&str] = &["properties", "allOf", "anyOf", "oneOf"];
    let values = schema.get("enum").map(Json::elements).unwrap_or_default();
    values.len() < 2 && NAMED.iter().all(|key| schema.get(key).is_none())
}

pub fn anything() -> Json {
    Json::Object(Vec::new())
}

pub fn either(variants: Vec<Json>) -> Json {
    let mut kept: Vec<Json> = Vec::new();
    for variant in variants {
        if !kept.contains(&variant) {
            kept.push(variant);
        }
    }
    match kept.len() {
        0 => anything(),
        1 => kept.remove(0),
        _ => Json::object([("anyOf", Json::Array(kept))]),
    }
}

/// The schema without null, and whether it had null.
pub fn without_null(json: &Json) -> (Json, bool) {
    let mut json = json.clone();
    let mut nullable = json.flag("nullable");
    json.remove("nullable");
    let is_null = |value: &Json| *value == Json::Null || value.as_str() == Some("null");
    for key in ["type", "enum"] {
        if let Some(Json::Array(values)) = json.get_mut(key) {
            let before = values.len();
            values.retain(|value| !is_null(value) || (key == "enum" && *value != Json::Null));
            nullable |= values.len() != before;
            if key == "type" && values.len() == 1 {
                let only = values.remove(0);
                json.set(key, only);
            }
        }
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Json::Array(variants)) = json.get_mut(key) {
            let before = variants.len();
            variants.retain(|variant| variant.str("type") != Some("null"));
            nullable |= variants.len() != before;
        }
    }
    (json, nullable)
}

pub fn or_null(schema: Json) -> Json {
    let is_scalar = ["enum", "const", "properties", "items"]
        .iter()
        .all(|key| schema.get(key).is_none());
    match schema.str("type").map(Json::text) {
        _ if schema.members().is_empty() => schema,
        Some(kind) if is_scalar => {
            let mut schema = schema;
            schema.set("type", Json::Array(vec![kind, Json::text("null")]));
            schema
        }
        _ => {
            let null = Json::object([("type", Json::text("null"))]);
            Json::object([("anyOf", Json::Array(vec![schema, null]))])
        }
    }
}
