//! A type to be written.

use std::collections::BTreeSet;

use crate::codegen::items::merge::Role;
use crate::codegen::items::types::{Field, Shape, Spot, Variant};
use crate::codegen::words::names;

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
    /// Other resources that it is the type of, too.
    pub shared_by: BTreeSet<Vec<String>>,
    pub shape: Shape,
    pub is_sent: bool,
    pub constructor: Constructor,
    /// The getters of a union.
    pub getters: Vec<Getter>,
    /// The variant of a union that a text stands for.
    pub text_variant: Option<String>,
    /// The names and values of an enum.
    pub values: Vec<(String, String)>,
}

impl Definition {
    /// Its path: `dns::records::Record`.
    pub fn path(&self) -> String {
        format!("{}::{}", names::module(&self.home), self.name)
    }

    /// The function that makes a variant of a union. A getter of that name that came first keeps it.
    pub fn variant_constructor(&self, variant: &str) -> String {
        let name = names::method(&names::snake(variant));
        if self.getters.iter().any(|getter| getter.name == name) {
            format!("{name}_")
        } else {
            name
        }
    }

    /// The fields of a model.
    pub fn fields(&self) -> &[Field] {
        match &self.shape {
            Shape::Model(fields) => fields,
            _ => &[],
        }
    }

    /// The variants of a union.
    pub fn variants(&self) -> &[Variant] {
        match &self.shape {
            Shape::Union(union) => &union.variants,
            _ => &[],
        }
    }
}

/// How a new value gets what it must have: the fields are JSON names.
#[derive(Debug, Clone, PartialEq)]
pub enum Constructor {
    /// `new` takes them, in this order.
    Arguments(Vec<String>),
    /// They are set by name, because so many strings would be mixed up.
    Setters(Vec<String>),
}

impl Constructor {
    /// The one for these fields.
    pub fn of(names: Vec<String>, fields: &[Field]) -> Constructor {
        const TEXTS: usize = 3;
        let is_text = |name: &&String| {
            let field = fields.iter().find(|field| field.json == **name);
            field.is_some_and(|field| field.ty.is_text())
        };
        if names.iter().filter(is_text).count() < TEXTS {
            Constructor::Arguments(names)
        } else {
            Constructor::Setters(names)
        }
    }

    /// What `new` takes.
    pub fn arguments(&self) -> &[String] {
        match self {
            Constructor::Arguments(names) => names,
            Constructor::Setters(_) => &[],
        }
    }

    /// What must be set before the value is sent.
    pub fn needs(&self) -> &[String] {
        match self {
            Constructor::Arguments(_) => &[],
            Constructor::Setters(names) => names,
        }
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
    /// Whatever it is.
    Any,
}
