//! Corrections of the API description, from `xtask/api/corrections/`: its README describes their format.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::json::Json;
use super::members::{self, Index, Tag};

const SAYS_SO: &str = "the description says so by itself; drop the correction";

/// A correction: its target, and the change.
struct Correction {
    target: Target,
    merge: Json,
}

enum Target {
    Operation(String),
    /// A parameter of an operation; a new one if the operation has none of this name.
    Parameter(String, String),
    Schema(String),
    /// A member of unions: of all schemas with such a name that are one.
    Member(String, Tag),
}

/// Applies every correction in `dir` to the documents of the description. Each must change
/// something: one that does not is no longer needed, or misses its target.
pub fn apply(documents: &mut [Json], dir: &Path) -> Result<()> {
    let mut wrong = Vec::new();
    let mut index = Index::of(documents);
    for file in super::json_files(dir)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let json = super::read_json(&file)?;
        ensure!(
            matches!(json, Json::Array(_)),
            "{name} is not a list of corrections"
        );
        for (position, entry) in json.elements().iter().enumerate() {
            let applied = Correction::parse(entry)
                .and_then(|correction| correction.apply(documents, &mut index));
            if let Err(error) = applied {
                wrong.push(format!("{name}, correction {}: {error:#}", position + 1));
            }
        }
    }
    ensure!(
        wrong.is_empty(),
        "corrections of the API description:\n{}",
        wrong.join("\n")
    );
    Ok(())
}

impl Correction {
    fn parse(json: &Json) -> Result<Self> {
        const MEMBERS: &[&str] = &[
            "operation",
            "parameter",
            "schema",
            "member",
            "merge",
            "reason",
            "source",
        ];
        for (member, _) in json.members() {
            ensure!(
                MEMBERS.contains(&member.as_str()),
                "unknown member `{member}`"
            );
        }
        let text = |key| json.str(key).map(str::to_owned);
        let member = json.get("member").map(Tag::parse).transpose()?;
        let named = (text("operation"), text("parameter"), text("schema"), member);
        let target = match named {
            (Some(operation), None, None, None) => Target::Operation(operation),
            (Some(operation), Some(parameter), None, None) => {
                Target::Parameter(operation, parameter)
            }
            (None, None, Some(schema), None) => Target::Schema(schema),
            (None, None, Some(schemas), Some(tag)) => Target::Member(schemas, tag),
            _ => bail!(
                "it is about an `operation`, a `parameter` of one, a `schema`, or a `member` of one"
            ),
        };
        for key in ["reason", "source"] {
            ensure!(
                json.str(key).is_some_and(|text| !text.trim().is_empty()),
                "no `{key}`"
            );
        }
        let merge = json.get("merge").context("no `merge`")?.clone();
        ensure!(matches!(merge, Json::Object(_)), "`merge` is not an object");
        Ok(Correction { target, merge })
    }

    fn apply(&self, documents: &mut [Json], index: &mut Index) -> Result<()> {
        let (target, change) = match &self.target {
            Target::Operation(id) => (operation(documents, id)?, self.merge.clone()),
            Target::Parameter(id, name) => {
                let operation = operation(documents, id)?;
                let change = self.parameter(operation, name)?;
                (operation, change)
            }
            Target::Schema(name) => (schema(documents, name)?, self.merge.clone()),
            Target::Member(schemas, tag) => {
                let changed = members::merge(documents, index, schemas, tag, &self.merge)
                    .with_context(|| self.target.to_string())?;
                ensure!(changed, "{}: {SAYS_SO}", self.target);
                return Ok(());
            }
        };
        let before = target.clone();
        target.merge(&change);
        ensure!(*target != before, "{}: {SAYS_SO}", self.target);
        Ok(())
    }

    /// The change to an operation that amounts to a change to one of its parameters.
    fn parameter(&self, operation: &Json, name: &str) -> Result<Json> {
        let mut parameters = operation
            .get("parameters")
            .map(Json::elements)
            .unwrap_or_default()
            .to_vec();
        match parameters
            .iter_mut()
            .find(|known| known.str("name") == Some(name))
        {
            Some(known) => known.merge(&self.merge),
            None => {
                ensure!(
                    self.merge.str("in").is_some(),
                    "{}: no such parameter, and no `in` for a new one",
                    self.target
                );
                let mut new = Json::Object(vec![("name".to_owned(), Json::Str(name.to_owned()))]);
                new.merge(&self.merge);
                parameters.push(new);
            }
        }
        Ok(Json::Object(vec![(
            "parameters".to_owned(),
            Json::Array(parameters),
        )]))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Operation(name) | Target::Schema(name) => f.write_str(name),
            Target::Parameter(operation, name) => write!(f, "{operation}, parameter {name}"),
            Target::Member(schemas, tag) => write!(f, "{schemas}, member {tag}"),
        }
    }
}

/// An operation by its ID, even if it shares path and method with others.
fn operation<'d>(documents: &'d mut [Json], id: &str) -> Result<&'d mut Json> {
    let paths = documents
        .iter_mut()
        .filter_map(|document| document.get_mut("paths"));
    let operations = paths
        .flat_map(Json::members_mut)
        .flat_map(|(_, item)| item.members_mut());
    for (_, operation) in operations {
        if operation.str("operationId") == Some(id) {
            return Ok(operation);
        }
        let aliases = operation
            .get("x-cf-aliases")
            .map(Json::elements)
            .unwrap_or_default();
        if aliases
            .iter()
            .any(|alias| alias.str("operationId") == Some(id))
        {
            let aliases = operation
                .get_mut("x-cf-aliases")
                .map(Json::elements_mut)
                .unwrap_or_default();
            let alias = aliases
                .iter_mut()
                .find(|alias| alias.str("operationId") == Some(id));
            return alias.context("no such alias");
        }
    }
    bail!("the description has no operation `{id}`")
}

fn schema<'d>(documents: &'d mut [Json], name: &str) -> Result<&'d mut Json> {
    documents
        .iter_mut()
        .find_map(|document| {
            document
                .get_mut("components")?
                .get_mut("schemas")?
                .get_mut(name)
        })
        .with_context(|| format!("the description has no schema `{name}`"))
}
