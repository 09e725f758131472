#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod credential;
mod env;
mod error;
mod form;
mod origin;
mod provider;
mod secret;
mod settings;

pub use credential::{ApiKey, ApiToken, Credential, CredentialKind, UserServiceKey};
pub use env::{API_KEY_VAR, API_TOKEN_VAR, EMAIL_VAR, USER_SERVICE_KEY_VAR};
pub use error::CredentialError;
pub use form::SecretForm;
pub use origin::{Field, Origin};
pub use provider::{BoxFuture, CredentialProvider, StaticCredential};
pub use secret::Secret;
