//! A type to be written.

use std::collections::BTreeSet;

use super::merge::Role;
use super::names;
use super::types::{Field, Shape, Spot};

/// The module for what several products use.
pub const SHARED: &str = "shared";

/// A type to be written.
#[derive(Debug)]
pub struct Definition {
    /// The module that it is written to: the path of a resource, or `shared`.
    pub home: Vec<String>,
    pub name: String,
    /// Where the description has it.
    pub spots: Vec<Spot>,
    pub role: Option<Role>,
    /// Other resources that it is the thing of, too.
    pub shared_by: BTreeSet<Vec<String>>,
    pub shape: Shape,
    pub is_sent: bool,
    /// What its constructor takes, by JSON names.
    pub constructor: Vec<String>,
    /// The getters of a union.
    pub getters: Vec<Getter>,
    /// The names and values of an enum.
    pub values: Vec<(String, String)>,
}

impl Definition {
    /// Its path: `dns::records::Record`.
    pub fn path(&self) -> String {
        format!("{}::{}", names::module(&self.home), self.name)
    }

    /// The fields that its constructor takes, in order.
    pub fn arguments(&self) -> impl Iterator<Item = &Field> {
        let fields: &[Field] = match &self.shape {
            Shape::Model(fields) => fields,
            _ => &[],
        };
        let find = |name: &String| fields.iter().find(|field| field.json == *name);
        self.constructor.iter().filter_map(find)
    }
}

/// A getter of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct Getter {
    pub json: String,
    pub name: String,
    pub kind: Scalar,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    Text,
    Bool,
    Int,
}
