//! How the codec sees a value: a [`Field`] is offered [`Token`]s when read and returns a [`View`] when written.

use std::collections::BTreeMap;

use serde_json::Value;

pub use super::number::Number;
use super::{Blob, Object, RawJson, Union};

/// One JSON token, offered to a field.
#[derive(Debug, Clone, Copy)]
pub enum Token<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, unescaped.
    Str(&'a str),
    /// The start of an array.
    Array,
    /// The start of an object.
    Object,
    /// Bytes that are not JSON: the body of a binary reply.
    Bytes(&'a [u8]),
    /// A file to be sent.
    File(&'a Blob),
    /// Not a JSON token: the field is to become empty again.
    Reset,
}

/// A field's answer to a token.
pub enum Next<'a> {
    /// Taken.
    Done,
    /// Taken, though the description does not list this value.
    Undeclared,
    /// Continues with the elements.
    Seq(&'a mut dyn Seq),
    /// Continues with the members of a model.
    Object(&'a mut dyn Object),
    /// Continues with the entries of a map.
    Dict(&'a mut dyn Dict),
    /// Wants to see the whole value first.
    Union(&'a mut dyn Union),
    /// Takes the whole value unchanged.
    Any(&'a mut Value),
    /// Takes the whole value as text.
    Raw(&'a mut RawJson),
    /// Does not fit; the text says what would.
    Reject(&'static str),
}

/// A field, seen from outside.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// Nothing: left out of an object, null in a list.
    None,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Str(&'a str),
    /// A list.
    Seq(&'a dyn Seq),
    /// A model.
    Object(&'a dyn Object),
    /// A map.
    Dict(&'a dyn Dict),
    /// Any JSON value.
    Any(&'a Value),
    /// Raw JSON.
    Raw(&'a RawJson),
    /// Bytes that are not JSON.
    Bytes(&'a Blob),
}

/// A value that the codec can fill and show.
pub trait Field {
    /// Offers a token; the answer says how to continue.
    fn take(&mut self, token: Token<'_>) -> Next<'_>;
    /// Shows the value; a union shows the value of its shape.
    fn view(&self) -> View<'_>;
    /// The field as a union, if it is one.
    fn as_union(&self) -> Option<&dyn Union> {
        None
    }
}

/// A list, element type unknown.
pub trait Seq {
    /// Appends an empty element and returns it.
    fn grow(&mut self) -> &mut dyn Field;
    /// The number of elements.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The element at `index`, which is below [`Seq::len`].
    fn at(&self, index: usize) -> &dyn Field;
    /// Receives the whole list's JSON after reading.
    fn read_from(&mut self, _text: &str) {}
}

/// A map with string keys, value type unknown.
pub trait Dict {
    /// The empty slot for `key`.
    fn slot(&mut self, key: &str) -> &mut dyn Field;
    /// Shows every entry, in key order.
    fn visit(&self, each: &mut dyn FnMut(&str, &dyn Field));
    /// The number of entries.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Field + Default> Field for Option<T> {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        if let Token::Null | Token::Reset = token {
            *self = None;
            return Next::Done;
        }
        self.insert(T::default()).take(token)
    }
    fn view(&self) -> View<'_> {
        match self {
            Some(value) => value.view(),
            None => View::None,
        }
    }
    fn as_union(&self) -> Option<&dyn Union> {
        self.as_ref()?.as_union()
    }
}

impl Field for String {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            // Not `clone_into`: it allocates in two steps.
            Token::Str(text) => *self = text.to_owned(),
            Token::Reset => self.clear(),
            _ => return Next::Reject("a string"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Str(self)
    }
}

impl Field for bool {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Bool(value) => *self = value,
            Token::Reset => *self = false,
            _ => return Next::Reject("a boolean"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Bool(*self)
    }
}

impl Field for i64 {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Number(number) => match number.as_i64() {
                Some(value) => *self = value,
                None => return Next::Reject("an integer"),
            },
            Token::Reset => *self = 0,
            _ => return Next::Reject("an integer"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Number(Number::Int(*self))
    }
}

impl Field for f64 {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Number(number) => *self = number.as_f64(),
            Token::Reset => *self = 0.0,
            _ => return Next::Reject("a number"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Number(Number::Float(*self))
    }
}

impl Field for Value {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Reset => {
                *self = Value::Null;
                Next::Done
            }
            Token::Bytes(_) | Token::File(_) => Next::Reject("JSON"),
            _ => Next::Any(self),
        }
    }
    fn view(&self) -> View<'_> {
        View::Any(self)
    }
}

impl<T: Field + Default> Field for Vec<T> {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Array => Next::Seq(self),
            Token::Reset => {
                self.clear();
                Next::Done
            }
            _ => Next::Reject("an array"),
        }
    }
    fn view(&self) -> View<'_> {
        View::Seq(self)
    }
}

impl<T: Field + Default> Seq for Vec<T> {
    fn grow(&mut self) -> &mut dyn Field {
        let last = self.len();
        self.push(T::default());
        &mut self[last]
    }
    fn len(&self) -> usize {
        self.len()
    }
    fn at(&self, index: usize) -> &dyn Field {
        &self[index]
    }
}

impl<T: Field + Default> Field for BTreeMap<String, T> {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Object => Next::Dict(self),
            Token::Reset => {
                self.clear();
                Next::Done
            }
            _ => Next::Reject("an object"),
        }
    }
    fn view(&self) -> View<'_> {
        View::Dict(self)
    }
}

impl<T: Field + Default> Dict for BTreeMap<String, T> {
    fn slot(&mut self, key: &str) -> &mut dyn Field {
        let slot = self.entry(key.to_owned()).or_default();
        *slot = T::default();
        slot
    }
    fn visit(&self, each: &mut dyn FnMut(&str, &dyn Field)) {
        for (key, value) in self {
            each(key, value);
        }
    }
    fn len(&self) -> usize {
        self.len()
    }
}

/// Nothing: the result of operations whose reply has no body.
impl Field for () {
    fn take(&mut self, _: Token<'_>) -> Next<'_> {
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::None
    }
}

impl View<'_> {
    /// Whether this is what a required field holds before anything was read into it.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            View::None => true,
            View::Bool(value) => !value,
            View::Number(number) => number.is_zero(),
            View::Str(text) => text.is_empty(),
            View::Seq(seq) => seq.is_empty(),
            View::Dict(dict) => dict.is_empty(),
            View::Any(value) => value.is_null(),
            View::Raw(raw) => raw.is_null(),
            View::Bytes(blob) => blob.as_ref().is_empty(),
            View::Object(object) => {
                object.extra().is_blank() && super::whole::fields_blank(*object)
            }
        }
    }
}
