//! The operations of the description, by method and path.

use std::collections::BTreeMap;

use super::paths;
use crate::description::{Description, json::Json};

/// An existing operation.
#[derive(Debug, Clone)]
pub struct KnownOperation {
    pub path: String,
    pub verb: String,
    pub id: String,
    pub resource: Vec<String>,
    pub method: String,
    pub json: Json,
}

/// What exists.
#[derive(Default)]
pub struct Known {
    pub operations: BTreeMap<String, KnownOperation>,
    /// The segments of the path, by resource and method.
    pub names: BTreeMap<(Vec<String>, String), Vec<String>>,
    pub schemas: BTreeMap<String, Json>,
}

impl Known {
    pub fn of<'j>(documents: impl Iterator<Item = &'j Json>) -> Known {
        let mut known = Known::default();
        for document in documents {
            for (path, item) in document.get("paths").map(Json::members).unwrap_or_default() {
                for (verb, json) in item.members() {
                    known.add(path, verb, json);
                }
            }
            let schemas = document.at(&["components", "schemas"]);
            let schemas = schemas.map(Json::members).unwrap_or_default();
            known.schemas.extend(schemas.iter().cloned());
        }
        known
    }

    fn add(&mut self, path: &str, verb: &str, json: &Json) {
        let aliases = json.get("x-cf-aliases").map(Json::elements);
        for operation in [json].into_iter().chain(aliases.unwrap_or_default()) {
            let Some(id) = operation.str("operationId") else {
                continue;
            };
            let resource = operation.strings("x-cf-resource");
            let method = operation.str("x-cf-method").unwrap_or_default().to_owned();
            let name = (resource.clone(), method.clone());
            self.names.insert(name, paths::segments(path));
            let operation = KnownOperation {
                path: path.to_owned(),
                verb: verb.to_owned(),
                id: id.to_owned(),
                resource,
                method,
                json: operation.clone(),
            };
            self.operations
                .entry(paths::key(verb, path))
                .or_insert(operation);
        }
    }

    /// Adds the methods' Rust names, which are taken, too.
    pub fn learn_methods(&mut self, description: &Description, methods: &BTreeMap<String, String>) {
        for operation in &description.operations {
            if let Some(method) = methods.get(&operation.id) {
                let name = (operation.resource.clone(), method.clone());
                let segments = paths::segments(&operation.path);
                self.names.entry(name).or_insert(segments);
            }
        }
    }

    /// The operation with this method and path; if there is none, the one for accounts and zones alike, or for either
    /// of them.
    pub fn find(&self, key: &str) -> Option<&KnownOperation> {
        let others = paths::scoped(key).into_iter().chain(paths::unscoped(key));
        let mut keys = [key.to_owned()].into_iter().chain(others);
        keys.find_map(|key| self.operations.get(&key))
    }
}
