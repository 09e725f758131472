//! Makes the properties that tell the variants of a union apart required.

use std::collections::HashMap;

use crate::description::json::Json;

/// What tells the variants of a union apart is required, even where they leave it out.
pub fn require(documents: &mut [Json]) {
    let schemas = documents
        .iter()
        .filter_map(|document| document.at(&["components", "schemas"]));
    let schemas = schemas.flat_map(Json::members).cloned();
    let schemas: HashMap<String, Json> = schemas.collect();
    let unions = documents
        .iter_mut()
        .filter_map(|document| document.get_mut("components")?.get_mut("schemas"));
    for (_, union) in unions.flat_map(Json::members_mut) {
        let tag = union.at(&["discriminator", "propertyName"]);
        let Some(tag) = tag.and_then(Json::as_str).map(str::to_owned) else {
            continue;
        };
        let variants = union.get_mut("oneOf").map(Json::elements_mut);
        for variant in variants.unwrap_or_default() {
            if !requires(variant, &tag, &schemas) {
                let object = Json::object([
                    ("type", Json::text("object")),
                    (
                        "properties",
                        Json::object([(&tag, Json::Object(Vec::new()))]),
                    ),
                    ("required", Json::Array(vec![Json::text(&tag)])),
                ]);
                *variant = Json::object([("allOf", Json::Array(vec![variant.clone(), object]))]);
            }
        }
    }
}

fn requires(schema: &Json, name: &str, schemas: &HashMap<String, Json>) -> bool {
    let target = schema
        .str("$ref")
        .and_then(|target| target.rsplit('/').next());
    if let Some(target) = target {
        let target = schemas.get(target);
        return target.is_none_or(|schema| requires(schema, name, schemas));
    }
    let mut parts = schema
        .get("allOf")
        .map(Json::elements)
        .unwrap_or_default()
        .iter();
    schema
        .strings("required")
        .iter()
        .any(|required| required == name)
        || parts.any(|part| requires(part, name, schemas))
}
