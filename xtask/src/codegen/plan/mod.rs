//! The plan of what is written: operations with their types, and the types' modules.

pub mod definition;
pub mod index;
pub mod nested;
pub mod paged;

use std::collections::{BTreeMap, BTreeSet};

use crate::description::{Operation, Parameter, Place as ParameterPlace};

use crate::codegen::codes::Codes;
use crate::codegen::docs::texts::Docs;
use crate::codegen::items::types::Type;
use crate::codegen::plan::definition::Definition;
use crate::codegen::plan::index::Index;
use crate::codegen::plan::paged::Paged;
use crate::codegen::search::Search;

/// Methods of every call, which a setter cannot have.
const RESERVED: &[&str] = &[
    "attempt_timeout",
    "clone",
    "deadline",
    "decode",
    "decode_reply",
    "first",
    "header",
    "idempotent",
    "into_future",
    "items",
    "new",
    "operation",
    "options",
    "pages",
    "query",
    "retries",
    "send_raw",
    "split",
    "to_request",
    "wait",
    "wait_until",
    "with_meta",
];

/// Types from other modules, by the resource whose module exports them, and name.
pub type Exports = BTreeMap<Vec<String>, BTreeMap<String, usize>>;

pub struct Plan {
    pub operations: Vec<PlannedOperation>,
    /// The types to be written; an item is an index into them.
    pub definitions: Vec<Definition>,
    /// Where the operations and types of a resource are in the lists above.
    pub index: Index,
    /// Pairs of a param and the received type that it stands for.
    pub pairs: BTreeSet<(usize, usize)>,
    /// What modules export besides their own types.
    pub exports: Exports,
    /// What stays as it was published though the description has another type for it.
    pub held: Vec<String>,
    /// What was written by hand.
    pub docs: Docs,
    /// What people call things.
    pub search: Search,
    /// Error codes.
    pub codes: Codes,
    /// What tokens need to be allowed, in a sentence, by operation.
    pub permissions: BTreeMap<String, String>,
    /// A call of each operation.
    pub examples: BTreeMap<String, Example>,
    /// Fields, by type and JSON name, that hold secrets though their names do not say so.
    pub secret: BTreeSet<(usize, String)>,
}

/// A call of an operation, with values that make sense.
#[derive(Debug)]
pub struct Example {
    /// The types that it uses, by module.
    pub uses: BTreeMap<String, BTreeSet<String>>,
    /// The call, without what runs it.
    pub call: String,
    /// What its documentation shows, formatted.
    pub lines: Vec<String>,
    /// The path parameters that are variables.
    pub variables: Vec<String>,
}

pub struct PlannedOperation {
    pub operation: Operation,
    /// The name of the struct that holds the arguments.
    pub struct_name: String,
    pub method: String,
    pub params: Vec<PlannedParameter>,
    pub body: Option<Type>,
    pub output: Type,
    /// Whether the description allows null instead of the output.
    pub nullable: bool,
    pub paged: Option<Paged>,
}

pub struct PlannedParameter {
    pub parameter: Parameter,
    pub name: String,
    pub ty: Type,
}

impl PlannedOperation {
    /// The types that it mentions.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        let params = self.params.iter().map(|param| &param.ty);
        let item = self.paged.iter().map(|paged| &paged.item);
        params.chain(&self.body).chain([&self.output]).chain(item)
    }

    /// The types that it mentions, mutable.
    pub fn types_mut(&mut self) -> impl Iterator<Item = &mut Type> {
        let params = self.params.iter_mut().map(|param| &mut param.ty);
        let item = self.paged.iter_mut().map(|paged| &mut paged.item);
        params
            .chain(&mut self.body)
            .chain([&mut self.output])
            .chain(item)
    }
}

impl PlannedParameter {
    /// Whether it is an argument rather than a setter.
    pub fn is_argument(&self) -> bool {
        self.parameter.place == ParameterPlace::Path || self.parameter.required
    }

    /// The method of the call that sets it.
    pub fn setter(&self) -> String {
        if RESERVED.contains(&self.name.as_str()) {
            format!("{}_", self.name)
        } else {
            self.name.clone()
        }
    }
}

impl Plan {
    /// The received types that a param stands for.
    pub fn sent_for(&self, param: usize) -> impl Iterator<Item = usize> {
        self.pairs
            .range((param, 0)..(param + 1, 0))
            .map(|(_, entity)| *entity)
    }

    /// Whether the item is boxed anywhere.
    pub fn is_boxed(&self, item: usize) -> bool {
        self.index.boxed.contains(&item)
    }

    /// Whether the item is a variant of a union.
    pub fn is_variant(&self, item: usize) -> bool {
        self.index.variants.contains(&item)
    }

    /// Whether the item is the body of a request.
    pub fn is_body(&self, item: usize) -> bool {
        self.index.bodies.contains(&item)
    }

    /// The operations of one resource.
    pub fn of_resource(&self, resource: &[String]) -> impl Iterator<Item = &PlannedOperation> {
        let numbers = self.index.operations.get(resource);
        let numbers = numbers.into_iter().flatten();
        numbers.map(|number| &self.operations[*number])
    }

    /// The types of one module, with their numbers.
    pub fn of_home(&self, home: &[String]) -> impl Iterator<Item = (usize, &Definition)> {
        let numbers = self.index.definitions.get(home);
        let numbers = numbers.into_iter().flatten();
        numbers.map(|number| (*number, &self.definitions[*number]))
    }
}
