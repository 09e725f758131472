//! What the generator makes of schemas: types, models, enums and unions.

use std::collections::BTreeSet;

/// A Rust type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Any JSON.
    Any,
    Bool,
    Int,
    Float,
    Text,
    Date,
    DateTime,
    Blob,
    /// A newtype for IDs.
    Id(&'static str),
    List(Box<Type>),
    Map(Box<Type>),
    Optional(Box<Type>),
    /// An item of the plan.
    Item(usize),
}

/// A type that the generator writes.
#[derive(Debug, Clone)]
pub struct Item {
    /// The product, the first segment of the schema's name.
    pub product: String,
    /// The module that it is written to: the product, or `shared`.
    pub home: String,
    /// The first resource that needs it.
    pub group: String,
    /// The schema's name, or one made up for a schema that stands within another.
    pub schema: String,
    /// Whether the description itself gives the name.
    pub official: bool,
    /// A better last part for the name, where the description only numbers a union's members.
    pub telling: Option<String>,
    pub shape: Shape,
}

#[derive(Debug, Clone)]
pub enum Shape {
    Model(Vec<Field>),
    Enum(Vec<String>),
    Union(Union),
}

#[derive(Debug, Clone)]
pub struct Field {
    /// The JSON name.
    pub json: String,
    /// The Rust name.
    pub name: String,
    pub ty: Type,
    pub required: bool,
    /// The one value that the description allows.
    pub constant: Option<String>,
    /// It is sent as null where it was not set.
    pub null_if_unset: bool,
}

#[derive(Debug, Clone)]
pub struct Union {
    pub variants: Vec<Variant>,
    pub tag: Option<Tag>,
}

#[derive(Debug, Clone)]
pub struct Variant {
    pub name: String,
    pub ty: Type,
}

/// The member that tells the variants apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    pub name: String,
    /// Values with the variant that each stands for.
    pub values: Vec<(String, usize)>,
}

impl Type {
    /// The items that the type mentions.
    pub fn items(&self, out: &mut BTreeSet<usize>) {
        match self {
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => inner.items(out),
            Type::Item(item) => {
                out.insert(*item);
            }
            _ => {}
        }
    }

    /// The item that the type holds by value.
    pub fn embedded(&self) -> Option<usize> {
        match self {
            Type::Optional(inner) => inner.embedded(),
            Type::Item(item) => Some(*item),
            _ => None,
        }
    }

    pub fn map_items(&self, f: &mut impl FnMut(usize) -> usize) -> Type {
        match self {
            Type::List(inner) => Type::List(Box::new(inner.map_items(f))),
            Type::Map(inner) => Type::Map(Box::new(inner.map_items(f))),
            Type::Optional(inner) => Type::Optional(Box::new(inner.map_items(f))),
            Type::Item(item) => Type::Item(f(*item)),
            other => other.clone(),
        }
    }

    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::Any => self,
            other => Type::Optional(Box::new(other)),
        }
    }
}

impl Shape {
    /// The types within.
    pub fn types(&self) -> Vec<&Type> {
        match self {
            Shape::Model(fields) => fields.iter().map(|field| &field.ty).collect(),
            Shape::Enum(_) => Vec::new(),
            Shape::Union(union) => union.variants.iter().map(|variant| &variant.ty).collect(),
        }
    }
}
