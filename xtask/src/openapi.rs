//! `cargo xtask openapi`: the API description as one OpenAPI document, for other programs to read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Result, ensure};

use crate::description::{self, json::Json};

const SCHEMAS: &str = "#/components/schemas/";

/// Prints the operations of `products`, or all, with the schemas that they refer to.
pub fn run(products: &[String]) -> Result<()> {
    let document = document(description::documents(&description::home())?, products)?;
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
    find(
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

fn members(object: Option<Json>) -> Vec<(String, Json)> {
    match object {
        Some(Json::Object(members)) => members,
        _ => Vec::new(),
    }
}

/// Finds the names of all schemas that a value leads to.
fn find(value: &Json, schemas: &BTreeMap<String, Json>, used: &mut BTreeSet<String>) {
    let name = value.as_str().and_then(|text| text.strip_prefix(SCHEMAS));
    if let Some((name, schema)) = name.and_then(|name| schemas.get_key_value(name))
        && used.insert(name.clone())
    {
        find(schema, schemas, used);
    }
    value
        .elements()
        .iter()
        .for_each(|one| find(one, schemas, used));
    value
        .members()
        .iter()
        .for_each(|(_, one)| find(one, schemas, used));
}

#[cfg(test)]
mod tests {
    use super::document;
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
        let unknown = document(documents, &["nothing".to_owned()]).unwrap_err();
        assert!(unknown.to_string().contains("nothing"));
    }
}
