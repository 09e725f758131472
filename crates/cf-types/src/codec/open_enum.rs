//! Enums that accept every string.

use super::field::{Next, Token, View};

/// A string enum with a variant for what the description does not list.
pub trait OpenEnum: Sized {
    /// The described values, in the order of the variants.
    const VALUES: &'static [&'static str];
    /// The variant for `VALUES[index]`.
    fn known(index: usize) -> Self;
    /// The variant for any other value.
    fn other(value: String) -> Self;
    /// The value as JSON has it.
    fn as_str(&self) -> &str;
}

pub(crate) fn parse<T: OpenEnum>(value: &str) -> T {
    match T::VALUES.iter().position(|known| *known == value) {
        Some(index) => T::known(index),
        None => T::other(value.to_owned()),
    }
}

pub(crate) fn take<'a, T: OpenEnum>(this: &'a mut T, token: Token<'_>) -> Next<'a> {
    match token {
        Token::Str(value) => {
            if let Some(index) = T::VALUES.iter().position(|known| *known == value) {
                *this = T::known(index);
                Next::Done
            } else {
                *this = T::other(value.to_owned());
                Next::Undeclared
            }
        }
        Token::Reset => {
            *this = T::other(String::new());
            Next::Done
        }
        _ => Next::Reject("a string"),
    }
}

pub(crate) fn view<T: OpenEnum>(this: &T) -> View<'_> {
    View::Str(this.as_str())
}

/// Declares open enums: variants, their JSON values, and the traits.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("\n`", $value, "`")] $variant,)*
            /// A value that the API description does not list.
            Other(String),
        }
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::codec::OpenEnum for $name {
            const VALUES: &'static [&'static str] = &[$($value),*];
            #[inline]
            fn known(index: usize) -> Self {
                const KNOWN: &[$name] = &[$($name::$variant),*];
                KNOWN[index].clone()
            }
            #[inline]
            fn other(value: String) -> Self {
                Self::Other(value)
            }
            #[inline]
            fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Other(value) => value,
                }
            }
        }
        $crate::codec::open_enum::open_enum_impls!($name);
    };
}

macro_rules! open_enum_impls {
    ($name:ident) => {
        impl $name {
            /// The value as JSON has it.
            #[inline]
            pub fn as_str(&self) -> &str {
                $crate::codec::OpenEnum::as_str(self)
            }
        }
        impl Default for $name {
            #[inline]
            fn default() -> Self {
                Self::Other(String::new())
            }
        }
        impl From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                $crate::codec::open_enum::parse(value)
            }
        }
        impl From<&String> for $name {
            #[inline]
            fn from(value: &String) -> Self {
                $crate::codec::open_enum::parse(value)
            }
        }
        impl From<String> for $name {
            #[inline]
            fn from(value: String) -> Self {
                $crate::codec::open_enum::parse(&value)
            }
        }
        impl std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl PartialEq<str> for $name {
            #[inline]
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }
        impl PartialEq<&str> for $name {
            #[inline]
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::codec::Field for $name {
            #[inline]
            fn take(
                &mut self,
                token: $crate::codec::field::Token<'_>,
            ) -> $crate::codec::field::Next<'_> {
                $crate::codec::open_enum::take(self, token)
            }
            #[inline]
            fn view(&self) -> $crate::codec::field::View<'_> {
                $crate::codec::open_enum::view(self)
            }
        }
        $crate::codec::object::serde_impls!($name);
    };
}

pub(crate) use {open_enum, open_enum_impls};
