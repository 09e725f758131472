//! Changes of objects by what is called an action in a path.

use std::sync::Arc;

use serde_json::Value;

use super::collection::Collection;

/// A change of an object.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) object: Changed,
    /// The new values of its fields; a field without a name is all of it.
    pub(super) changes: Vec<(String, Value)>,
}

#[derive(Debug)]
pub(super) enum Changed {
    Member(Arc<Collection>),
    /// The document at this path.
    Document(&'static str),
}

impl Effect {
    /// The path of the document that changes.
    pub(super) fn document(&self) -> Option<&'static str> {
        match self.object {
            Changed::Document(path) => Some(path),
            Changed::Member(_) => None,
        }
    }
}
