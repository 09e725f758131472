//! What is no data: documents that were made from an SDK's code take its objects for what the API sends and receives.

use std::collections::BTreeSet;

use super::schema::Schemas;
use crate::description::json::Json;

/// Properties that together give an object away: the client in what the SDK returns, a file of JavaScript, a schema that
/// was taken for the value it describes.
const OBJECTS: &[&[&str]] = &[
    &["_client"],
    &["arrayBuffer"],
    &["lastModified", "slice"],
    &["allOf"],
    &["anyOf"],
    &["oneOf"],
];

/// Names that are no parameters, but options of a request in the TypeScript SDK. The first gives them away.
const OPTIONS: &[&str] = &[
    "__binaryRequest",
    "__binaryResponse",
    "__streamClass",
    "body",
    "headers",
    "httpAgent",
    "idempotencyKey",
    "maxRetries",
    "method",
    "query",
    "signal",
    "stream",
    "timeout",
];

/// Whether a schema is, or holds, an object of code.
pub fn is_in(schema: &Json, schemas: &Schemas<'_>) -> bool {
    holds(schema, schemas, &mut BTreeSet::new())
}

fn holds(json: &Json, schemas: &Schemas<'_>, seen: &mut BTreeSet<String>) -> bool {
    if let Some(reference) = json.str("$ref") {
        let target = schemas.target(reference);
        return seen.insert(reference.to_owned())
            && target.is_some_and(|target| holds(target, schemas, seen));
    }
    let properties = json.get("properties");
    let has = |name: &&str| properties.is_some_and(|of| of.get(name).is_some());
    OBJECTS.iter().any(|names| names.iter().all(has))
        || json
            .members()
            .iter()
            .any(|(_, member)| holds(member, schemas, seen))
        || json
            .elements()
            .iter()
            .any(|element| holds(element, schemas, seen))
}

/// The names among an operation's parameters that are options of an SDK.
pub fn options(parameters: &[Json]) -> &'static [&'static str] {
    let is_sign = |parameter: &Json| parameter.str("name") == OPTIONS.first().copied();
    if parameters.iter().any(is_sign) {
        OPTIONS
    } else {
        &[]
    }
}
