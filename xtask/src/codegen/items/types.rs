//! What the generator turns schemas into: types, models, enums and unions.

use crate::codegen::words::names;
use crate::description::facts::Facts;

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
    /// An item, by its index.
    Item(usize),
}

/// Whether a value is sent to the API or received from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Received,
    Sent,
}

/// Where the description has an object, an enum or a union: its schema's name; without one, the operation and the
/// parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    pub side: Side,
    pub name: String,
}

/// A schema that becomes a type of its own or part of one.
#[derive(Debug, Clone)]
pub struct Item {
    pub spot: Spot,
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
    /// Present in every reply with the model.
    pub required: bool,
    /// A new value must have it.
    pub wanted: bool,
    /// The only value that the description allows.
    pub constant: Option<String>,
    /// Sent as null if unset.
    pub null_if_unset: bool,
    /// Only in replies.
    pub read_only: bool,
    /// What is known beyond its type.
    pub facts: Facts,
    /// Whether it is boxed because it leads back to its own model; `None` if undecided.
    pub boxed: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Union {
    pub variants: Vec<Variant>,
    pub tag: Option<Tag>,
}

#[derive(Debug, Clone)]
pub struct Variant {
    /// First the description's name for it, later its own.
    pub name: String,
    pub ty: Type,
    /// Whether it is boxed; `None` if undecided.
    pub boxed: Option<bool>,
}

/// The member that distinguishes the variants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    pub name: String,
    /// Values, each with the variant that it stands for.
    pub values: Vec<(String, usize)>,
}

impl Union {
    /// For each variant, the corresponding one of `other`: with the same item, the same tag value, or the same name.
    pub fn counterparts(
        &self,
        other: &Union,
        same_item: &dyn Fn(usize, usize) -> bool,
    ) -> Vec<Option<usize>> {
        let same_type = |ours: usize, theirs: usize| {
            let ours = self.variants[ours].ty.bare();
            match (ours, other.variants[theirs].ty.bare()) {
                (Type::Item(ours), Type::Item(theirs)) => same_item(*ours, *theirs),
                (ours, theirs) => ours == theirs,
            }
        };
        let tags = self.tag.as_ref().zip(other.tag.as_ref());
        let same_tag = |ours: usize, theirs: usize| {
            tags.is_some_and(|(our_tag, their_tag)| {
                our_tag.name == their_tag.name
                    && their_tag
                        .of(theirs)
                        .any(|value| our_tag.of(ours).any(|ours| ours == value))
            })
        };
        let same_name = |ours: usize, theirs: usize| {
            let by_tag = self.is_tagged(ours) && other.is_tagged(theirs);
            let (ours, theirs) = (&self.variants[ours].name, &other.variants[theirs].name);
            !by_tag && ours.trim_end_matches("Param") == theirs.trim_end_matches("Param")
        };
        let (our_tails, their_tails) = (self.tails(), other.tails());
        let same_tail = |ours: usize, theirs: usize| {
            let by_tag = self.is_tagged(ours) && other.is_tagged(theirs);
            !by_tag && our_tails[ours] == their_tails[theirs]
        };
        let mut found = vec![None; self.variants.len()];
        let rules: [&dyn Fn(usize, usize) -> bool; 4] =
            [&same_type, &same_tag, &same_name, &same_tail];
        for rule in rules {
            for ours in 0..found.len() {
                if found[ours].is_none() {
                    found[ours] = (0..other.variants.len())
                        .find(|theirs| !found.contains(&Some(*theirs)) && rule(ours, *theirs));
                }
            }
        }
        found
    }

    /// The variants' names without their common prefix, the words of the schema around them.
    fn tails(&self) -> Vec<String> {
        let names = self.variants.iter();
        let words: Vec<Vec<String>> = names
            .map(|variant| names::capital_words(variant.name.trim_end_matches("Param")))
            .collect();
        let Some(first) = words.first() else {
            return Vec::new();
        };
        let common = (0..)
            .take_while(|at| {
                words
                    .iter()
                    .all(|words| words.len() > *at + 1 && words[*at] == first[*at])
            })
            .count();
        words
            .into_iter()
            .map(|words| words[common..].concat())
            .collect()
    }

    /// Whether a value of the tag stands for a variant.
    fn is_tagged(&self, variant: usize) -> bool {
        let tag = self.tag.as_ref();
        tag.is_some_and(|tag| tag.of(variant).next().is_some())
    }
}

impl Tag {
    /// The values of one variant.
    pub fn of(&self, variant: usize) -> impl Iterator<Item = &str> {
        let values = self.values.iter().filter(move |(_, of)| *of == variant);
        values.map(|(value, _)| value.as_str())
    }
}

impl Type {
    /// The item that the type holds by value.
    pub fn embedded(&self) -> Option<usize> {
        match self {
            Type::Optional(inner) => inner.embedded(),
            Type::Item(item) => Some(*item),
            _ => None,
        }
    }

    /// The item inside lists, maps and options.
    pub fn core(&self) -> Option<usize> {
        match self {
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => inner.core(),
            Type::Item(item) => Some(*item),
            _ => None,
        }
    }

    /// The items in two types, if these are both lists or both maps.
    pub fn same_depth(a: &Type, b: &Type) -> Option<(usize, usize)> {
        match (a.bare(), b.bare()) {
            (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) => Type::same_depth(a, b),
            (Type::Item(a), Type::Item(b)) => Some((*a, *b)),
            _ => None,
        }
    }

    /// Whether callers pass a string for it.
    pub fn is_text(&self) -> bool {
        let text = |ty: &Type| matches!(ty, Type::Text | Type::Date | Type::DateTime | Type::Id(_));
        text(self.bare())
    }

    /// The type if it is present.
    pub fn bare(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner.bare(),
            ty => ty,
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
    /// The types inside.
    pub fn types(&self) -> Vec<&Type> {
        match self {
            Shape::Model(fields) => fields.iter().map(|field| &field.ty).collect(),
            Shape::Enum(_) => Vec::new(),
            Shape::Union(union) => union.variants.iter().map(|variant| &variant.ty).collect(),
        }
    }

    /// The types inside, mutable.
    pub fn types_mut(&mut self) -> Vec<&mut Type> {
        match self {
            Shape::Model(fields) => fields.iter_mut().map(|field| &mut field.ty).collect(),
            Shape::Enum(_) => Vec::new(),
            Shape::Union(union) => union
                .variants
                .iter_mut()
                .map(|variant| &mut variant.ty)
                .collect(),
        }
    }
}
