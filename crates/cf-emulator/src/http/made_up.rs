//! What a reply makes up: the API description says what a value looks like,
//! but nobody has said which value it is.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use http::HeaderValue;

/// The header of replies with made-up values.
pub(crate) const HEADER: &str = "cf-emulator-sample";

/// More names would add little.
const MOST_NAMES: usize = 20;

/// What one reply makes up.
#[derive(Debug, Default)]
pub(crate) struct MadeUp {
    all: Cell<bool>,
    fields: RefCell<BTreeSet<String>>,
}

impl MadeUp {
    /// Notes that the whole reply is a sample.
    pub(crate) fn all(&self) {
        self.all.set(true);
    }

    /// Notes that the value of a field is a sample.
    pub(crate) fn field(&self, name: &str) {
        self.fields.borrow_mut().insert(name.to_owned());
    }

    /// Notes that a field got a value that is known after all. Returns whether
    /// the one before was a sample.
    pub(crate) fn not_field(&self, name: &str) -> bool {
        self.fields.borrow_mut().remove(name)
    }

    /// `true` for a reply that is a sample, the names of the fields that are,
    /// or nothing.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let fields = self.fields.borrow();
        if !self.all.get() && fields.is_empty() {
            return None;
        }
        let names: Vec<_> = fields.iter().take(MOST_NAMES).map(String::as_str).collect();
        let text = match self.all.get() {
            true => "true".to_owned(),
            false => names.join(", "),
        };
        // A name can have characters that headers cannot.
        let value = HeaderValue::from_str(&text);
        Some(value.unwrap_or(HeaderValue::from_static("true")))
    }
}
