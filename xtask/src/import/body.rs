//! What an operation takes besides parameters: JSON, a form, or raw bytes.

use super::envelope::is_json;
use super::no_data;
use super::schema::Schemas;
use crate::description::json::Json;

/// The request body in the description's form.
pub fn read(operation: &Json, schemas: &mut Schemas<'_>) -> Option<Json> {
    let body = schemas.resolve(operation.get("requestBody")?).clone();
    let content = body.get("content")?.members();
    let (media_type, content) = content
        .iter()
        .find(|(media_type, _)| is_json(media_type))
        .or_else(|| content.first())?;
    let schema = content.get("schema").cloned();
    let schema = schema.filter(|schema| !no_data::is_in(schema, schemas));
    let schema = schema.unwrap_or(Json::Object(Vec::new()));
    let made = if is_json(media_type) {
        Json::object([("schema", schemas.convert(&schema, true))])
    } else if media_type.starts_with("multipart/") {
        let form = form(&schema, schemas);
        Json::object([
            ("schema", schemas.convert(&schema, true)),
            ("x-cf-multipart", form),
        ])
    } else {
        let text = media_type.starts_with("text/") || media_type.ends_with("json");
        let mut bytes = Json::object([("type", Json::text("string"))]);
        if !text {
            bytes.set("format", Json::text("binary"));
        }
        Json::object([("schema", bytes), ("x-cf-raw-body", Json::Bool(true))])
    };
    // One name for the forms that a server treats alike.
    let media_type = match media_type.as_str() {
        kind if kind.starts_with("multipart/") => "multipart/form-data",
        kind if kind.starts_with("application/json") => "application/json",
        kind => kind,
    };
    let mut read = Json::Object(Vec::new());
    if body.flag("required") {
        read.set("required", Json::Bool(true));
    }
    read.set("content", Json::object([(media_type, made)]));
    Some(read)
}

/// Which parts of a form are files.
fn form(schema: &Json, schemas: &Schemas<'_>) -> Json {
    let is_file = |schema: &Json| schemas.resolve(schema).str("format") == Some("binary");
    let properties = schemas.resolve(schema).get("properties");
    let files = properties.map(Json::members).unwrap_or_default().iter();
    let files: Vec<Json> = files
        .filter_map(|(name, schema)| {
            let resolved = schemas.resolve(schema);
            let is_list = resolved.get("items").is_some_and(is_file);
            (is_list || is_file(schema)).then(|| {
                Json::object([
                    ("field", Json::text(name)),
                    ("part", Json::text(name)),
                    ("array", Json::Bool(is_list)),
                ])
            })
        })
        .collect();
    let mut form = Json::object([("syntax", Json::text("form"))]);
    if !files.is_empty() {
        form.set("files", Json::Array(files));
    }
    form
}
