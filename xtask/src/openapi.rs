//! `cargo xtask openapi`: the API description as one OpenAPI document, for other programs to read.
//!
//! Of the facts beside the description, it has what can be null. Tags of unions whose values are not known are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Result, ensure};

use crate::description::{self, facts, json::Json};

const SCHEMAS: &str = "#/components/schemas/";

/// Prints the operations of `products`, or all, with the schemas that they refer to.
pub fn run(products: &[String]) -> Result<()> {
    let home = description::home();
    let mut documents = description::documents(&home)?;
    let nullable = facts::files::nullable(&home)?;
    for document in &mut documents {
        allow_null(document, &nullable);
        drop_unknown_tags(document);
    }
    let document = document(documents, products)?;
    writeln!(std::io::stdout().lock(), "{document}")?;
    Ok(())
}

fn document(documents: Vec<Json>, products: &[String]) -> Result<Json> {
    let mut root = Json::Object(Vec::new());
    let (mut paths, mut schemas) = (BTreeMap::new(), BTreeMap::new());
    let mut left: BTreeSet<&str> = products.iter().map(String::as_str).collect();
    for mut document in documents {
        for (path, item) in members(document.remove("paths")) {
            let here = members(Some(item)).into_iter().filter(|(_, operation)| {
                let resource = operation.strings("x-cf-resource");
                let product = resource.first().map_or("", String::as_str);
                left.remove(product);
                products.is_empty() || products.iter().any(|wanted| wanted == product)
            });
            let here: Vec<_> = here.collect();
            if !here.is_empty() {
                paths.entry(path).or_insert_with(Vec::new).extend(here);
            }
        }
        let mut components = document.remove("components").unwrap_or(Json::Null);
        schemas.extend(members(components.remove("schemas")));
        if document.get("openapi").is_some() {
            // The schemes that it names are not described.
            document.remove("security");
            root = document;
            root.set("components", components);
        }
    }
    ensure!(left.is_empty(), "there is no product {left:?}");
    let paths = paths
        .into_iter()
        .map(|(path, here)| (path, Json::Object(here)));
    root.set("paths", Json::Object(paths.collect()));
    let mut used = BTreeSet::new();
    collect_used(
        root.get("paths").unwrap_or(&Json::Null),
        &schemas,
        &mut used,
    );
    schemas.retain(|name, _| used.contains(name));
    if let Some(components) = root.entry("components") {
        components.set("schemas", Json::Object(schemas.into_iter().collect()));
    }
    Ok(root)
}

/// Without a mapping, the values of a tag would be the names of schemas, which they are not.
fn drop_unknown_tags(json: &mut Json) {
    if json.at(&["discriminator", "propertyName"]).is_some()
        && json.at(&["discriminator", "mapping"]).is_none()
    {
        json.remove("discriminator");
    }
    json.elements_mut().iter_mut().for_each(drop_unknown_tags);
    let members = json.members_mut().iter_mut();
    members.for_each(|(_, value)| drop_unknown_tags(value));
}

/// Lets these properties of schemas be null.
fn allow_null(document: &mut Json, nullable: &[(String, String)]) {
    let Some(schemas) = document
        .get_mut("components")
        .and_then(|all| all.get_mut("schemas"))
    else {
        return;
    };
    let schemas = schemas.members_mut().iter_mut();
    let mut schemas: BTreeMap<&str, &mut Json> = schemas
        .map(|(name, schema)| (name.as_str(), schema))
        .collect();
    for (schema, name) in nullable {
        let schema = schemas.get_mut(schema.as_str());
        if let Some(property) = schema.and_then(|schema| property(schema, name)) {
            let null = Json::object([("type", Json::text("null"))]);
            *property = Json::object([("anyOf", Json::Array(vec![property.clone(), null]))]);
        }
    }
}

/// A property of an object schema, or of a part of one.
fn property<'j>(schema: &'j mut Json, name: &str) -> Option<&'j mut Json> {
    if schema.at(&["properties", name]).is_some() {
        return schema.get_mut("properties")?.get_mut(name);
    }
    let parts = schema.get_mut("allOf").map(Json::elements_mut)?;
    parts.iter_mut().find_map(|part| property(part, name))
}

fn members(object: Option<Json>) -> Vec<(String, Json)> {
    match object {
        Some(Json::Object(members)) => members,
        _ => Vec::new(),
    }
}

/// Collects the names of all schemas that a value refers to, directly or through others.
fn collect_used(value: &Json, schemas: &BTreeMap<String, Json>, used: &mut BTreeSet<String>) {
    let name = value.as_str().and_then(|text| text.strip_prefix(SCHEMAS));
    if let Some((name, schema)) = name.and_then(|name| schemas.get_key_value(name))
        && used.insert(name.clone())
    {
        collect_used(schema, schemas, used);
    }
    value
        .elements()
        .iter()
        .for_each(|one| collect_used(one, schemas, used));
    value
        .members()
        .iter()
        .for_each(|(_, one)| collect_used(one, schemas, used));
}

#[cfg(test)]
mod tests {
    use super::{allow_null, document};
    use crate::description;

    #[test]
    fn a_product_comes_with_all_that_it_refers_to() {
        let documents = description::documents(&description::home()).unwrap();
        let whole = document(documents.clone(), &[]).unwrap();
        let one = document(documents.clone(), &["kv".to_owned()]).unwrap();
        assert!(one.get("paths").unwrap().members().len() > 5);
        assert!(one.get("openapi").is_some());
        for document in [one, whole] {
            let schemas = document.at(&["components", "schemas"]).unwrap();
            let names: std::collections::BTreeSet<_> = schemas
                .members()
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            let text = document.to_string();
            let references = text.split("\"$ref\": \"#/components/schemas/").skip(1);
            for name in references.map(|rest| rest.split('"').next().unwrap()) {
                assert!(names.contains(name), "{name}");
            }
        }
        let schema = "dns.dnssec.DNSSEC";
        let field = ["components", "schemas", schema, "properties", "modified_on"];
        let mut nullable = documents.clone();
        nullable.iter_mut().for_each(|document| {
            allow_null(document, &[(schema.to_owned(), "modified_on".to_owned())])
        });
        let changed = document(nullable, &["dns".to_owned()]).unwrap();
        assert!(
            changed
                .at(&field)
                .unwrap()
                .to_string()
                .ends_with(r#"{"type": "null"}]}"#)
        );
        let unknown = document(documents, &["nothing".to_owned()]).unwrap_err();
        assert!(unknown.to_string().contains("nothing"));
    }
}
