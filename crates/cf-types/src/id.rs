//! IDs with types of their own.

use std::fmt;

use crate::codec::ShortText;
use crate::codec::field::{Field, Next, Token, View};

/// The length of an ID.
const LEN: usize = 32;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(ShortText<LEN>);

        impl $name {
            /// The ID as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }
        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id.into())
            }
        }
        impl From<&String> for $name {
            fn from(id: &String) -> Self {
                Self(id.as_str().into())
            }
        }
        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
        impl From<&$name> for String {
            fn from(id: &$name) -> Self {
                id.as_str().to_owned()
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0.as_bytes() == other.as_bytes()
            }
        }
        impl PartialEq<String> for $name {
            fn eq(&self, other: &String) -> bool {
                self.0.as_bytes() == other.as_bytes()
            }
        }
        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0.as_bytes() == other.as_bytes()
            }
        }
        impl Field for $name {
            fn take(&mut self, token: Token<'_>) -> Next<'_> {
                match token {
                    Token::Str(text) => self.0 = text.into(),
                    Token::Reset => self.0 = ShortText::EMPTY,
                    _ => return Next::Reject("a string"),
                }
                Next::Done
            }
            fn view(&self) -> View<'_> {
                View::Str(&self.0)
            }
        }
        crate::codec::object::serde_impls!($name);
    };
}

id! {
    /// Names a zone: 32 hex digits.
    ///
    /// Arguments of this type take text as it is; whether it can be an ID is checked when a request is built.
    ///
    /// ```
    /// use cf_types::ZoneId;
    /// let id = ZoneId::from("023e105f4ecef8ad9ca31a8372d0c353");
    /// assert_eq!(id.as_str().len(), 32);
    /// ```
    ZoneId
}

id! {
    /// Names an account: 32 hex digits.
    ///
    /// ```
    /// use cf_types::AccountId;
    /// let id = AccountId::from("01a7362d577a6c3019a474fd6f485823");
    /// assert_eq!(id, "01a7362d577a6c3019a474fd6f485823");
    /// ```
    AccountId
}

/// What an operation applies to that exists for both accounts and zones.
///
/// ```
/// use cf_types::{Scope, ZoneId};
/// let scope: Scope = ZoneId::from("023e105f4ecef8ad9ca31a8372d0c353").into();
/// assert!(matches!(scope, Scope::Zone(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole account.
    Account(AccountId),
    /// One zone.
    Zone(ZoneId),
}

impl Scope {
    /// The first path segment.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Scope::Account(_) => "accounts",
            Scope::Zone(_) => "zones",
        }
    }

    /// The ID, whichever it is.
    pub fn id(&self) -> &str {
        match self {
            Scope::Account(id) => id.as_str(),
            Scope::Zone(id) => id.as_str(),
        }
    }
}

impl From<AccountId> for Scope {
    fn from(id: AccountId) -> Self {
        Scope::Account(id)
    }
}

impl From<&AccountId> for Scope {
    fn from(id: &AccountId) -> Self {
        Scope::Account(id.clone())
    }
}

impl From<ZoneId> for Scope {
    fn from(id: ZoneId) -> Self {
        Scope::Zone(id)
    }
}

impl From<&ZoneId> for Scope {
    fn from(id: &ZoneId) -> Self {
        Scope::Zone(id.clone())
    }
}
