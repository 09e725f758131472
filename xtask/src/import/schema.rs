//! Schemas of a document, in the few forms that the description has.

use std::collections::{BTreeMap, BTreeSet};

use super::forms::{anything, either, is_plain, or_null, without_null};
use crate::codegen::words::names;
use crate::description::json::Json;

/// Members that are facts, and stay as they are.
const FACTS: &[&str] = &[
    "format",
    "default",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "readOnly",
    "writeOnly",
    "deprecated",
];

/// The name of a schema of the additions in its document.
pub const ORIGIN: &str = "x-cf-origin";

/// How deep schemas are followed.
const DEPTH: usize = 64;

/// The schemas that a document names, and what they have become.
pub struct Schemas<'d> {
    pub document: &'d Json,
    /// Names that stand for something else.
    taken: BTreeSet<String>,
    /// The name of each schema, for what is received and what is sent.
    names: BTreeMap<(String, bool), String>,
    /// The product of the current operation.
    pub product: String,
    pub made: BTreeMap<String, Json>,
    depth: usize,
}

impl<'d> Schemas<'d> {
    /// The schemas of a document, besides those that the description has.
    pub fn new(document: &'d Json, known: &BTreeMap<String, Json>) -> Self {
        let names = known.iter().filter_map(|(name, schema)| {
            let origin = schema.str(ORIGIN)?;
            let (component, sent) = match origin.strip_suffix(" sent") {
                Some(component) => (component, true),
                None => (origin, false),
            };
            Some(((component.to_owned(), sent), name.clone()))
        });
        Schemas {
            document,
            taken: known.keys().cloned().collect(),
            names: names.collect(),
            product: String::new(),
            made: BTreeMap::new(),
            depth: 0,
        }
    }

    /// The target of a reference; anything else is itself.
    pub fn resolve<'j>(&self, json: &'j Json) -> &'j Json
    where
        'd: 'j,
    {
        let mut at = json;
        for _ in 0..DEPTH {
            match at.str("$ref") {
                Some(target) => match self.target(target) {
                    Some(found) => at = found,
                    None => return at,
                },
                None => match at.get("allOf").map(Json::elements) {
                    Some([one]) if at.get("properties").is_none() => at = one,
                    _ => return at,
                },
            }
        }
        at
    }

    /// The target of one of the document's references.
    pub fn target(&self, reference: &str) -> Option<&'d Json> {
        let mut parts = reference.strip_prefix("#/")?.split('/');
        parts.try_fold(self.document, |json, part| {
            json.get(&part.replace("~1", "/").replace("~0", "~"))
        })
    }

    /// A schema in the description's form, of something that is sent or received.
    pub fn convert(&mut self, json: &Json, sent: bool) -> Json {
        self.depth += 1;
        let made = if self.depth > DEPTH {
            anything()
        } else {
            self.made_of(json, sent)
        };
        self.depth -= 1;
        made
    }

    fn made_of(&mut self, json: &Json, sent: bool) -> Json {
        if let Some(reference) = json.str("$ref") {
            let Some(schema) = self.target(reference) else {
                return anything();
            };
            return if is_plain(self.resolve(schema)) {
                self.convert(schema, sent)
            } else {
                self.reference(reference, schema, sent)
            };
        }
        let (json, nullable) = without_null(json);
        let json = &json;
        let made = if json.get("allOf").is_some() {
            self.all_of(json, sent)
        } else if let Some(variants) = json.get("anyOf").or_else(|| json.get("oneOf")) {
            let variants = variants.elements();
            let own = json.get("properties").map(|_| self.object(json, sent));
            self.any_of(variants, own.as_slice(), sent)
        } else {
            self.typed(json, sent)
        };
        if nullable { or_null(made) } else { made }
    }

    fn typed(&mut self, json: &Json, sent: bool) -> Json {
        if let Some(Json::Array(types)) = json.get("type") {
            let variants = types.iter().map(|name| {
                let mut variant = json.clone();
                variant.set("type", name.clone());
                self.typed(&variant, sent)
            });
            return either(variants.collect());
        }
        let kind = match json.str("type") {
            Some(kind) => kind,
            None if json.get("properties").is_some() => "object",
            None if json.get("items").is_some() => "array",
            None => match json.get("enum").map(Json::elements).unwrap_or_default() {
                [Json::Str(_), ..] => "string",
                [Json::Bool(_), ..] => "boolean",
                [Json::Number(_), ..] => "number",
                _ => return anything(),
            },
        };
        let mut made = match kind {
            "object" => self.object(json, sent),
            "array" => {
                let items = json
                    .get("items")
                    .map_or_else(anything, |items| self.convert(items, sent));
                Json::object([("type", Json::text("array")), ("items", items)])
            }
            kind => {
                let mut made = Json::object([("type", Json::text(kind))]);
                for key in ["const", "enum"] {
                    if let Some(value) = json.get(key) {
                        made.set(key, value.clone());
                    }
                }
                constant(&mut made);
                made
            }
        };
        for key in FACTS {
            if let Some(fact) = json.get(key) {
                made.set(key, fact.clone());
            }
        }
        made
    }

    fn object(&mut self, json: &Json, sent: bool) -> Json {
        let mut made = Json::object([("type", Json::text("object"))]);
        let properties = json
            .get("properties")
            .map(Json::members)
            .unwrap_or_default();
        let mut kept: Vec<(String, Json)> = Vec::new();
        for (name, schema) in properties {
            if !(sent && self.is_read_only(schema)) {
                kept.push((name.clone(), self.convert(schema, sent)));
            }
        }
        let properties = kept;
        if properties.is_empty() {
            let values = json
                .get("additionalProperties")
                .filter(|values| !values.members().is_empty());
            if let Some(values) = values {
                made.set("additionalProperties", self.convert(values, sent));
            }
            return made;
        }
        let required: Vec<Json> = json
            .strings("required")
            .into_iter()
            .filter(|required| properties.iter().any(|(name, _)| name == required))
            .map(Json::Str)
            .collect();
        made.set("properties", Json::Object(properties));
        if !required.is_empty() {
            made.set("required", Json::Array(required));
        }
        made
    }

    fn all_of(&mut self, json: &Json, sent: bool) -> Json {
        let (mut objects, mut unions, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        let mut own = json.clone();
        own.remove("allOf");
        let parts = json.get("allOf").map(Json::elements).unwrap_or_default();
        for part in parts.iter().chain([&own]) {
            let resolved = self.resolve(part).clone();
            if resolved.get("anyOf").is_some() || resolved.get("oneOf").is_some() {
                unions.push(resolved);
            } else if resolved.get("properties").is_some() || resolved.get("allOf").is_some() {
                objects.push(self.convert(part, sent));
            } else if ["type", "enum", "items"]
                .iter()
                .any(|key| resolved.get(key).is_some())
            {
                plain.push(resolved);
            }
        }
        match (unions.first(), objects.len()) {
            (Some(union), _) => {
                let variants = union.get("anyOf").or_else(|| union.get("oneOf"));
                let variants = variants.map(Json::elements).unwrap_or_default();
                self.any_of(variants, &objects, sent)
            }
            (None, 0) => plain
                .first()
                .map_or_else(anything, |schema| self.convert(schema, sent)),
            (None, 1) => objects.remove(0),
            (None, _) => Json::object([("allOf", Json::Array(objects))]),
        }
    }

    /// Variants, each with what all of them have.
    fn any_of(&mut self, variants: &[Json], common: &[Json], sent: bool) -> Json {
        let variants = variants.iter().map(|variant| {
            let made = self.convert(variant, sent);
            let is_object = made.get("$ref").is_some() || made.get("properties").is_some();
            if common.is_empty() || !is_object {
                return made;
            }
            let parts = common.iter().cloned().chain([made]).collect();
            Json::object([("allOf", Json::Array(parts))])
        });
        let variants: Vec<Json> = variants.collect();
        // A union that only says which fields are required is not a union.
        let says_nothing = variants.iter().all(|variant| variant.members().is_empty());
        match common {
            [one] if says_nothing => one.clone(),
            _ => either(variants),
        }
    }

    fn reference(&mut self, reference: &str, schema: &'d Json, sent: bool) -> Json {
        let component = reference.rsplit('/').next().unwrap_or(reference).to_owned();
        let sent = sent && self.has_read_only(schema, &mut BTreeSet::new());
        let key = (component, sent);
        let name = match self.names.get(&key) {
            Some(name) => name.clone(),
            None => {
                let name = self.name_for(&key.0, sent);
                self.names.insert(key.clone(), name.clone());
                name
            }
        };
        if !self.made.contains_key(&name) {
            // Already in its place, so that recursion ends.
            self.made.insert(name.clone(), anything());
            let mut made = self.convert(schema, sent);
            let origin = format!("{}{}", key.0, if sent { " sent" } else { "" });
            made.set(ORIGIN, Json::Str(origin));
            self.made.insert(name.clone(), made);
        }
        let target = format!("#/components/schemas/{name}");
        Json::object([("$ref", Json::text(&target))])
    }

    fn name_for(&self, component: &str, sent: bool) -> String {
        let own = component.rsplit('.').next().unwrap_or(component);
        let own = own
            .replace("components-schemas-", "")
            .replace("schemas-", "");
        let mut own = names::pascal(&own);
        if sent {
            own.push_str("Param");
        }
        let is_free =
            |name: &String| !self.taken.contains(name) && !self.names.values().any(|n| n == name);
        let full = names::pascal(component);
        let candidates = [own.clone(), full.clone(), format!("{full}Schema")];
        candidates
            .into_iter()
            .map(|own| format!("{}.{own}", self.product))
            .find(is_free)
            .unwrap_or_else(|| format!("{}.{own}Schema{}", self.product, self.names.len()))
    }

    /// Whether a schema is read-only.
    pub fn is_read_only(&self, json: &Json) -> bool {
        json.flag("readOnly")
            || self.resolve(json).flag("readOnly")
            || json
                .get("allOf")
                .map(Json::elements)
                .unwrap_or_default()
                .iter()
                .any(|part| self.resolve(part).flag("readOnly"))
    }

    fn has_read_only(&self, json: &Json, seen: &mut BTreeSet<String>) -> bool {
        if json.flag("readOnly") {
            return true;
        }
        if let Some(reference) = json.str("$ref") {
            return seen.insert(reference.to_owned())
                && self
                    .target(reference)
                    .is_some_and(|schema| self.has_read_only(schema, seen));
        }
        match json {
            Json::Array(elements) => elements
                .iter()
                .any(|element| self.has_read_only(element, seen)),
            Json::Object(members) => members
                .iter()
                .any(|(_, member)| self.has_read_only(member, seen)),
            _ => false,
        }
    }
}

/// Makes the only value that a text can have its constant.
fn constant(schema: &mut Json) {
    let values = schema.get("enum").map(Json::elements).unwrap_or_default();
    if let [Json::Str(value)] = values {
        let value = Json::text(value);
        schema.remove("enum");
        schema.set("const", value);
    }
}
