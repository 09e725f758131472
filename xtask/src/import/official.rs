//! A document in the official form: what it has beyond the description becomes additions to it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::Options;
use super::envelope::Reply;
use super::fields::Comparison;
use super::hints::Hints;
use super::known::{Known, KnownOperation};
use super::method::{Namer, Subject};
use super::operation::{self, Named};
use super::paths;
use super::report::Report;
use super::resource::Resources;
use super::schema::Schemas;
use crate::codegen;
use crate::description::additions::{self, Precedence};
use crate::description::json::Json;
use crate::description::{self, Description};

/// The methods of operations.
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// An operation of the document.
struct Found {
    key: String,
    verb: String,
    /// With the description's names for account and zone.
    path: String,
    json: Json,
}

pub struct Import<'i> {
    hints: Hints,
    known: &'i Known,
    schemas: Schemas<'i>,
    pub additions: BTreeMap<String, Json>,
    pub report: Report,
    precedence: Precedence,
}

pub fn import(document: &Json, options: &Options) -> Result<()> {
    let documents = description::documents(&options.api)?;
    let mut known = Known::of(documents.iter());
    let description = Description::of(&documents, &options.api)?;
    let methods = codegen::method_names(&description, &options.api)?;
    known.learn_methods(&description, &methods);
    let additions = additions::load(&options.api)?;
    let added = Known::of(additions.values());
    let mut import = Import {
        hints: Hints::load(&options.api)?,
        known: &known,
        schemas: Schemas::new(document, &known.schemas),
        additions,
        report: Report::default(),
        precedence: Precedence::New,
    };
    let found = operations(document);
    ensure!(!found.is_empty(), "the document has no operations");
    let mut new = Vec::new();
    for found in &found {
        match known.find(&found.key) {
            Some(known)
                if added
                    .operations
                    .contains_key(&paths::key(&known.verb, &known.path)) =>
            {
                import.report.matched += 1;
                import.renew(found, known);
            }
            Some(known) => {
                import.report.matched += 1;
                if !options.new_only {
                    import.compare(found, known);
                }
            }
            None if import.hints.covers(found.key.as_str(), &found.path) => {
                import.report.covered += 1;
            }
            None if import.hints.ignores(&found.path) => import.report.ignored += 1,
            None => new.push(found),
        }
    }
    import.add(&new, &found);
    import.add_schemas();
    let keys: BTreeSet<&str> = found.iter().map(|found| found.key.as_str()).collect();
    let missing: Vec<&KnownOperation> = known
        .operations
        .values()
        .filter(|known| !is_in(known, &keys))
        .collect();
    import.report.missing = missing.iter().map(|known| known.id.clone()).collect();
    import.write(options, &missing)
}

/// Whether the document has an operation; for one of accounts and zones alike, either will do.
fn is_in(known: &KnownOperation, keys: &BTreeSet<&str>) -> bool {
    let key = paths::key(&known.verb, &known.path);
    let alternatives = paths::unscoped(&key);
    keys.contains(key.as_str()) || alternatives.iter().any(|key| keys.contains(key.as_str()))
}

/// All operations of a document, by path and verb.
fn operations(document: &Json) -> Vec<Found> {
    let mut found = BTreeMap::new();
    for (path, item) in document.get("paths").map(Json::members).unwrap_or_default() {
        for (verb, operation) in item.members() {
            if !VERBS.contains(&verb.as_str()) {
                continue;
            }
            let mut json = operation.clone();
            let own = operation.get("parameters").map(Json::elements);
            let shared = item.get("parameters").map(Json::elements);
            // Those of the operation come first, and so take precedence over those of the path.
            let parameters = own.unwrap_or_default().iter();
            let parameters = parameters.chain(shared.unwrap_or_default()).cloned();
            json.set("parameters", Json::Array(parameters.collect()));
            let path = paths::usual(path);
            let key = paths::key(verb, &path);
            let verb = verb.clone();
            let operation = Found {
                key: key.clone(),
                verb: verb.clone(),
                path,
                json,
            };
            found.insert(
                (key.split_once(' ').map(|(_, path)| path.to_owned()), verb),
                operation,
            );
        }
    }
    found.into_values().collect()
}

impl Import<'_> {
    /// Names the new operations, and reads them.
    fn add(&mut self, new: &[&Found], all: &[Found]) {
        let mut resources = Resources::new(&self.hints);
        for known in self.known.operations.values() {
            resources.learn(&known.path, &known.resource);
        }
        let keys = all.iter().map(|found| found.key.clone());
        let keys = keys.chain(self.known.operations.keys().cloned()).collect();
        let mut names = self.known.names.clone();
        let mut folded: BTreeSet<&str> = BTreeSet::new();
        for found in new {
            if folded.contains(found.key.as_str()) {
                continue;
            }
            let segments = paths::segments(&found.path);
            let reply = Reply::read(&found.json, &self.schemas);
            let subject = Subject {
                verb: &found.verb,
                segments: &segments,
                gives: super::pages::gives(&found.json, &reply, &self.schemas),
            };
            let namer = Namer {
                hints: &self.hints,
                resources: &resources,
                keys: &keys,
                taken: &names,
            };
            let (resource, method) = namer.name(&subject);
            let method = namer.free(&resource, &method, &subject);
            let doubtful = namer.is_doubtful(&resource, &method);
            names.insert((resource.clone(), method.clone()), segments.clone());
            let twin = new.iter().find(|other| is_twin(found, other));
            let (path, json, open) = self.read(found, twin.copied(), &resource, &method);
            if paths::is_scoped(&paths::segments(&path)) {
                folded.extend(twin.map(|twin| twin.key.as_str()));
            }
            let id = format!("{}.{method}", resource.join("."));
            if let Some(why) = open {
                self.report.open.insert(format!("{id} {why}"));
            }
            if doubtful {
                let key = &found.key;
                self.report
                    .open
                    .insert(format!("no rule gives {key} a good name; it is {id}"));
            }
            self.report.new.insert(id);
            self.put(&path, &found.verb, json);
        }
    }

    /// The operation; for accounts and zones alike if both say the same.
    fn read(
        &mut self,
        found: &Found,
        twin: Option<&Found>,
        resource: &[String],
        method: &str,
    ) -> (String, Json, Option<String>) {
        let mut named = Named {
            path: &found.path,
            verb: &found.verb,
            resource,
            method,
        };
        let (one, open) = operation::read(&named, &found.json, &mut self.schemas);
        if let Some(twin) = twin {
            let rest = found.path.split('/').skip(3).collect::<Vec<_>>().join("/");
            let path = format!("/{{account_or_zone}}/{{account_or_zone_id}}/{rest}");
            named.path = &path;
            let both = [found, twin]
                .map(|found| operation::read(&named, &found.json, &mut self.schemas).0);
            if both[0] == both[1] {
                let [both, _] = both;
                return (path, both, open);
            }
        }
        (found.path.clone(), one, open)
    }

    /// Reads an operation again that an import brought.
    fn renew(&mut self, found: &Found, known: &KnownOperation) {
        let named = Named {
            path: &known.path,
            verb: &known.verb,
            resource: &known.resource,
            method: &known.method,
        };
        let (json, open) = operation::read(&named, &found.json, &mut self.schemas);
        if let Some(why) = open {
            self.report.open.insert(format!("{} {why}", known.id));
        }
        if self.put(&known.path, &known.verb, json) {
            self.report.changed.insert(known.id.clone());
        }
    }

    /// Takes for an operation of the base what the base lacks.
    fn compare(&mut self, found: &Found, known: &KnownOperation) {
        self.schemas.product = known.resource.first().cloned().unwrap_or_default();
        let mut added = Json::Object(Vec::new());
        if found.json.flag("deprecated") && !known.json.flag("deprecated") {
            added.set("deprecated", Json::Bool(true));
        }
        let parameters = operation::parameters(&known.path, &found.json, &mut self.schemas);
        let has = known.json.get("parameters").map(Json::elements);
        let has = has.unwrap_or_default();
        let is_new = |new: &Json| {
            new.str("in") != Some("path")
                && !has.iter().any(|known| {
                    known.str("name") == new.str("name") && known.str("in") == new.str("in")
                })
        };
        let parameters: Vec<Json> = parameters.into_iter().filter(is_new).collect();
        let names = parameters
            .iter()
            .filter_map(|parameter| parameter.str("name"));
        let mut changes: Vec<String> = names.map(|name| format!("takes `{name}`")).collect();
        if !parameters.is_empty() {
            added.set("parameters", Json::Array(parameters));
        }
        self.compare_schemas(found, known, &mut added);
        if added.get("deprecated").is_some() {
            changes.push("is deprecated".to_owned());
        }
        let fields = ["requestBody", "responses"];
        if fields.iter().any(|part| added.get(part).is_some()) {
            changes.push("has more fields or values".to_owned());
        }
        if !changes.is_empty() && self.put(&known.path, &known.verb, added) {
            let changes = changes
                .iter()
                .map(|change| format!("{}: {change}", known.id));
            self.report.changed.extend(changes);
        }
    }

    fn compare_schemas(&mut self, found: &Found, known: &KnownOperation, added: &mut Json) {
        const JSON: &str = "application/json";
        let reply = Reply::read(&found.json, &self.schemas);
        let body = found.json.get("requestBody");
        let body = body.map(|body| self.schemas.resolve(body).clone());
        let body = body.and_then(|body| body.at(&["content", JSON, "schema"]).cloned());
        let mut comparison = Comparison {
            known: &self.known.schemas,
            schemas: &mut self.schemas,
            found: BTreeMap::new(),
            differences: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        let sent = known.json.at(&["requestBody", "content", JSON, "schema"]);
        if let (Some(sent), Some(body)) = (sent, body)
            && let Some(more) = comparison.schema(&format!("{} body", known.id), sent, &body, true)
        {
            added.set("requestBody", within(&["content", JSON, "schema"], more));
        }
        let received = known
            .json
            .at(&["responses", "200", "content", JSON, "schema"]);
        let of_envelope = ["properties", "result"];
        let below: &[&str] = match known.json.str("x-cf-result") {
            Some("envelope") => &of_envelope,
            _ => &[],
        };
        let received = received.and_then(|schema| schema.at(below));
        if let Some(received) = received
            && known.json.str("x-cf-result") == Some(reply.kind)
            && let Some(more) = comparison.schema(
                &format!("{} reply", known.id),
                received,
                &reply.schema,
                false,
            )
        {
            let path = [&["200", "content", JSON, "schema"], below].concat();
            added.set("responses", within(&path, more));
        }
        let (found, differences) = (comparison.found, comparison.differences);
        self.report.differences.extend(differences);
        for (name, schema) in found {
            if self.put_schema(&name, &schema, Precedence::Known) {
                self.report
                    .changed
                    .insert(format!("{name}: has more fields or values"));
            }
        }
    }

    /// Adds an operation, or what to add to one; returns whether that changed anything.
    fn put(&mut self, path: &str, verb: &str, json: Json) -> bool {
        let product = match json.strings("x-cf-resource").into_iter().next() {
            Some(product) => product,
            None => self.schemas.product.clone(),
        };
        let document = self
            .additions
            .entry(product)
            .or_insert_with(|| Json::Object(Vec::new()));
        let place = document
            .entry("paths")
            .and_then(|paths| paths.entry(path))
            .and_then(|item| item.entry(verb));
        let Some(place) = place else { return false };
        let before = place.clone();
        additions::grow(place, &json, self.precedence);
        *place != before
    }

    fn put_schema(&mut self, name: &str, schema: &Json, precedence: Precedence) -> bool {
        let product = name.split_once('.').map_or("_root", |(product, _)| product);
        let document = self
            .additions
            .entry(product.to_owned())
            .or_insert_with(|| Json::Object(Vec::new()));
        let place = document
            .entry("components")
            .and_then(|components| components.entry("schemas"))
            .and_then(|schemas| schemas.entry(name));
        let Some(place) = place else { return false };
        let before = place.clone();
        additions::grow(place, schema, precedence);
        *place != before
    }

    fn add_schemas(&mut self) {
        for (name, schema) in std::mem::take(&mut self.schemas.made) {
            let is_new = !self.known.schemas.contains_key(&name);
            if self.put_schema(&name, &schema, self.precedence) && !is_new {
                self.report.changed.insert(name);
            }
        }
    }
}

/// Whether the second operation does for zones what the first does for accounts.
fn is_twin(one: &Found, other: &Found) -> bool {
    let account = one
        .key
        .strip_prefix(&format!("{} /accounts/{{}}/", one.verb));
    let zone = other
        .key
        .strip_prefix(&format!("{} /zones/{{}}/", other.verb));
    one.verb == other.verb && account.is_some() && account == zone
}

/// The JSON in which `path` leads to `json`.
fn within(path: &[&str], json: Json) -> Json {
    path.iter()
        .rev()
        .fold(json, |json, key| Json::object([(key, json)]))
}
