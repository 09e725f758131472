#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cached;
mod check;
mod credential;
mod error;
mod form;
mod maybe_ready;
mod origin;
mod provider;
mod secret;
mod settings;
mod source;

pub use cached::Cached;
pub use credential::{ApiKey, ApiToken, Credential, CredentialKind, UserServiceKey};
pub use error::CredentialError;
pub use form::SecretForm;
pub use maybe_ready::{BoxFuture, MaybeReady};
pub use origin::{Field, Origin};
pub use provider::{CredentialProvider, StaticCredential};
pub use secret::Secret;
pub use source::chain::Chain;
pub use source::command::CredentialCommand;
pub use source::env::{API_KEY_VAR, API_TOKEN_VAR, EMAIL_VAR, Environment, USER_SERVICE_KEY_VAR};
pub use source::file::CredentialFile;
