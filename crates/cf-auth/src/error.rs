use std::fmt;

use crate::{Field, Origin, SecretForm};

/// Where a user makes API tokens; errors point there.
const TOKENS_PAGE: &str = "https://dash.cloudflare.com/profile/api-tokens";

/// Why there is no usable credential.
///
/// Every message says what to do about it; none contains any part of a secret.
///
/// ```
/// use cf_auth::{Credential, CredentialError};
/// let error = Credential::api_token("cfk_a_key_not_a_token").unwrap_err();
/// assert!(matches!(error, CredentialError::KeyWhereTokenBelongs { .. }));
/// assert!(!error.to_string().contains("a_key_not_a_token"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No source had a credential.
    #[error(
        "no Cloudflare credential found in {}; {}make an API token at {TOKENS_PAGE} and put it there",
        looked_in.join(", nor in "),
        EmptyNote(empty)
    )]
    #[non_exhaustive]
    Missing {
        /// The places that were looked at, in words, such as the names of the environment variables.
        looked_in: Vec<String>,
        /// Those that exist but are empty.
        empty: Vec<Origin>,
    },
    /// More than one credential is configured, and choosing one silently might use the wrong one.
    #[error(
        "more than one Cloudflare credential: {}; keep one (an API token where possible) and remove the rest",
        All(found)
    )]
    #[non_exhaustive]
    Conflict {
        /// Everything that was found.
        found: Vec<Origin>,
    },
    /// The value is empty.
    #[error("{at} is empty; give a value, or leave it out altogether")]
    #[non_exhaustive]
    Empty {
        /// The value.
        at: Origin,
    },
    /// White space, a line end or another control character in the value. Usually it came along when
    /// the value was copied or read from a file.
    #[error(
        "{at} contains white space, a line end or a control character{}; pass the bare value without it",
        Counted(*index)
    )]
    #[non_exhaustive]
    Whitespace {
        /// The value.
        at: Origin,
        /// The position of the first such character, counted in bytes from 0.
        index: usize,
    },
    /// A character outside ASCII, such as a typographic dash or an invisible mark.
    #[error("{at} contains a character that is not ASCII{}; copy the value again from {TOKENS_PAGE}", Counted(*index))]
    #[non_exhaustive]
    NonAscii {
        /// The value.
        at: Origin,
        /// The position of the first such character, counted in bytes from 0.
        index: usize,
    },
    /// The value includes the quotes it was written in.
    #[error("{at} is wrapped in quotation marks; pass the value without them")]
    #[non_exhaustive]
    Quoted {
        /// The value.
        at: Origin,
    },
    /// The value is a whole `Authorization` header rather than the token in it.
    #[error(
        "{at} begins with \"Bearer\"; pass the token alone, the scheme is added when it is sent"
    )]
    #[non_exhaustive]
    BearerPrefix {
        /// The value.
        at: Origin,
    },
    /// A Global API Key was given as an API token.
    #[error(
        "{at} is a Global API Key, not an API token; make a token at {TOKENS_PAGE}, or, until then, \
         use the key together with its e-mail address (Credential::api_key, or CLOUDFLARE_API_KEY \
         and CLOUDFLARE_EMAIL)"
    )]
    #[non_exhaustive]
    KeyWhereTokenBelongs {
        /// The value.
        at: Origin,
    },
    /// An API token was given as an API key.
    #[error(
        "{at} is an API token, not an API key; use it as a token, without an e-mail address \
         (Credential::api_token, or CLOUDFLARE_API_TOKEN)"
    )]
    #[non_exhaustive]
    TokenWhereKeyBelongs {
        /// The value.
        at: Origin,
    },
    /// A user service key was given as a token or a key.
    #[error(
        "{at} is a user service key (Origin CA key); use Credential::user_service_key, or \
         CLOUDFLARE_API_USER_SERVICE_KEY"
    )]
    #[non_exhaustive]
    UserServiceKeyMisplaced {
        /// The value.
        at: Origin,
    },
    /// A token or an API key was given as a user service key.
    #[error(
        "{at} is a {found}, which does not belong there; user service keys begin with \"v1.0-\""
    )]
    #[non_exhaustive]
    NotAUserServiceKey {
        /// The value.
        at: Origin,
        /// What it looks like.
        found: SecretForm,
    },
    /// A legacy API key without the e-mail address it belongs to.
    #[error(
        "{at} is given without the e-mail address it belongs to; add the address (CLOUDFLARE_EMAIL), \
         or better, replace the key by an API token from {TOKENS_PAGE}"
    )]
    #[non_exhaustive]
    KeyWithoutEmail {
        /// The key.
        at: Origin,
    },
    /// An e-mail address without the API key that goes with it, and no other credential either.
    #[error(
        "{at} is given without an API key; an address alone signs nothing in: use an API token from \
         {TOKENS_PAGE} (CLOUDFLARE_API_TOKEN), or add the key (CLOUDFLARE_API_KEY)"
    )]
    #[non_exhaustive]
    EmailWithoutKey {
        /// The address.
        at: Origin,
    },
    /// The e-mail address is not one.
    #[error("{at} has no \"@\" in it; the address comes first, then the key")]
    #[non_exhaustive]
    NotAnEmail {
        /// The address.
        at: Origin,
    },
}

struct All<'a>(&'a [Origin]);

impl fmt::Display for All<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, origin) in self.0.iter().enumerate() {
            match i {
                0 => {}
                _ if i + 1 == self.0.len() => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            origin.fmt(f)?;
        }
        Ok(())
    }
}

struct EmptyNote<'a>(&'a [Origin]);

impl fmt::Display for EmptyNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            [one] => write!(f, "{one} is set but empty; "),
            several => write!(f, "{} are set but empty; ", All(several)),
        }
    }
}

/// The position of a character, for people: counted from 1.
struct Counted(usize);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " (at character {})", self.0 + 1)
    }
}

/// Refuses what cannot be sent in a header, and what is plainly a slip in copying.
pub(crate) fn check_text(text: &str, at: &Origin) -> Result<(), CredentialError> {
    let at = || at.clone();
    if text.is_empty() {
        return Err(CredentialError::Empty { at: at() });
    }
    if text
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("bearer "))
    {
        return Err(CredentialError::BearerPrefix { at: at() });
    }
    if let Some(index) = text.find(|c: char| c.is_ascii() && (c == ' ' || c.is_control())) {
        return Err(CredentialError::Whitespace { at: at(), index });
    }
    if let Some(index) = text.find(|c: char| !c.is_ascii()) {
        return Err(CredentialError::NonAscii { at: at(), index });
    }
    if text.starts_with(['"', '\'', '`']) || text.ends_with(['"', '\'', '`']) {
        return Err(CredentialError::Quoted { at: at() });
    }
    Ok(())
}

/// Refuses a secret that is recognisably of another kind than `at` asks for.
pub(crate) fn check_form(form: SecretForm, at: &Origin) -> Result<(), CredentialError> {
    let at = at.clone();
    match at.field {
        Field::ApiToken if form == SecretForm::GlobalKey => {
            Err(CredentialError::KeyWhereTokenBelongs { at })
        }
        Field::ApiKey if form.is_token() => Err(CredentialError::TokenWhereKeyBelongs { at }),
        Field::ApiToken | Field::ApiKey if form == SecretForm::UserServiceKey => {
            Err(CredentialError::UserServiceKeyMisplaced { at })
        }
        Field::UserServiceKey if form.is_token() || form == SecretForm::GlobalKey => {
            Err(CredentialError::NotAUserServiceKey { at, found: form })
        }
        _ => Ok(()),
    }
}
