//! What a document says about an existing operation beyond what the description says.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::Schemas;
use crate::description::additions::{self, Precedence};
use crate::description::json::Json;

/// Compares schemas of the description with those of a document.
pub struct Comparison<'c, 'd> {
    /// The schemas of the description, by name.
    pub known: &'c BTreeMap<String, Json>,
    pub schemas: &'c mut Schemas<'d>,
    /// What to add to schemas of the description.
    pub found: BTreeMap<String, Json>,
    /// Where the two contradict each other.
    pub differences: BTreeSet<String>,
    pub seen: BTreeSet<(String, String)>,
}

impl Comparison<'_, '_> {
    /// What to add to a schema without a name.
    pub fn schema(&mut self, spot: &str, known: &Json, new: &Json, sent: bool) -> Option<Json> {
        if let Some(target) = known.str("$ref") {
            let name = target.rsplit('/').next().unwrap_or(target).to_owned();
            let schema = self.known.get(&name)?.clone();
            if self.seen.insert((name.clone(), new.to_string())) {
                let added = self.schema(&name, &schema, new, sent)?;
                let entry = self.found.entry(name).or_insert(Json::Object(Vec::new()));
                additions::grow(entry, &added, Precedence::Known);
            }
            return None;
        }
        if let Some(variants) = known.get("anyOf").map(Json::elements) {
            // A place within a list has no name by which something could be added to it.
            if let [one, null] = variants
                && null.str("type") == Some("null")
                && one.get("$ref").is_some()
            {
                self.schema(spot, one, new, sent);
            }
            return None;
        }
        let new = self.schemas.resolve(&bare(new)).clone();
        if let Some(properties) = known.get("properties").map(Json::members) {
            return self.object(spot, properties, &new, sent);
        }
        if let (Some(known), Some(new)) = (known.get("items"), new.get("items")) {
            let added = self.schema(&format!("{spot}[]"), known, new, sent)?;
            return Some(Json::object([("items", added)]));
        }
        if let (Some(Json::Array(known)), Some(Json::Array(new))) =
            (known.get("enum"), new.get("enum"))
        {
            let is_new = |value: &&Json| !known.contains(value) && value.as_str().is_some();
            let values: Vec<Json> = new.iter().filter(is_new).cloned().collect();
            return (!values.is_empty()).then(|| Json::object([("enum", Json::Array(values))]));
        }
        if let (Some(known), Some(new)) = (known.str("type"), new.str("type"))
            && !alike(known, new)
        {
            self.differences
                .insert(format!("{spot}: {known} here, {new} there"));
        }
        None
    }

    fn object(
        &mut self,
        spot: &str,
        known: &[(String, Json)],
        new: &Json,
        sent: bool,
    ) -> Option<Json> {
        let mut properties = Vec::new();
        self.properties(new, &mut properties, 0);
        let mut added: Vec<(String, Json)> = Vec::new();
        for (name, schema) in properties {
            if added.iter().any(|(known, _)| *known == name)
                || (sent && self.schemas.is_read_only(&schema))
            {
                continue;
            }
            let change = match known.iter().find(|(known, _)| *known == name) {
                Some((_, known)) => self.schema(&format!("{spot}.{name}"), known, &schema, sent),
                None => Some(self.schemas.convert(&schema, sent)),
            };
            added.extend(change.map(|change| (name, change)));
        }
        (!added.is_empty()).then(|| Json::object([("properties", Json::Object(added))]))
    }

    /// The fields of an object, including those of all its parts.
    fn properties(&self, schema: &Json, found: &mut Vec<(String, Json)>, depth: usize) {
        let schema = self.schemas.resolve(schema);
        let own = schema.get("properties").map(Json::members);
        found.extend_from_slice(own.unwrap_or_default());
        let parts = schema.get("allOf").map(Json::elements).unwrap_or_default();
        for part in parts.iter().filter(|_| depth < 8) {
            self.properties(part, found, depth + 1);
        }
    }
}

/// A nullable schema without null.
fn bare(schema: &Json) -> Json {
    let variants = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    match variants.map(Json::elements) {
        Some([one, null]) if null.str("type") == Some("null") => one.clone(),
        _ => schema.clone(),
    }
}

/// Whether the difference between two types is not worth mentioning.
fn alike(known: &str, new: &str) -> bool {
    let is_number = |kind: &str| matches!(kind, "integer" | "number");
    known == new || (is_number(known) && is_number(new))
}
