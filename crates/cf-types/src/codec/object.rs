//! Models: structs whose members are found by name.

use super::field::{Field, Next, Token, View};
use super::{Extra, Names};

/// A model. The generator writes these methods; the codec does the rest.
pub trait Object {
    /// The JSON names of the fields, in the order of the description.
    fn names(&self) -> &'static Names;
    /// The field at `index`, which is below the number of names.
    fn get(&self, index: usize) -> &dyn Field;
    /// The field at `index`, to be filled.
    fn get_mut(&mut self, index: usize) -> &mut dyn Field;
    /// What is in no field.
    fn extra(&self) -> &Extra;
    /// What is in no field, to be filled.
    fn extra_mut(&mut self) -> &mut Extra;
    /// The fields, by index, that only replies have though the model is sent, too.
    fn read_only(&self) -> &'static [usize] {
        &[]
    }
    /// The fields, by index, that a new one has to have though no constructor takes them.
    fn needs(&self) -> &'static [usize] {
        &[]
    }
}

impl<T: Object> Field for T {
    #[inline]
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        take(self, token)
    }
    #[inline]
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl<T: Object> Object for Box<T> {
    fn names(&self) -> &'static Names {
        (**self).names()
    }
    fn get(&self, index: usize) -> &dyn Field {
        (**self).get(index)
    }
    fn get_mut(&mut self, index: usize) -> &mut dyn Field {
        (**self).get_mut(index)
    }
    fn extra(&self) -> &Extra {
        (**self).extra()
    }
    fn extra_mut(&mut self) -> &mut Extra {
        (**self).extra_mut()
    }
    fn read_only(&self) -> &'static [usize] {
        (**self).read_only()
    }
    fn needs(&self) -> &'static [usize] {
        (**self).needs()
    }
}

/// [`Field::take`] of all models.
#[inline]
pub(crate) fn take<'a>(this: &'a mut dyn Object, token: Token<'_>) -> Next<'a> {
    match token {
        Token::Object => Next::Object(this),
        token => take_other(this, &token),
    }
}

/// Not once per model.
#[inline(never)]
fn take_other<'a>(this: &mut dyn Object, token: &Token<'_>) -> Next<'a> {
    if !matches!(token, Token::Reset) {
        return Next::Reject("an object");
    }
    for index in 0..this.names().len() {
        this.get_mut(index).take(Token::Reset);
    }
    *this.extra_mut() = Extra::default();
    Next::Done
}

/// The names of a model's fields; `optional` marks those that may be missing, `nullable` those that may be null though
/// their type is not optional, `secret` those that `Debug` hides.
macro_rules! names {
    ($($index:literal $json:literal $($mark:ident)*,)*) => {{
        const TEXT: &str = concat!($(",\"", $json, "\":"),*);
        const LIST: &[&str] = &[$($json),*];
        const ENDS: [u16; 1 + LIST.len()] = $crate::codec::Names::ends(TEXT);
        const MARKS: $crate::codec::names::Marks =
            $crate::codec::names::Marks::NONE $($(.$mark($index))*)*;
        const NAMES: &$crate::codec::Names =
            &$crate::codec::Names::new(TEXT, &ENDS, MARKS.optional)
                .with_secret(MARKS.secret)
                .with_nullable(MARKS.nullable);
        NAMES
    }};
}

/// Makes a struct a model: its fields, each with index and JSON name, besides one named `extra`; then, by index, those that
/// only replies have if requests carry the model too, and those that must be set before a new one is sent.
macro_rules! model {
    ($name:ident { $($index:literal $field:ident $json:literal $($mark:ident)*,)* } $(read_only [$($read_only:literal),*])? $(needs [$($needs:literal),*])?) => {
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::codec::Object for $name {
            #[inline]
            fn names(&self) -> &'static $crate::codec::Names {
                $crate::codec::object::names!($($index $json $($mark)*,)*)
            }
            #[inline]
            fn get(&self, index: usize) -> &dyn $crate::codec::Field {
                match index {
                    $($index => &self.$field,)*
                    _ => &(),
                }
            }
            #[inline]
            fn get_mut(&mut self, index: usize) -> &mut dyn $crate::codec::Field {
                match index {
                    $($index => &mut self.$field,)*
                    _ => $crate::codec::object::no_field(),
                }
            }
            #[inline]
            fn extra(&self) -> &$crate::codec::Extra {
                &self.extra
            }
            #[inline]
            fn extra_mut(&mut self) -> &mut $crate::codec::Extra {
                &mut self.extra
            }
            $(#[inline]
            fn read_only(&self) -> &'static [usize] {
                &[$($read_only),*]
            })?
            $(#[inline]
            fn needs(&self) -> &'static [usize] {
                &[$($needs),*]
            })?
        }
        impl Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                Self {
                    $($field: self.$field.clone(),)*
                    extra: self.extra.clone(),
                }
            }
        }
        impl std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::codec::debug(stringify!($name), self, f)
            }
        }
        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                $crate::codec::eq(self, other)
            }
        }
        $crate::codec::object::serde_impls!($name);
    };
}

/// What an index beyond the fields returns: values written to it vanish.
pub(crate) fn no_field<'a>() -> &'a mut dyn Field {
    // A unit takes no memory, so nothing leaks.
    Box::leak(Box::new(()))
}

macro_rules! serde_impls {
    ($name:ident) => {
        impl serde::Serialize for $name {
            #[inline]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::codec::serialize(self, serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            #[inline]
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::codec::deserialize(deserializer)
            }
        }
    };
}

pub(crate) use {model, names, serde_impls};
