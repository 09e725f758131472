//! Writes the tables of cf-redact from `xtask/api/secrets.txt`, and finds which fields of models are secret.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::codegen::items::types::{Field, Shape, Type};
use crate::codegen::plan::{Plan, PlannedOperation};
use crate::codegen::write::output::Output;
use crate::codegen::write::template::template;
use crate::description::{Description, Operation};

template! {
    Tables { exact, endings, after, places } = r#"
#[cfg(feature = "scrub")]
use crate::Message;
use crate::Secrecy;

/// Names, sorted.
pub(crate) static EXACT: &[(&str, Secrecy)] = &[
    $exact
];

/// Ends of names, the longest first.
pub(crate) static ENDINGS: &[(&str, Secrecy)] = &[
    $endings
];

/// What may follow a secret's name.
pub(crate) static AFTER: &[&str] = &$after;

/// What is secret in the bodies of requests or replies at a path.
#[cfg(feature = "scrub")]
pub(crate) static PLACES: &[(&str, Message, &str)] = &[
    $places
];
"#
}

/// The content of the list.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Names in lower case, without dashes and underscores; `*` at the start stands for any prefix.
    names: Vec<(String, &'static str)>,
    /// What may follow a secret's name.
    after: Vec<String>,
    places: Vec<Place>,
}

/// A value that is secret in some operations.
#[derive(Debug)]
struct Place {
    operation: String,
    in_body: bool,
    pointer: Vec<String>,
}

impl Secrets {
    pub fn load(api: &Path) -> Result<Self> {
        let file = api.join("secrets.txt");
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let mut secrets = Self::default();
        for (number, line) in text.lines().enumerate() {
            if !line.is_empty() && !line.starts_with('#') {
                let place = || format!("{}, line {}", file.display(), number + 1);
                secrets.read(line).with_context(place)?;
            }
        }
        Ok(secrets)
    }

    fn read(&mut self, line: &str) -> Result<()> {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [kind, what, source] = parts[..] else {
            bail!("expected three parts: kind | what | source");
        };
        if source.is_empty() {
            bail!("no source");
        }
        let secrecy = match kind {
            "whole" => "Whole",
            "text" => "Text",
            "query" => "Parameter",
            "public" => "Public",
            "page" => "Page",
            "place" => {
                self.places.push(Place::read(what)?);
                return Ok(());
            }
            "after" => {
                self.after.push(what.to_owned());
                return Ok(());
            }
            other => bail!("unknown kind: {other}"),
        };
        let plain = what.trim_start_matches('*');
        if plain.is_empty()
            || !plain
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            bail!("not a name of lowercase letters and digits: {what}");
        }
        if self.names.iter().any(|(name, _)| name == what) {
            bail!("listed twice: {what}");
        }
        self.names.push((what.to_owned(), secrecy));
        Ok(())
    }

    /// The fields of models, by item and JSON name, that are secret although their names do not say so.
    pub fn fields(&self, plan: &Plan) -> BTreeSet<(usize, String)> {
        let mut fields = BTreeSet::new();
        for place in &self.places {
            let operations = plan.operations.iter();
            for planned in operations.filter(|planned| place.is_in(&planned.operation)) {
                let (ty, pointer) = place.start(planned);
                if let Some(ty) = ty {
                    mark(plan, ty, pointer, &mut fields);
                }
            }
        }
        for (index, item) in plan.definitions.iter().enumerate() {
            if let Shape::Model(model) = &item.shape
                && model
                    .iter()
                    .any(|field| field.json == "type" && says_secret(plan, field))
            {
                for field in model
                    .iter()
                    .filter(|field| ["text", "value"].contains(&&*field.json))
                {
                    fields.insert((index, field.json.clone()));
                }
            }
        }
        fields
    }

    /// Writes the tables.
    pub fn write(&self, description: &Description, output: &mut Output) -> Result<()> {
        if self.names.is_empty() {
            return Ok(());
        }
        let (mut endings, mut exact): (Vec<_>, Vec<_>) = self
            .names
            .iter()
            .partition(|(name, _)| name.starts_with('*'));
        exact.sort();
        endings.sort_by_key(|(name, _)| (std::cmp::Reverse(name.len()), name.clone()));
        let rows = |names: &[&(String, &str)]| -> String {
            let names = names.iter();
            let rows = names.map(|(name, secrecy)| {
                let name = name.trim_start_matches('*');
                format!("({name:?}, Secrecy::{secrecy}),\n")
            });
            rows.collect()
        };
        let places = self.paths(description)?.into_iter();
        let places = places.map(|(path, in_body, pointer)| {
            let part = if in_body { "Request" } else { "Reply" };
            format!("({path:?}, Message::{part}, {pointer:?}),\n")
        });
        let tables = Tables {
            exact: &rows(&exact),
            endings: &rows(&endings),
            after: &format!("{:?}", self.after),
            places: &places.collect::<String>(),
        };
        output.rust("crates/cf-redact/src/generated/mod.rs", &tables.fill());
        Ok(())
    }

    /// The places by path, one for each matching operation.
    fn paths(&self, description: &Description) -> Result<BTreeSet<(String, bool, String)>> {
        let mut paths = BTreeSet::new();
        for place in &self.places {
            let before = paths.len();
            for operation in description
                .operations
                .iter()
                .filter(|operation| place.is_in(operation))
            {
                paths.insert((
                    variables(&operation.path),
                    place.in_body,
                    place.pointer.join("."),
                ));
            }
            if paths.len() == before {
                bail!("no operation, or one that is listed twice: {place:?}");
            }
        }
        Ok(paths)
    }
}

impl Place {
    fn read(what: &str) -> Result<Self> {
        let words: Vec<&str> = what.split_whitespace().collect();
        let [operation, part @ ("body" | "reply"), pointer] = words[..] else {
            bail!("expected an operation, `body` or `reply`, and a pointer: {what}");
        };
        let pointer = pointer.replace("[]", ".[]");
        Ok(Self {
            operation: operation.to_owned(),
            in_body: part == "body",
            pointer: pointer
                .split('.')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    fn is_in(&self, operation: &Operation) -> bool {
        let (mut wanted, mut words) = (self.operation.split('.'), operation.id.split('.'));
        loop {
            match (wanted.next(), words.next()) {
                (None, None) => return true,
                (Some(wanted), Some(word)) if wanted == "*" || wanted == word => {}
                _ => return false,
            }
        }
    }

    /// The type that contains the place, and the path within it.
    fn start<'p>(&'p self, planned: &'p PlannedOperation) -> (Option<&'p Type>, &'p [String]) {
        if self.in_body {
            return (planned.body.as_ref(), &self.pointer);
        }
        // An operation's output is the result in the envelope.
        match self.pointer.split_first() {
            Some((first, rest)) if first == "result" => (Some(&planned.output), rest),
            _ => (Some(&planned.output), &self.pointer),
        }
    }
}

/// Whether a model's `type` can be `secret_text` or the like: Workers bindings, Pages and Zaraz variables.
fn says_secret(plan: &Plan, field: &Field) -> bool {
    let is_secret = |value: &String| value == "secret" || value.starts_with("secret_");
    let values = match field.ty.bare() {
        Type::Item(item) => match &plan.definitions[*item].shape {
            Shape::Enum(values) => values.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    field.constant.iter().chain(values).any(is_secret)
}

fn mark(plan: &Plan, ty: &Type, pointer: &[String], fields: &mut BTreeSet<(usize, String)>) {
    let Some((word, rest)) = pointer.split_first() else {
        return;
    };
    match ty {
        Type::Optional(inner) => mark(plan, inner, pointer, fields),
        // The items of a paginated list stand for the list.
        Type::List(inner) | Type::Map(inner) => mark(plan, inner, rest, fields),
        Type::Item(_) if word == "[]" => mark(plan, ty, rest, fields),
        Type::Item(item) => match &plan.definitions[*item].shape {
            Shape::Model(model) => {
                for field in model
                    .iter()
                    .filter(|field| word == "*" || *word == field.json)
                {
                    if rest.is_empty() {
                        fields.insert((*item, field.json.clone()));
                    }
                    mark(plan, &field.ty, rest, fields);
                }
            }
            Shape::Union(union) => {
                for variant in &union.variants {
                    mark(plan, &variant.ty, pointer, fields);
                }
            }
            Shape::Enum(_) => {}
        },
        _ => {}
    }
}

/// A path without the names of its variables: `/zones/{}/dns_records`.
fn variables(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.find('{') {
        Some(_) => "{}",
        None => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}
