//! Members of unions, named by their constant fields instead of their positions, which change when a union grows.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use anyhow::{Result, ensure};

use super::json::Json;

/// What tells a member of a union from the others: fields and their only values.
pub struct Tag(Vec<(String, Json)>);

/// The keywords of unions.
const KEYWORDS: [&str; 2] = ["anyOf", "oneOf"];

/// Where a member is: in a schema, by the unions that lead to it; none if it is the whole schema.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    schema: String,
    within: Vec<(&'static str, usize)>,
}

impl Tag {
    pub fn parse(json: &Json) -> Result<Self> {
        let fields = json.members().to_vec();
        ensure!(
            !fields.is_empty() && fields.iter().all(|(_, value)| value.as_str().is_some()),
            "`member` has the fields that tell it from others, with their values"
        );
        Ok(Tag(fields))
    }

    /// Whether a schema is an object whose fields have these values only.
    fn is_of(&self, schema: &Json) -> bool {
        let mut fields = self.0.iter();
        fields.all(|(field, value)| constant(schema, field) == Some(value))
    }

    /// Whether the same fields tell a schema from others, with whatever values.
    fn could_be_of(&self, schema: &Json) -> bool {
        let mut fields = self.0.iter();
        fields.all(|(field, _)| constant(schema, field).is_some())
    }

    /// What a member with this tag adds to the union's name.
    fn name(&self) -> String {
        let values = self.0.iter().filter_map(|(_, value)| value.as_str());
        let words = values.flat_map(|value| value.split(|c: char| !c.is_ascii_alphanumeric()));
        words
            .map(|word| {
                let (first, rest) = word.split_at(word.len().min(1));
                first.to_uppercase() + rest
            })
            .collect()
    }

    /// A new member of a union with this tag.
    fn schema(&self) -> Json {
        let constant =
            |value: &Json| Json::object([("type", Json::text("string")), ("const", value.clone())]);
        let properties = self.0.iter().map(|(f, value)| (f.clone(), constant(value)));
        let required = self.0.iter().map(|(field, _)| Json::text(field));
        Json::object([
            ("type", Json::text("object")),
            ("properties", Json::Object(properties.collect())),
            ("required", Json::Array(required.collect())),
        ])
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (field, value)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{field} {}", value.as_str().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The only value that a field of an object can have.
fn constant<'s>(schema: &'s Json, field: &str) -> Option<&'s Json> {
    let field = schema.at(&["properties", field])?;
    let values = field.get("enum").map(Json::elements).unwrap_or_default();
    match (field.get("const"), values) {
        (None, [only]) => Some(only),
        (value, _) => value,
    }
}

/// Merges a change into the member with this tag of each union that has such a name; `*` in the name stands for
/// anything. Unions that the same fields tell apart, but without such a member, get one if the change says that it is
/// an `object`. Returns whether anything changed.
pub fn merge(
    documents: &mut [Json],
    index: &mut Index,
    name: &str,
    tag: &Tag,
    change: &Json,
) -> Result<bool> {
    let unions: Vec<Place> = schemas(documents)
        .filter(|(schema, json)| fits(name, schema) && is_union(json))
        .map(|(schema, _)| Place::of(schema))
        .collect();
    ensure!(
        !unions.is_empty(),
        "the description has no union of this name"
    );
    let is_new = change.str("type") == Some("object");
    let mut places = BTreeSet::new();
    let mut changed = false;
    for union in unions {
        let members = |fits: &dyn Fn(&Json) -> bool| members(documents, index, &union, fits);
        let found = members(&|json| tag.is_of(json));
        if found.is_empty() && is_new && !members(&|json| tag.could_be_of(json)).is_empty() {
            let mut member = tag.schema();
            member.merge(change);
            append(documents, index, &union, tag, member);
            changed = true;
        }
        places.extend(found);
    }
    ensure!(
        changed || !places.is_empty(),
        "no such member, and no `\"type\": \"object\"` for a new one"
    );
    for place in places {
        let Some(member) = place.get_mut(documents) else {
            continue;
        };
        let before = member.clone();
        member.merge(change);
        changed |= *member != before;
    }
    Ok(changed)
}

/// Where those members of a union are that fit, also in unions within it.
fn members(
    documents: &[Json],
    index: &Index,
    union: &Place,
    fits: &dyn Fn(&Json) -> bool,
) -> Vec<Place> {
    let mut found = Vec::new();
    let json = union.get(documents, index);
    let keywords = json
        .into_iter()
        .flat_map(|json| KEYWORDS.map(|keyword| (keyword, json.get(keyword))));
    for (keyword, members_of) in keywords {
        let parts = members_of.map(Json::elements).unwrap_or_default();
        for (position, member) in parts.iter().enumerate() {
            let place = match member.str("$ref").and_then(|name| name.rsplit('/').next()) {
                Some(name) => Place::of(name),
                None => union.with(keyword, position),
            };
            match place.get(documents, index) {
                Some(json) if is_union(json) => {
                    found.extend(members(documents, index, &place, fits));
                }
                Some(json) if fits(json) => found.push(place),
                _ => {}
            }
        }
    }
    found
}

/// Adds a member to a union, or to the one within it if that is all it has besides null. It becomes a schema of its
/// own, so that what is published about it does not depend on its position.
fn append(documents: &mut [Json], index: &mut Index, union: &Place, tag: &Tag, member: Json) {
    let name = format!("{}{}", union.schema, tag.name());
    let reference = format!("#/components/schemas/{name}");
    if let Some((document, _)) = index.0.get(&union.schema).copied() {
        let components = documents[document].get_mut("components");
        if let Some(schemas) = components.and_then(|components| components.get_mut("schemas")) {
            schemas.set(&name, member);
            let last = schemas.members().len() - 1;
            index.0.entry(name).or_insert((document, last));
        }
    }
    let mut place = union.clone();
    while let Some((keyword, position)) = place.get(documents, index).and_then(inner) {
        place = place.with(keyword, position);
    }
    let Some(json) = place.get_mut(documents) else {
        return;
    };
    for keyword in KEYWORDS {
        if let Some(Json::Array(members)) = json.get_mut(keyword) {
            return members.push(Json::object([("$ref", Json::text(&reference))]));
        }
    }
}

/// The union in place within a union.
fn inner(union: &Json) -> Option<(&'static str, usize)> {
    KEYWORDS.into_iter().find_map(|keyword| {
        let members = union.get(keyword)?.elements();
        Some((keyword, members.iter().position(is_union)?))
    })
}

fn is_union(schema: &Json) -> bool {
    KEYWORDS.iter().any(|keyword| schema.get(keyword).is_some())
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.any(|at| fits(rest, &name[at..]))
        }),
    }
}

fn schemas(documents: &[Json]) -> impl Iterator<Item = (&str, &Json)> {
    let all = documents
        .iter()
        .filter_map(|d| d.at(&["components", "schemas"]));
    all.flat_map(Json::members)
        .map(|(name, json)| (name.as_str(), json))
}

/// Where each schema is: its document, and its position there.
pub struct Index(HashMap<String, (usize, usize)>);

impl Index {
    pub fn of(documents: &[Json]) -> Self {
        let mut found = HashMap::new();
        for (number, document) in documents.iter().enumerate() {
            let schemas = document.at(&["components", "schemas"]);
            let schemas = schemas.map(Json::members).unwrap_or_default();
            for (position, (name, _)) in schemas.iter().enumerate() {
                found.entry(name.clone()).or_insert((number, position));
            }
        }
        Index(found)
    }
}

impl Place {
    fn of(schema: &str) -> Self {
        Place {
            schema: schema.to_owned(),
            within: Vec::new(),
        }
    }

    fn with(&self, keyword: &'static str, index: usize) -> Self {
        let mut place = self.clone();
        place.within.push((keyword, index));
        place
    }

    fn get<'d>(&self, documents: &'d [Json], index: &Index) -> Option<&'d Json> {
        let (document, position) = index.0.get(&self.schema)?;
        let schemas = documents[*document].at(&["components", "schemas"])?;
        let (_, json) = schemas.members().get(*position)?;
        self.within.iter().try_fold(json, |json, (keyword, index)| {
            json.get(keyword)?.elements().get(*index)
        })
    }

    fn get_mut<'d>(&self, documents: &'d mut [Json]) -> Option<&'d mut Json> {
        let mut all = documents.iter_mut();
        let json = all.find_map(|document| {
            let schemas = document.get_mut("components")?.get_mut("schemas")?;
            schemas.get_mut(&self.schema)
        })?;
        self.within.iter().try_fold(json, |json, (keyword, index)| {
            json.get_mut(keyword)?.elements_mut().get_mut(*index)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Vec<Json> {
        let text = r##"{"components": {"schemas": {
            "a.Binding": {"anyOf": [
                {"$ref": "#/components/schemas/a.BindingUnionMember0"},
                {"type": "object", "properties": {"type": {"const": "kv"}}}
            ]},
            "a.BindingUnionMember0": {"type": "object", "properties": {"type": {"enum": ["queue"]}}},
            "b.Reply.Binding": {"anyOf": [
                {"oneOf": [{"type": "object", "properties": {"type": {"const": "queue"}, "from": {"const": "here"}}}]},
                {"type": "null"}
            ]},
            "b.Bindings": {"type": "array", "items": {"$ref": "#/components/schemas/a.Binding"}}
        }}}"##;
        vec![serde_json::from_str(text).unwrap()]
    }

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    fn merged(name: &str, tag: &str, change: &str) -> Result<(bool, String)> {
        let mut documents = description();
        let tag = Tag::parse(&json(tag)).unwrap();
        let mut index = Index::of(&documents);
        let changed = merge(&mut documents, &mut index, name, &tag, &json(change))?;
        Ok((changed, documents[0].pretty()))
    }

    #[test]
    fn a_member_is_found_by_its_tag_wherever_it_is() {
        const DELAY: &str = r#"{"properties": {"delay": {"type": "integer"}}}"#;
        for (name, tag, count) in [
            ("*Binding", r#"{"type": "queue"}"#, 2),
            ("a.Binding", r#"{"type": "queue"}"#, 1),
            ("a.Binding", r#"{"type": "kv"}"#, 1),
            ("*.Reply.*", r#"{"type": "queue", "from": "here"}"#, 1),
        ] {
            let (changed, text) = merged(name, tag, DELAY).unwrap();
            assert!(changed);
            assert_eq!(
                text.matches("\"delay\"").count(),
                count,
                "{name} {tag} {text}"
            );
        }
        let same = r#"{"properties": {"type": {"const": "kv"}}}"#;
        assert!(!merged("a.Binding", r#"{"type": "kv"}"#, same).unwrap().0);
    }

    #[test]
    fn a_new_member_comes_last_and_only_on_purpose() {
        let tag = r#"{"type": "ai_model"}"#;
        for change in [r#"{"properties": {}}"#, r#"{"type": "string"}"#] {
            let told = merged("*Binding", tag, change).unwrap_err().to_string();
            assert!(told.contains("no such member"), "{told}");
        }
        let change = r#"{"type": "object", "properties": {"name": {"type": "string"}}}"#;
        let mut documents = description();
        let parsed = Tag::parse(&json(tag)).unwrap();
        let mut index = Index::of(&documents);
        let mut merge = |documents: &mut [Json]| {
            merge(documents, &mut index, "*Binding", &parsed, &json(change)).unwrap()
        };
        assert!(merge(&mut documents));
        let schemas = documents[0].at(&["components", "schemas"]).unwrap();
        let own = schemas.at(&["a.Binding", "anyOf"]).unwrap().elements();
        assert_eq!(own.len(), 3);
        let within = schemas.at(&["b.Reply.Binding", "anyOf"]).unwrap();
        let within = within.elements()[0].get("oneOf").unwrap().elements();
        for (members, name) in [
            (own, "a.BindingAiModel"),
            (within, "b.Reply.BindingAiModel"),
        ] {
            let reference = members.last().unwrap().str("$ref").unwrap();
            assert_eq!(reference, format!("#/components/schemas/{name}"));
            let kind = schemas.at(&[name, "properties", "type", "const"]);
            assert_eq!(kind, Some(&Json::text("ai_model")));
        }
        // Once it is there, the same correction changes nothing.
        assert!(!merge(&mut documents));
        assert!(
            merged("*Gone", tag, change).is_err() && merged("b.Bindings", tag, change).is_err()
        );
    }
}
