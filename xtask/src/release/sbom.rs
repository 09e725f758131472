//! Software bills of materials: what a crate is built from, as CycloneDX 1.6.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::metadata::{Metadata, Package};

/// The bill for one crate, with all of its features. `lock` is the text of `Cargo.lock`.
pub fn bill(metadata: &Metadata, package: &Package, lock: &str) -> Result<Value> {
    let checksums = checksums(lock);
    let built_from = metadata.built_from(package);
    let reference = |id: &str| {
        let package = metadata.package(id).context("a package without metadata")?;
        anyhow::Ok(purl(package))
    };
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for (id, direct) in &built_from {
        let found = metadata.package(id).context("a package without metadata")?;
        if found.id != package.id {
            components.push(component(found, &checksums));
        }
        let direct: Vec<_> = direct
            .iter()
            .map(|id| reference(id))
            .collect::<Result<_>>()?;
        dependencies.push(json!({ "ref": reference(id)?, "dependsOn": direct }));
    }
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": component(package, &checksums) },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

fn component(package: &Package, checksums: &HashMap<(&str, &str), &str>) -> Value {
    let mut component = Map::new();
    let mut set = |name: &str, value: Value| component.insert(name.to_owned(), value);
    set("type", "library".into());
    set("bom-ref", purl(package).into());
    set("name", package.name.clone().into());
    set("version", package.version.clone().into());
    set("purl", purl(package).into());
    if let Some(text) = &package.description {
        set("description", text.trim().into());
    }
    if let Some(license) = &package.license {
        // The way it was written before SPDX.
        let expression = license.replace('/', " OR ");
        set("licenses", json!([{ "expression": expression }]));
    }
    if let Some(sum) = checksums.get(&(package.name.as_str(), package.version.as_str())) {
        set("hashes", json!([{ "alg": "SHA-256", "content": sum }]));
    }
    if let Some(url) = &package.repository {
        set("externalReferences", json!([{ "type": "vcs", "url": url }]));
    }
    Value::Object(component)
}

/// The checksums in `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> HashMap<(&str, &str), &str> {
    let entries = lock.split("[[package]]").skip(1);
    let found = entries.filter_map(|entry| {
        let field = |name: &str| {
            let line = entry.lines().find_map(|line| line.strip_prefix(name))?;
            line.strip_prefix(" = \"")?.strip_suffix('"')
        };
        Some(((field("name")?, field("version")?), field("checksum")?))
    });
    found.collect()
}
