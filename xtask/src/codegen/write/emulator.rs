//! Writes the API description for `cf-emulator`: one line per schema, one line per operation.
//!
//! The emulator reads it at run time, each line as it needs it; its module `described::schema` is the counterpart.
//! Equal schemas share a line, and what no operation uses is left out.
//!
//! A schema's key is a hash of its whole content, and the lines are sorted: adding or removing one leaves the others
//! as they are.
//!
//! | text                | schema                                         |
//! |---------------------|------------------------------------------------|
//! | `*` `0` `b` `i` `n` | anything, null, boolean, integer, number       |
//! | `s` `t` `d` `x` `u` | text, date and time, date, bytes, UUID         |
//! | `=["a",1]`          | one of these values                            |
//! | `[s` `%s`           | list, map                                      |
//! | `{a!s,b?i}`         | object with a required and an optional field   |
//! | `{a!~s}`            | object with a field that no reply has          |
//! | `\|(s,i)` `&(#1,#2)` | either of, all of                             |
//! | `#0c94a1b7`         | the schema in the line with this key           |

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use md5::{Digest, Md5};

use crate::codegen::items::partition;
use crate::codegen::write::output::Output;
use crate::codegen::write::permissions::Permissions;
use crate::description::Description;
use crate::description::json::Json;
use crate::description::schema::Schema;

/// The keyword of a field that no reply has.
const WRITE_ONLY: &str = "writeOnly";

/// Where the text goes.
const FILE: &str = "crates/cf-emulator/src/generated/api.txt";

pub fn write(
    mut documents: Vec<Json>,
    description: &Description,
    permissions: &Permissions,
    output: &mut Output,
) {
    for document in &mut documents {
        let all = document
            .get_mut("components")
            .and_then(|c| c.get_mut("schemas"));
        for (name, json) in all.map(Json::members_mut).unwrap_or_default() {
            if let Some(schema) = description.schemas.get(name) {
                mark(json, schema);
            }
        }
    }
    require_tags(&mut documents);
    output.plain(FILE, text(&documents, permissions));
}

/// What tells the variants of a union apart is required, even where they leave it out.
fn require_tags(documents: &mut [Json]) {
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

/// Marks the properties that the facts beside the description call write-only.
fn mark(json: &mut Json, schema: &Schema) {
    match schema {
        Schema::Object(properties) => {
            let secret = properties
                .iter()
                .filter(|property| property.facts.is(WRITE_ONLY));
            for property in secret {
                let all = json.get_mut("properties");
                if let Some(field) = all.and_then(|all| all.get_mut(&property.name)) {
                    field.set(WRITE_ONLY, Json::Bool(true));
                }
            }
        }
        Schema::Nullable(inner) => mark(json, inner),
        Schema::AllOf(parts) => {
            let all = json.get_mut("allOf").map(Json::elements_mut);
            for (json, part) in all.unwrap_or_default().iter_mut().zip(parts) {
                mark(json, part);
            }
        }
        _ => {}
    }
}

fn text(documents: &[Json], permissions: &Permissions) -> String {
    let mut lines = Lines::new(documents);
    let operations = operations(documents, permissions, &mut lines);
    let mut out = String::from("# @generated by `cargo xtask codegen` from xtask/api.\n");
    for (key, line) in &lines.text {
        let _ = writeln!(out, "{key} {line}");
    }
    // An empty line ends the schemas.
    out.push('\n');
    for line in operations {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// One line per operation; several operations with the same verb and path share one.
fn operations(documents: &[Json], permissions: &Permissions, lines: &mut Lines<'_>) -> Vec<String> {
    let mut found: BTreeMap<(String, &str), Vec<&Json>> = BTreeMap::new();
    for document in documents {
        for (path, item) in document.get("paths").map(Json::members).unwrap_or_default() {
            for (verb, operation) in item.members() {
                let path = path.trim_start_matches('/');
                let aliases = operation
                    .get("x-cf-aliases")
                    .map(Json::elements)
                    .unwrap_or_default();
                for path in scopes(path) {
                    let all = found.entry((path, verb.as_str())).or_default();
                    all.push(operation);
                    all.extend(aliases);
                }
            }
        }
    }
    found
        .iter()
        .map(|((path, verb), all)| {
            let names = all.iter().filter_map(|o| o.str("operationId"));
            let asked = permissions.asked(names, path);
            format!("{}\t{asked}", operation(path, verb, all, lines))
        })
        .collect()
}

/// A path for accounts or zones becomes two.
pub(super) fn scopes(path: &str) -> Vec<String> {
    const EITHER: &str = "{account_or_zone}/{account_or_zone_id}";
    match path.strip_prefix(EITHER) {
        Some(rest) => vec![
            format!("accounts/{{account_id}}{rest}"),
            format!("zones/{{zone_id}}{rest}"),
        ],
        None => vec![path.to_owned()],
    }
}

fn operation(path: &str, verb: &str, all: &[&Json], lines: &mut Lines<'_>) -> String {
    let first = all[0];
    let style = all.iter().find_map(|o| style(o));
    let (kind, media) = (
        first.str("x-cf-result").unwrap_or("empty"),
        reply_media(first),
    );
    let result = either(all.iter().filter_map(|o| reply(o)).map(|s| lines.schema(s)));
    let bodies = all.iter().filter_map(|o| body(o));
    let body_media = bodies.clone().next().map_or("-", |(media, _)| media);
    let required = if first.get("requestBody").is_some_and(|b| b.flag("required")) {
        "!"
    } else {
        "?"
    };
    let bodies = either(bodies.map(|(_, schema)| lines.schema(schema)));
    let mut query: Vec<String> = Vec::new();
    for parameter in all
        .iter()
        .flat_map(|o| o.get("parameters").map(Json::elements).unwrap_or_default())
    {
        if parameter.str("in") == Some("query") {
            let name = name(parameter.str("name").unwrap_or_default());
            // What only one of several operations requires is optional for all.
            let mark = if parameter.flag("required") && all.len() == 1 {
                '!'
            } else {
                '?'
            };
            let schema = parameter
                .get("schema")
                .map_or_else(|| "*".to_owned(), |s| lines.schema(s));
            if !query
                .iter()
                .any(|q| q.starts_with(&format!("{name}{mark}")))
            {
                query.push(format!("{name}{mark}{schema}"));
            }
        }
    }
    let id = first.str("operationId").unwrap_or_default();
    [
        verb.to_uppercase(),
        path.to_owned(),
        id.to_owned(),
        style.unwrap_or_else(|| "-".to_owned()),
        kind.to_owned(),
        media.to_owned(),
        result,
        format!("{body_media}{required}"),
        bodies,
        format!("{{{}}}", query.join(",")),
    ]
    .join("\t")
}

/// How a list is paginated: the style, followed by what is specific to this list, as JSON.
fn style(operation: &Json) -> Option<String> {
    let style = operation
        .str("x-cf-pagination")
        .filter(|style| *style != "none")?;
    let page = operation.get("x-cf-page").map(Json::to_string);
    Some(format!("{style}{}", page.unwrap_or_default()))
}

fn either(schemas: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for schema in schemas {
        if !distinct.contains(&schema) {
            distinct.push(schema);
        }
    }
    match distinct.len() {
        0 => "-".to_owned(),
        1 => distinct.remove(0),
        _ => format!("|({})", distinct.join(",")),
    }
}

fn content(operation: &Json) -> Option<&(String, Json)> {
    let (_, reply) = operation.get("responses")?.members().first()?;
    reply.get("content")?.members().first()
}

fn reply_media(operation: &Json) -> &str {
    content(operation).map_or("-", |(media, _)| media)
}

/// The content of a reply: the value in the envelope, or the whole body.
fn reply(operation: &Json) -> Option<&Json> {
    let schema = content(operation)?.1.get("schema")?;
    match operation.str("x-cf-result") {
        Some("envelope") => schema.get("properties")?.get("result"),
        _ => Some(schema),
    }
}

fn body(operation: &Json) -> Option<(&str, &Json)> {
    let (media, content) = operation
        .get("requestBody")?
        .get("content")?
        .members()
        .first()?;
    Some((media, content.get("schema")?))
}

/// Length of a schema's key in digits, unless another begins with the same ones.
const KEY: usize = 8;

/// The schemas in use, each written once.
struct Lines<'a> {
    /// For every name, its class of equal schemas.
    class: HashMap<&'a str, usize>,
    /// For every class, one schema, its own text, and the classes that it refers to.
    classes: Vec<(&'a Json, String, Vec<usize>)>,
    /// The keys of the classes in use.
    keys: HashMap<usize, String>,
    taken: HashSet<String>,
    text: BTreeMap<String, String>,
}

impl<'a> Lines<'a> {
    fn new(documents: &'a [Json]) -> Self {
        let mut schemas = BTreeMap::new();
        for document in documents {
            let all = document.get("components").and_then(|c| c.get("schemas"));
            for (name, schema) in all.map(Json::members).unwrap_or_default() {
                schemas.insert(name.as_str(), schema);
            }
        }
        let index: HashMap<&str, usize> = schemas.keys().copied().zip(0..).collect();
        let structures: Vec<(String, Vec<usize>)> = schemas
            .values()
            .map(|schema| {
                let mut references = Vec::new();
                let text = render(schema, &mut |target| match index.get(target) {
                    Some(to) => {
                        references.push(*to);
                        "#".to_owned()
                    }
                    None => format!("#{target}"),
                });
                (text, references)
            })
            .collect();
        let of = partition::classes(&structures);
        let mut classes = Vec::new();
        for ((schema, (text, references)), class) in schemas.values().zip(structures).zip(&of) {
            // Classes are numbered in order of appearance.
            if *class == classes.len() {
                let references = references.iter().map(|to| of[*to]).collect();
                classes.push((*schema, text, references));
            }
        }
        Self {
            class: schemas.into_keys().zip(of).collect(),
            classes,
            keys: HashMap::new(),
            taken: HashSet::new(),
            text: BTreeMap::new(),
        }
    }

    /// A schema as text; adds lines for what it refers to.
    fn schema(&mut self, schema: &Json) -> String {
        render(schema, &mut |target| self.reference(target))
    }

    fn reference(&mut self, target: &str) -> String {
        let Some(&class) = self.class.get(target) else {
            return "*".to_owned();
        };
        let key = self.key(class);
        if !self.text.contains_key(&key) {
            // Insert the key first: schemas can be recursive.
            self.text.insert(key.clone(), String::new());
            let line = self.schema(self.classes[class].0);
            self.text.insert(key.clone(), line);
        }
        format!("#{key}")
    }

    /// The key of a class, which depends on no other schemas.
    fn key(&mut self, class: usize) -> String {
        if let Some(key) = self.keys.get(&class) {
            return key.clone();
        }
        let mut said = String::new();
        self.say(class, &mut HashMap::new(), &mut said);
        let digest = Md5::digest(said)
            .iter()
            .fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
        let free = |length: &usize| !self.taken.contains(&digest[..*length]);
        let length = (KEY..digest.len()).find(free).unwrap_or(digest.len());
        let key = digest[..length].to_owned();
        self.taken.insert(key.clone());
        self.keys.insert(class, key.clone());
        key
    }

    /// The whole content of a class, references included; what has been written before is referred to by number.
    fn say(&self, class: usize, before: &mut HashMap<usize, usize>, said: &mut String) {
        let number = before.len();
        if let Some(known) = before.get(&class) {
            let _ = write!(said, "@{known};");
            return;
        }
        before.insert(class, number);
        let (_, text, references) = &self.classes[class];
        let _ = write!(said, "{text};");
        for reference in references {
            self.say(*reference, before, said);
        }
    }
}

fn render(json: &Json, reference: &mut dyn FnMut(&str) -> String) -> String {
    if let Some(target) = json.str("$ref") {
        return reference(target.rsplit('/').next().unwrap_or(target));
    }
    let parts = |mark: char, all: &Json, reference: &mut dyn FnMut(&str) -> String| {
        let parts: Vec<_> = all
            .elements()
            .iter()
            .map(|part| render(part, reference))
            .collect();
        format!("{mark}({})", parts.join(","))
    };
    if let Some(all) = json.get("allOf") {
        return parts('&', all, reference);
    }
    if let Some(all) = json.get("anyOf").or_else(|| json.get("oneOf")) {
        return parts('|', all, reference);
    }
    if let Some(value) = json.get("const") {
        return format!("=[{}]", value);
    }
    if let Some(values) = json.get("enum") {
        let values: Vec<_> = values.elements().iter().map(ToString::to_string).collect();
        return format!("=[{}]", values.join(","));
    }
    match json.get("type") {
        Some(Json::Str(name)) => of_type(name, json, reference),
        Some(Json::Array(names)) => {
            let names = names.iter().filter_map(Json::as_str);
            let all: Vec<_> = names.map(|name| of_type(name, json, reference)).collect();
            format!("|({})", all.join(","))
        }
        _ => "*".to_owned(),
    }
}

fn of_type(name: &str, json: &Json, reference: &mut dyn FnMut(&str) -> String) -> String {
    match name {
        "null" => "0".to_owned(),
        "boolean" => "b".to_owned(),
        "integer" => "i".to_owned(),
        "number" => "n".to_owned(),
        "string" => match json.str("format") {
            Some("date-time") => "t",
            Some("date") => "d",
            Some("binary" | "byte") => "x",
            Some("uuid") => "u",
            _ => "s",
        }
        .to_owned(),
        "array" => {
            let items = json
                .get("items")
                .map_or_else(|| "*".to_owned(), |items| render(items, reference));
            format!("[{items}")
        }
        "object" => object(json, reference),
        _ => "*".to_owned(),
    }
}

fn object(json: &Json, reference: &mut dyn FnMut(&str) -> String) -> String {
    let properties = json
        .get("properties")
        .map(Json::members)
        .unwrap_or_default();
    if properties.is_empty() {
        let values = json.get("additionalProperties");
        return format!(
            "%{}",
            values.map_or_else(|| "*".to_owned(), |values| render(values, reference))
        );
    }
    let required: HashSet<String> = json.strings("required").into_iter().collect();
    let mut out = String::from("{");
    for (index, (property, schema)) in properties.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let mark = if required.contains(property) {
            '!'
        } else {
            '?'
        };
        let secret = if schema.flag(WRITE_ONLY) { "~" } else { "" };
        let schema = render(schema, reference);
        let _ = write!(out, "{separator}{}{mark}{secret}{schema}", name(property));
    }
    out.push('}');
    out
}

/// A field's name, quoted if it has unusual characters.
fn name(text: &str) -> String {
    let usual = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !text.is_empty() && text.chars().all(usual) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Permissions, text};
    use crate::description::{self, json::Json};

    fn member<'d>(json: &'d mut Json, path: &[&str]) -> &'d mut Vec<(String, Json)> {
        let found = path
            .iter()
            .fold(json, |json, key| json.get_mut(key).unwrap());
        match found {
            Json::Object(members) => members,
            _ => panic!("{path:?} is no object"),
        }
    }

    #[test]
    fn a_new_schema_leaves_the_lines_of_others_alone() {
        let mut documents = description::documents(&description::home()).unwrap();
        let permissions = Permissions::load(&description::home()).unwrap();
        let before = text(&documents, &permissions);
        // A name that sorts first, used by a schema that many others contain.
        let new: Json = serde_json::from_str(
            r#"{ "type": "object", "properties": { "novelty": { "type": "string" } } }"#,
        )
        .unwrap();
        let link: Json =
            serde_json::from_str(r##"{ "$ref": "#/components/schemas/AAA.New" }"##).unwrap();
        let document = documents.iter_mut().find(|document| {
            let schemas = document
                .get("components")
                .and_then(|all| all.get("schemas"));
            schemas.is_some_and(|all| all.get("accounts.Account").is_some())
        });
        let document = document.unwrap();
        member(document, &["components", "schemas"]).insert(0, ("AAA.New".to_owned(), new));
        let path = ["components", "schemas", "accounts.Account", "properties"];
        member(document, &path).push(("novelty".to_owned(), link));

        let after = text(&documents, &permissions);
        let (old, new): (BTreeSet<_>, BTreeSet<_>) =
            (before.lines().collect(), after.lines().collect());
        let changed = old.symmetric_difference(&new).count();
        assert!(after.contains("{novelty?s}"));
        assert!((2..50).contains(&changed), "{changed} lines changed");
    }
}
