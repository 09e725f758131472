use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Origin, SecretForm};

/// Where a user creates API tokens; errors point there.
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
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No source had a credential.
    #[error(
        "no Cloudflare credential found in {}; {}create an API token at {TOKENS_PAGE} and put it there",
        looked_in.join(", nor in "),
        EmptyNote(empty)
    )]
    #[non_exhaustive]
    Missing {
        /// The places that were searched, in words, such as the names of the environment variables.
        looked_in: Vec<String>,
        /// Those that exist but are empty.
        empty: Vec<Origin>,
    },
    /// More than one credential is configured; a silent choice might be the wrong one.
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
    /// White space, a line end or another control character in the value, usually from copying it or reading it from a
    /// file.
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
        "{at} is a Global API Key, not an API token; create a token at {TOKENS_PAGE}, or, until then, \
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
        "{at} is a user service key (Origin CA key), which Cloudflare stopped accepting on 2026-09-30; create an API \
         token with the permission \"SSL and Certificates\", and give that"
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
        "{at} is given without an API key; an address alone authenticates nothing: use an API token from \
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
    /// A file of credentials could not be read.
    #[error("cannot read the credentials file {}: {source}; check the path and its permissions", path.display())]
    #[non_exhaustive]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<std::io::Error>,
    },
    /// A file of credentials could not be written.
    #[error("cannot write the credentials file {}: {source}; check that its folder may be written to", path.display())]
    #[non_exhaustive]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<std::io::Error>,
    },
    /// Users other than its owner may read or change a file of credentials.
    #[error(
        "the credentials file {} is open to other users of this machine (mode {mode:03o}); run \
         `chmod 600` on it, or allow it with `readable_by_others(true)`",
        path.display()
    )]
    #[non_exhaustive]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file of credentials is malformed.
    #[error("the credentials file {}{} {problem}", path.display(), Line(*line))]
    #[non_exhaustive]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, if known.
        line: Option<usize>,
        /// What is wrong, and what should be there.
        problem: &'static str,
    },
    /// The requested profile is not in the file.
    #[error("there is no profile \"{profile}\" in {}; it has {}", path.display(), Profiles(known))]
    #[non_exhaustive]
    NoSuchProfile {
        /// The file.
        path: PathBuf,
        /// The requested profile.
        profile: String,
        /// The profiles in the file.
        known: Vec<String>,
    },
    /// The command that should print the token did not.
    #[error("the command `{program}`, which should print the API token, {problem}")]
    #[non_exhaustive]
    Command {
        /// The program, without its arguments, since these may hold secrets.
        program: String,
        /// What went wrong, and what to do.
        problem: String,
    },
    /// A failure of a [`CredentialProvider`](crate::CredentialProvider) outside this crate.
    #[error("the credential provider failed: {source}")]
    #[non_exhaustive]
    Provider {
        /// Its own error.
        source: Arc<dyn Error + Send + Sync>,
    },
}

impl CredentialError {
    /// Wraps the error of your own provider. Its message is shown: keep secrets out of it.
    ///
    /// ```
    /// let error = cf_auth::CredentialError::provider("the vault is sealed; unseal it first");
    /// assert!(error.to_string().contains("the vault is sealed"));
    /// ```
    pub fn provider(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Provider {
            source: Arc::from(error.into()),
        }
    }
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(f, ", line {line},"),
            None => Ok(()),
        }
    }
}

struct Profiles<'a>(&'a [String]);

impl fmt::Display for Profiles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none"),
            names => write!(f, "{names:?}"),
        }
    }
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

/// The position of a character as shown to people: counted from 1.
struct Counted(usize);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " (at character {})", self.0 + 1)
    }
}
