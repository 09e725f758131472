//! The API's errors for what is missing, exists already or is invalid, as far
//! as they are known.

use std::collections::HashMap;
use std::sync::OnceLock;

use http::{Method, StatusCode};

use crate::http::error::ApiError;

/// One line per error: what it is about, operation or `-`, thing or field,
/// status, code or `-`, message.
const TEXT: &str = include_str!("../generated/codes.txt");

/// The code of errors whose code is not known.
pub(crate) const UNKNOWN: u32 = 1001;

/// An error of the API.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: u32,
    message: &'static str,
}

impl Refusal {
    pub(crate) fn error(&self) -> ApiError {
        ApiError::new(self.status, self.code, self.message)
    }

    pub(crate) fn code(&self) -> u32 {
        self.code
    }
}

#[derive(Debug, Default)]
struct Table {
    /// By operation and thing, as they are in the line.
    absent: HashMap<&'static str, Refusal>,
    /// By operation, with the field that must be unique.
    taken: HashMap<&'static str, (&'static str, Refusal)>,
    /// By operation and field, as they are in the line; `-` for the whole body.
    invalid: HashMap<&'static str, Refusal>,
    references: HashMap<&'static str, Reference>,
}

/// A field of a body with the name of something that has to exist.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) field: &'static str,
    /// The path of the collection that it is in.
    pub(crate) collection: &'static str,
    pub(crate) refusal: Refusal,
}

impl Table {
    fn add(&mut self, line: &'static str) -> Option<()> {
        let mut columns = line.splitn(6, '\t');
        let (about, operation, what) = (columns.next()?, columns.next()?, columns.next()?);
        let (status, code, message) = (columns.next()?, columns.next()?, columns.next()?);
        let refusal = Refusal {
            status: status.parse().ok()?,
            code: code.parse().unwrap_or(UNKNOWN),
            message,
        };
        let start = about.len() + 1;
        let both = line.get(start..start + operation.len() + 1 + what.len())?;
        match about {
            "absent" => {
                self.absent.insert(both, refusal);
            }
            "taken" => {
                self.taken.insert(operation, (what, refusal));
            }
            "reference" => {
                let (field, collection) = what.split_once(' ')?;
                let reference = Reference {
                    field,
                    collection,
                    refusal,
                };
                self.references.insert(operation, reference);
            }
            _ => {
                self.invalid.insert(both, refusal);
            }
        }
        Some(())
    }
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        for line in TEXT.lines() {
            table.add(line);
        }
        table
    })
}

/// The error if `thing` is missing. Paths have `{}` for each variable.
pub(crate) fn absent(method: &Method, path: &str, thing: &str) -> Option<&'static Refusal> {
    let known = &table().absent;
    let own = known.get(format!("{method} {path}\t{thing}").as_str());
    own.or_else(|| known.get(format!("-\t{thing}").as_str()))
}

/// The error if there is such a member already, and the field that it must not
/// have in common with another.
pub(crate) fn taken(method: &Method, path: &str) -> Option<(&'static str, &'static Refusal)> {
    let found = table().taken.get(format!("{method} {path}").as_str());
    found.map(|(field, refusal)| (*field, refusal))
}

/// The error for a body that does not match the description, or for a value that `field` cannot have.
pub(crate) fn invalid(
    method: &Method,
    path: &str,
    field: Option<&str>,
) -> Option<&'static Refusal> {
    let known = &table().invalid;
    let field = field.unwrap_or("-");
    known.get(format!("{method} {path}\t{field}").as_str())
}

/// What else the body of an operation names, and the error if it is missing.
pub(crate) fn reference(method: &Method, path: &str) -> Option<&'static Reference> {
    let known = &table().references;
    known.get(format!("{method} {path}").as_str())
}
