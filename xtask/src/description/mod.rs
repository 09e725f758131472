//! The API description under `xtask/api/`: one file per product, and one for what they share.
//!
//! It has layers. The base is what the official SDK's operations say, unchanged; [`additions`] are what imports of
//! other documents brought beyond it; [`corrections`] fix both; and [`facts`] are ranges, defaults and the like, which
//! types do not show. They are combined when the description is read.

pub mod additions;
mod corrections;
pub mod facts;
pub mod json;
mod members;
pub mod pagination;
pub mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use facts::Facts;
use json::Json;
use pagination::Pagination;
use schema::Schema;

/// Everything that the description says.
#[derive(Debug, Default, Clone)]
pub struct Description {
    pub operations: Vec<Operation>,
    pub schemas: BTreeMap<String, Schema>,
}

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    /// The resource, outermost first: `["dns", "records"]`.
    pub resource: Vec<String>,
    pub method: String,
    pub verb: String,
    pub path: String,
    pub deprecated: bool,
    pub parameters: Vec<Parameter>,
    pub body: Option<RequestBody>,
    pub result: ReplyKind,
    /// Another member of the envelope that may hold the result.
    pub result_alias: Option<String>,
    pub accept: Option<String>,
    pub pagination: Option<Pagination>,
    /// Account or zone: the path starts with either.
    pub scoped: bool,
    /// Whether a second call changes nothing more, if the method implies otherwise.
    pub idempotent: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub code_name: Option<String>,
    pub place: Place,
    pub required: bool,
    pub schema: Schema,
    pub facts: Facts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

#[derive(Debug, Clone)]
pub struct RequestBody {
    pub media_type: String,
    /// A form whose lists and objects are JSON, rather than many parts.
    pub json_parts: bool,
    /// The name of the parts of a list of files in such a form; empty if there is none.
    pub files: String,
    pub schema: Schema,
}

#[derive(Debug, Clone)]
pub enum ReplyKind {
    Envelope(Schema),
    Json(Schema),
    Text,
    Binary,
    Empty,
}

impl Operation {
    /// The product that it belongs to.
    pub fn product(&self) -> &str {
        self.resource.first().map_or("", String::as_str)
    }
}

/// Where the description is in this repository.
pub fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("api")
}

/// The top of this repository.
pub fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

impl Description {
    /// The products that have operations, in alphabetical order.
    pub fn products(&self) -> Vec<&str> {
        let products: BTreeSet<&str> = self.operations.iter().map(Operation::product).collect();
        products.into_iter().collect()
    }

    /// Reads the description in a directory, corrections and facts included.
    pub fn load(dir: &Path) -> Result<Description> {
        Description::of(&documents(dir)?, dir)
    }

    /// The content of these documents, with the facts in a directory.
    pub fn of(documents: &[Json], dir: &Path) -> Result<Description> {
        let mut description = Description::default();
        for document in documents {
            description.add(document)?;
        }
        facts::files::apply(&mut description, dir)?;
        Ok(description)
    }

    /// Adds the content of one document.
    fn add(&mut self, document: &Json) -> Result<()> {
        for (path, item) in document.get("paths").map(Json::members).unwrap_or_default() {
            for (verb, operation) in item.members() {
                self.operations.push(read_operation(path, verb, operation)?);
                let aliases = operation.get("x-cf-aliases").map(Json::elements);
                for alias in aliases.unwrap_or_default() {
                    self.operations.push(read_operation(path, verb, alias)?);
                }
            }
        }
        let schemas = document.get("components").and_then(|c| c.get("schemas"));
        for (name, schema) in schemas.map(Json::members).unwrap_or_default() {
            self.schemas.insert(name.clone(), Schema::parse(schema));
        }
        Ok(())
    }
}

/// The documents in a directory, with those in its folder `additions` added and the corrections in its folder
/// `corrections` applied.
pub fn documents(dir: &Path) -> Result<Vec<Json>> {
    let mut documents = by_product(dir)?;
    additions::apply(&mut documents, &additions::load(dir)?);
    let mut documents: Vec<Json> = documents.into_values().collect();
    let corrections = dir.join("corrections");
    if corrections.exists() {
        corrections::apply(&mut documents, &corrections)?;
    }
    Ok(documents)
}

/// The documents that are files of a directory, by name.
pub fn by_product(dir: &Path) -> Result<BTreeMap<String, Json>> {
    let mut documents = BTreeMap::new();
    for file in json_files(dir)? {
        let product = file.file_stem().unwrap_or_default().to_string_lossy();
        documents.insert(product.into_owned(), read_json(&file)?);
    }
    Ok(documents)
}

/// The JSON files of a directory, in alphabetical order.
pub fn json_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .with_context(|| format!("cannot read {}", dir.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    Ok(files)
}

/// Reads a document.
pub fn read_json(file: &Path) -> Result<Json> {
    let text = fs::read_to_string(file)?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}

fn read_operation(path: &str, verb: &str, json: &Json) -> Result<Operation> {
    let Some(id) = json.str("operationId") else {
        bail!("{verb} {path} has no operationId");
    };
    let parameters = json
        .get("parameters")
        .map(Json::elements)
        .unwrap_or_default();
    let parameters: Vec<Parameter> = parameters.iter().filter_map(read_parameter).collect();
    let queries: Vec<&str> = parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Query)
        .map(|parameter| parameter.name.as_str())
        .collect();
    let pagination = pagination::read(json, verb, &queries).with_context(|| format!("in {id}"))?;
    let scoped = parameters
        .iter()
        .any(|parameter| parameter.name == "account_or_zone");
    Ok(Operation {
        id: id.to_owned(),
        resource: json.strings("x-cf-resource"),
        method: json.str("x-cf-method").unwrap_or_default().to_owned(),
        verb: verb.to_uppercase(),
        path: path.replace("{account_or_zone}/{account_or_zone_id}", "{scope}"),
        deprecated: json.flag("deprecated"),
        parameters: parameters
            .into_iter()
            .filter(|p| !(scoped && p.name.starts_with("account_or_zone")))
            .collect(),
        body: json.get("requestBody").and_then(read_body),
        result: read_result(json),
        result_alias: json.str("x-cf-result-alias").map(str::to_owned),
        accept: json.str("x-cf-accept").map(str::to_owned),
        pagination,
        scoped,
        idempotent: read_idempotent(verb, json).with_context(|| format!("in {id}"))?,
    })
}

fn read_idempotent(verb: &str, json: &Json) -> Result<Option<bool>> {
    let by_method = !matches!(verb, "post" | "patch");
    match json.get("x-cf-idempotent") {
        None => Ok(None),
        Some(Json::Bool(said)) if *said != by_method => Ok(Some(*said)),
        Some(said) => bail!("`x-cf-idempotent` is {said}, as the method says"),
    }
}

fn read_parameter(json: &Json) -> Option<Parameter> {
    Some(Parameter {
        name: json.str("name")?.to_owned(),
        code_name: json.str("x-cf-name").map(str::to_owned),
        place: match json.str("in")? {
            "path" => Place::Path,
            "query" => Place::Query,
            _ => Place::Header,
        },
        required: json.flag("required"),
        schema: json.get("schema").map_or(Schema::Any, Schema::parse),
        facts: Facts::default(),
    })
}

fn read_body(json: &Json) -> Option<RequestBody> {
    let (media_type, content) = json.get("content")?.members().first()?;
    let form = content.get("x-cf-multipart");
    let syntax = form.and_then(|form| form.str("syntax"));
    let files = form
        .and_then(|form| form.get("files"))
        .map(Json::elements)
        .unwrap_or_default();
    let list = files.iter().find(|file| file.flag("array"));
    Some(RequestBody {
        media_type: media_type.clone(),
        json_parts: syntax == Some("json"),
        files: list
            .and_then(|file| file.str("part"))
            .unwrap_or_default()
            .to_owned(),
        schema: content.get("schema").map_or(Schema::Any, Schema::parse),
    })
}

fn read_result(json: &Json) -> ReplyKind {
    let responses = json.get("responses").map(Json::members).unwrap_or_default();
    let content = responses
        .first()
        .and_then(|(_, reply)| reply.get("content"));
    let schema = content
        .and_then(|c| c.members().first())
        .and_then(|(_, c)| c.get("schema"));
    match json.str("x-cf-result") {
        Some("envelope") => {
            let result = schema
                .and_then(|s| s.get("properties"))
                .and_then(|p| p.get("result"));
            ReplyKind::Envelope(result.map_or(Schema::Any, Schema::parse))
        }
        Some("raw") => ReplyKind::Json(schema.map_or(Schema::Any, Schema::parse)),
        Some("text") => ReplyKind::Text,
        Some("binary") => ReplyKind::Binary,
        _ => ReplyKind::Empty,
    }
}
