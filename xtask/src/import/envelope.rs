//! What an operation replies with: the envelope's result, JSON without an envelope, text, bytes or nothing.

use super::no_data;
use super::schema::Schemas;
use crate::description::json::Json;

/// A reply.
pub struct Reply {
    /// The value for `x-cf-result`.
    pub kind: &'static str,
    /// The schema of the value, as the document has it.
    pub schema: Json,
    /// What the envelope says about pages.
    pub info: Option<Json>,
    /// If it is not JSON.
    pub media_type: Option<String>,
}

impl Reply {
    fn new(kind: &'static str, schema: Json) -> Self {
        Reply {
            kind,
            schema,
            info: None,
            media_type: None,
        }
    }

    /// The reply to a successful operation.
    pub fn read(operation: &Json, schemas: &Schemas<'_>) -> Reply {
        let Some((media_type, schema)) = content(operation, schemas) else {
            return Reply::new("empty", Json::Null);
        };
        let schema = if no_data::is_in(&schema, schemas) {
            Json::Object(Vec::new())
        } else {
            schema
        };
        match operation.str("x-result-is") {
            Some("empty") => return Reply::new("empty", Json::Null),
            Some("the whole reply") if is_json(&media_type) => return Reply::new("raw", schema),
            _ => {}
        }
        if is_json(&media_type) {
            return Reply::json(operation, schema, schemas);
        }
        let kind = if media_type.starts_with("text/") || media_type.ends_with("ndjson") {
            "text"
        } else {
            "binary"
        };
        Reply {
            media_type: Some(media_type),
            ..Reply::new(kind, schema)
        }
    }

    fn json(operation: &Json, schema: Json, schemas: &Schemas<'_>) -> Reply {
        let mut members = Vec::new();
        collect(&schema, schemas, &mut members, 0);
        let has = |name: &str| members.iter().any(|(known, _)| known == name);
        let is_envelope = schema.flag("x-envelope")
            || (has("success") && (has("result") || has("errors")))
            || (has("result") && has("errors") && has("messages"));
        if is_envelope {
            // Later parts say more than the first, which only says that there is a result.
            let find = |wanted: &str| {
                let found = members.iter().rev().filter(|(name, _)| name == wanted);
                let mut found: Vec<&Json> = found.map(|(_, schema)| schema).collect();
                found.sort_by_key(|schema| schemas.resolve(schema).members().len() < 2);
                found.first().map(|schema| (*schema).clone())
            };
            let result = find("result").unwrap_or(Json::Object(Vec::new()));
            return Reply {
                info: find("result_info"),
                ..Reply::new("envelope", result)
            };
        }
        // A reply that is not described is most likely like most others.
        let says_nothing = members.is_empty() && is_unknown(schemas.resolve(&schema));
        if operation.get("x-result-is").is_some() || says_nothing {
            return Reply::new("envelope", schema);
        }
        Reply::new("raw", schema)
    }
}

/// Whether this is JSON, or a format that is written as JSON.
pub fn is_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json")
}

fn is_unknown(schema: &Json) -> bool {
    schema
        .members()
        .iter()
        .all(|(key, value)| key != "items" && (key != "type" || value.as_str() == Some("object")))
        && schema.get("anyOf").is_none()
        && schema.get("oneOf").is_none()
}

/// Media type and schema of the first successful reply that has any; JSON before others.
fn content(operation: &Json, schemas: &Schemas<'_>) -> Option<(String, Json)> {
    let responses = operation.get("responses")?.members();
    let mut good: Vec<&(String, Json)> = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2') || status == "default")
        .collect();
    good.sort_by_key(|(status, _)| status.as_str());
    let contents = good
        .into_iter()
        .filter_map(|(_, reply)| schemas.resolve(reply).get("content"));
    let content = contents
        .map(Json::members)
        .find(|content| !content.is_empty())?;
    let (media_type, content) = content
        .iter()
        .find(|(media_type, _)| is_json(media_type))
        .or_else(|| content.first())?;
    let schema = content.get("schema").cloned();
    Some((
        media_type.clone(),
        schema.unwrap_or(Json::Object(Vec::new())),
    ))
}

/// The fields of an object, including those of all its parts.
fn collect(schema: &Json, schemas: &Schemas<'_>, members: &mut Vec<(String, Json)>, depth: usize) {
    if depth > 8 {
        return;
    }
    let schema = schemas.resolve(schema);
    members.extend_from_slice(
        schema
            .get("properties")
            .map(Json::members)
            .unwrap_or_default(),
    );
    for part in schema.get("allOf").map(Json::elements).unwrap_or_default() {
        collect(part, schemas, members, depth + 1);
    }
    let variants = schema.get("oneOf").or_else(|| schema.get("anyOf"));
    for variant in variants.map(Json::elements).unwrap_or_default() {
        let mut own = Vec::new();
        collect(variant, schemas, &mut own, depth + 1);
        if own.iter().any(|(name, _)| name == "result") {
            return members.extend(own);
        }
    }
}
