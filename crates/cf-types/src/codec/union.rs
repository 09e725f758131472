//! Unions: values that have one of several shapes.

use super::RawJson;
use super::field::{Field, View};

/// A value with one of several shapes.
pub trait Union {
    /// The number of shapes.
    fn variants(&self) -> usize;
    /// The member whose value names the shape, if there is one.
    fn tag(&self) -> Option<&'static Tag> {
        None
    }
    /// Becomes an empty value of shape `index`, to be filled.
    fn select(&mut self, index: usize) -> &mut dyn Field;
    /// The shape and its value; `None` if the value has another shape.
    fn chosen(&self) -> Option<(usize, &dyn Field)>;
    /// Keeps a value that has none of the shapes.
    fn set_other(&mut self, raw: RawJson);
    /// A value that has none of the shapes.
    fn other(&self) -> Option<&RawJson>;
}

/// The member that tells the shapes of a union apart, and its values.
#[derive(Debug)]
pub struct Tag {
    /// The member's name.
    pub name: &'static str,
    /// The values, each with the index of its shape.
    pub values: &'static [(&'static str, usize)],
}

impl Tag {
    pub(super) fn variant(&self, value: &str) -> Option<usize> {
        let found = self.values.iter().find(|(known, _)| *known == value);
        found.map(|(_, index)| *index)
    }
}

pub(crate) fn view<T: Union>(this: &T) -> View<'_> {
    match (this.chosen(), this.other()) {
        (Some((_, value)), _) => value.view(),
        (None, Some(raw)) => raw.view(),
        (None, None) => View::None,
    }
}

/// Declares a union: its variants with their types, and, if there is one, the tag and its values.
macro_rules! union {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $index:literal => $variant:ident($inner:ty),)* } $(tag $tag:literal { $($value:literal => $target:literal,)* })?) => {
        $(#[$meta])*
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* $variant($inner),)*
            /// A variant that the API description does not list.
            Other($crate::codec::RawJson),
        }
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::codec::Union for $name {
            #[inline]
            fn variants(&self) -> usize {
                [$(stringify!($variant)),*].len()
            }
            $(#[inline]
            fn tag(&self) -> Option<&'static $crate::codec::Tag> {
                const TAG: &$crate::codec::Tag = &$crate::codec::Tag { name: $tag, values: &[$(($value, $target)),*] };
                Some(TAG)
            })?
            #[inline]
            fn select(&mut self, index: usize) -> &mut dyn $crate::codec::Field {
                *self = match index {
                    $($index => Self::$variant(Default::default()),)*
                    _ => Self::default(),
                };
                match self {
                    $(Self::$variant(value) => value,)*
                    Self::Other(raw) => raw,
                }
            }
            #[inline]
            fn chosen(&self) -> Option<(usize, &dyn $crate::codec::Field)> {
                match self {
                    $(Self::$variant(value) => Some(($index, value)),)*
                    Self::Other(_) => None,
                }
            }
            #[inline]
            fn set_other(&mut self, raw: $crate::codec::RawJson) {
                *self = Self::Other(raw);
            }
            #[inline]
            fn other(&self) -> Option<&$crate::codec::RawJson> {
                match self {
                    Self::Other(raw) => Some(raw),
                    _ => None,
                }
            }
        }
        $(impl From<$inner> for $name {
            #[inline]
            fn from(value: $inner) -> Self {
                Self::$variant(value)
            }
        })*
        impl Default for $name {
            #[inline]
            fn default() -> Self {
                Self::Other(Default::default())
            }
        }
        impl Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                match self {
                    $(Self::$variant(value) => Self::$variant(value.clone()),)*
                    Self::Other(raw) => Self::Other(raw.clone()),
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
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::codec::Field for $name {
            #[inline]
            fn take(&mut self, token: $crate::codec::field::Token<'_>) -> $crate::codec::field::Next<'_> {
                match token {
                    $crate::codec::field::Token::Reset => {
                        *self = Self::default();
                        $crate::codec::field::Next::Done
                    }
                    _ => $crate::codec::field::Next::Union(self),
                }
            }
            #[inline]
            fn view(&self) -> $crate::codec::field::View<'_> {
                $crate::codec::union::view(self)
            }
            #[inline]
            fn as_union(&self) -> Option<&dyn $crate::codec::Union> {
                Some(self)
            }
        }
        $crate::codec::object::serde_impls!($name);
    };
}

/// For unions that lead back to themselves: a field for the box that holds them there.
#[allow(unused_macros)] // Not every product needs it.
macro_rules! boxed_union {
    ($name:ident) => {
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::codec::Field for Box<$name> {
            fn take(
                &mut self,
                token: $crate::codec::field::Token<'_>,
            ) -> $crate::codec::field::Next<'_> {
                (**self).take(token)
            }
            fn view(&self) -> $crate::codec::field::View<'_> {
                (**self).view()
            }
            fn as_union(&self) -> Option<&dyn $crate::codec::Union> {
                (**self).as_union()
            }
        }
    };
}

#[allow(unused_imports)] // Not every product needs it.
pub(crate) use boxed_union;
pub(crate) use union;
