use std::fmt;
use std::sync::Arc;

/// Which value an error is about, and where that value came from.
///
/// `Display` reads like "the API token in the environment variable CLOUDFLARE_API_TOKEN".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Origin {
    /// Which part of a credential it is.
    pub field: Field,
    /// Where it was read, such as "the environment variable CLOUDFLARE_API_TOKEN"; `None` for a
    /// value passed in code.
    pub place: Option<Arc<str>>,
}

impl Origin {
    pub(crate) fn in_code(field: Field) -> Self {
        Self { field, place: None }
    }

    pub(crate) fn at(field: Field, place: impl Into<Arc<str>>) -> Self {
        Self {
            field,
            place: Some(place.into()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}", self.field)?;
        match &self.place {
            Some(place) => write!(f, " in {place}"),
            None => Ok(()),
        }
    }
}

/// A part of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// An API token.
    ApiToken,
    /// A legacy API key.
    ApiKey,
    /// The e-mail address a legacy API key belongs to.
    Email,
    /// A user service key.
    UserServiceKey,
}

impl Field {
    pub(crate) const ALL: [Self; 4] = [
        Self::ApiToken,
        Self::ApiKey,
        Self::Email,
        Self::UserServiceKey,
    ];
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiToken => "API token",
            Self::ApiKey => "API key",
            Self::Email => "e-mail address",
            Self::UserServiceKey => "user service key",
        })
    }
}
