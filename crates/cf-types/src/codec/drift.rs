//! Where a reply differs from its description.

use std::fmt;

use super::Names;

/// One place where a reply differs from its description. It holds no value of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    pub(crate) pointer: String,
    pub(crate) kind: DriftKind,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// A required field is missing.
    Absent,
    /// The value is of another type than described.
    Mismatch {
        /// What the description says.
        expected: &'static str,
    },
    /// The description has no such field.
    UnknownField,
    /// The description does not list this value, or no variant of a union fits.
    UnknownValue,
}

impl Drift {
    /// Where: a JSON pointer (RFC 6901) into the reply's body.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What differs.
    pub fn kind(&self) -> DriftKind {
        self.kind
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = &self.pointer;
        match self.kind {
            DriftKind::Absent => write!(f, "{pointer}: required, but not there"),
            DriftKind::Mismatch { expected } => write!(f, "{pointer}: expected {expected}"),
            DriftKind::UnknownField => write!(f, "{pointer}: not in the description"),
            DriftKind::UnknownValue => write!(f, "{pointer}: not a described value"),
        }
    }
}

/// The path to the place that is being read, built on the stack.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    pub(super) parent: Option<&'a Path<'a>>,
    pub(super) step: PathStep<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum PathStep<'a> {
    Root,
    Key(&'a str),
    Field(&'static Names, usize),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(super) const ROOT: Path<'static> = Path {
        parent: None,
        step: PathStep::Root,
    };

    pub(super) fn key(&'a self, key: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: PathStep::Key(key),
        }
    }

    #[inline]
    pub(super) fn field(&'a self, names: &'static Names, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: PathStep::Field(names, index),
        }
    }

    /// Moves on to another field of the same model.
    #[inline(always)]
    pub(super) fn set_field(&mut self, field: usize) {
        if let PathStep::Field(_, index) = &mut self.step {
            *index = field;
        }
    }

    #[inline]
    pub(super) fn index(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: PathStep::Index(index),
        }
    }

    pub(super) fn pointer(&self) -> String {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(path) = here {
            match path.step {
                PathStep::Root => {}
                PathStep::Key(key) => steps.push(escaped(key)),
                PathStep::Field(names, index) => {
                    steps.push(escaped(names.get(index).unwrap_or_default()));
                }
                PathStep::Index(index) => steps.push(index.to_string()),
            }
            here = path.parent;
        }
        steps.iter().rev().flat_map(|step| ["/", step]).collect()
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
