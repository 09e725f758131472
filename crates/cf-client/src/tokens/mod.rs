//! The life cycle of API tokens: verify, create, roll, disable, delete.
//!
//! ```no_run
//! use std::time::Duration;
//! use cf_client::Client;
//! use cf_client::tokens::{NewToken, zone};
//!
//! # async fn run() -> Result<(), cf_client::Error> {
//! let client = Client::from_env()?;
//! println!("{}", client.user_tokens().verify().await?);
//!
//! let token = NewToken::new("certificates of the web server")
//!     .allow(zone("023e105f4ecef8ad9ca31a8372d0c353").dns().edit())
//!     .expires_in(Duration::from_secs(90 * 24 * 60 * 60));
//! let created = client.user_tokens().create(token).await?;
//! let narrow = Client::builder().credential(created.credential).build()?;
//! # Ok(()) }
//! ```

mod groups;
mod new_token;
mod policy;
mod verified;

use std::fmt;

use cf_auth::Credential;
use cf_types::codec::{self, Field};
use cf_types::shared::{Token, TokenParam};
use cf_types::{AccountId, DateTime};
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::error::{Error, Mismatch};
use crate::list::Items;

pub use groups::{Groups, PermissionGroup};
pub use new_token::NewToken;
pub use policy::{
    Permission, Policy, account, accounts, all_accounts, all_zones, bucket, user, zone, zones,
    zones_of,
};
pub use verified::Verified;

#[cfg(feature = "migrate")]
pub(crate) use {groups::Scope, new_token::rfc3339, policy::Resource};

impl Client {
    /// The API tokens that the user owns (`cfut_…`). Managing them needs the permission
    /// "API Tokens".
    #[doc(alias = "verify token")]
    #[doc(alias = "rotate token")]
    #[doc(alias = "create api token")]
    pub fn user_tokens(&self) -> Tokens {
        Tokens::new(self, Owner::User)
    }

    /// The API tokens that an account owns (`cfat_…`): for services that outlive the people who set
    /// them up. Managing them needs the permission "Account API Tokens".
    pub fn account_tokens(&self, account: impl Into<AccountId>) -> Tokens {
        Tokens::new(self, Owner::Account(account.into()))
    }
}

/// Who owns tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    User,
    Account(AccountId),
}

/// The API tokens of a user or an account: what [`Client::user_tokens`] and [`Client::account_tokens`] return.
#[derive(Debug, Clone)]
pub struct Tokens {
    client: Client,
    pub(crate) owner: Owner,
}

/// A token that was just created. Its secret is shown only this once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Created {
    /// The token's ID, to roll, disable or delete it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it expires; `None` if it does not.
    pub expires_on: Option<DateTime>,
    /// The token itself.
    pub credential: Credential,
}

/// Calls the operation of the user's tokens or the account's.
macro_rules! call {
    ($tokens:ident, $($resource:ident).*, $method:ident($($argument:expr),*)) => {
        match &$tokens.owner {
            Owner::User => {
                let call = $tokens.client.user().tokens()$(.$resource())*.$method($($argument),*);
                call.await
            }
            Owner::Account(id) => {
                let call = $tokens.client.accounts().tokens()$(.$resource())*.$method(id, $($argument),*);
                call.await
            }
        }
    };
}

impl Tokens {
    pub(crate) fn new(client: &Client, owner: Owner) -> Self {
        Tokens {
            client: client.clone(),
            owner,
        }
    }

    /// Asks what the client's own token may do and until when.
    ///
    /// # Errors
    /// When the token is not valid, or does not belong to this owner: a user's token is verified
    /// with [`Client::user_tokens`], an account's with [`Client::account_tokens`].
    pub async fn verify(&self) -> Result<Verified, Error> {
        let token = call!(self, , verify())?;
        let id = token.id;
        let policies = match self.get(&id).await {
            Ok(token) => token.policies,
            Err(error) if error.is_auth() => None,
            Err(error) => return Err(error),
        };
        Ok(Verified {
            id,
            status: token.status.as_str().into(),
            not_before: token.not_before,
            expires_on: token.expires_on,
            policies,
        })
    }

    /// Lists the tokens; their secrets are not shown.
    pub fn list(&self) -> Items<Token> {
        match &self.owner {
            Owner::User => self.client.user().tokens().list().items(),
            Owner::Account(id) => self.client.accounts().tokens().list(id).items(),
        }
    }

    /// One token, without its secret.
    ///
    /// # Errors
    /// When there is no token with this ID, or the client may not see it.
    pub async fn get(&self, id: &str) -> Result<Token, Error> {
        call!(self, , get(id))
    }

    /// Lists the permission groups that tokens of this owner may be given.
    ///
    /// # Errors
    /// When the client may not read tokens.
    pub async fn permission_groups(&self) -> Result<Groups, Error> {
        let items = match &self.owner {
            Owner::User => {
                let groups = self.client.user().tokens().permission_groups().list();
                groups
                    .items()
                    .collect_all()
                    .await?
                    .iter()
                    .map(group)
                    .collect()
            }
            Owner::Account(id) => {
                let groups = self.client.accounts().tokens().permission_groups().list(id);
                groups
                    .items()
                    .collect_all()
                    .await?
                    .iter()
                    .map(group)
                    .collect()
            }
        };
        Ok(Groups(items))
    }

    /// Creates a token.
    ///
    /// The names of its permission groups are looked up first, so that a wrong one is an error before anything is
    /// created.
    ///
    /// # Errors
    /// When the token makes no sense, or the API refuses. If its reply shows another token than the requested one
    /// (without its value, or valid from everywhere), that token is deleted again.
    pub async fn create(&self, token: NewToken) -> Result<Created, Error> {
        token.check()?;
        let groups = self.permission_groups().await?;
        let body = self.body(&token, &groups).await?;
        self.create_from(&token, &body).await
    }

    pub(crate) async fn body(&self, token: &NewToken, groups: &Groups) -> Result<Value, Error> {
        if !token.is_for_user() {
            return token.to_json(groups, None);
        }
        if let Owner::Account(_) = self.owner {
            return Err(Error::input(
                "a token that an account owns cannot act for a user; leave `user()` out, or make a \
                 token of the user's",
            ));
        }
        let user = self.client.user().get().await?;
        token.to_json(groups, Some(&user.id))
    }

    pub(crate) async fn create_from(
        &self,
        asked: &NewToken,
        body: &Value,
    ) -> Result<Created, Error> {
        let body = body.to_string();
        let mut made = call!(self, , create(read(&body)))?;
        let id = std::mem::take(&mut made.id);
        let value = made.value.take().unwrap_or_default();
        let credential = Credential::api_token(value).map_err(|_| missing("value"));
        let checked = credential.and_then(|credential| {
            let unbound = asked.is_bound_to_places() && made.condition.is_none();
            if unbound {
                Err(missing("condition"))
            } else {
                Ok(credential)
            }
        });
        match checked {
            Ok(credential) => Ok(Created {
                id,
                name: asked.name().to_owned(),
                expires_on: made.expires_on,
                credential,
            }),
            Err(error) => {
                self.delete(&id).await?;
                Err(error)
            }
        }
    }

    /// Gives the token a new secret. The old one becomes invalid at once.
    ///
    /// It is sent once. If the reply is lost, the token may have a secret that nobody knows: roll it again, with
    /// another credential if it is this client's own.
    ///
    /// # Errors
    /// When there is no such token, or the client may not change it.
    pub async fn roll(&self, id: &str) -> Result<Credential, Error> {
        let value = call!(self, value, update(id))?;
        Credential::api_token(value).map_err(Error::new)
    }

    /// Switches the token off; [`enable`](Self::enable) switches it on again.
    ///
    /// # Errors
    /// When there is no such token, or the client may not change it.
    pub async fn disable(&self, id: &str) -> Result<Token, Error> {
        self.set_status(id, "disabled").await
    }

    /// Switches the token on.
    ///
    /// # Errors
    /// When there is no such token, or the client may not change it.
    pub async fn enable(&self, id: &str) -> Result<Token, Error> {
        self.set_status(id, "active").await
    }

    /// Deletes the token. What uses it is locked out at once.
    ///
    /// # Errors
    /// When there is no such token, or the client may not change it.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        call!(self, , delete(id))?;
        Ok(())
    }

    /// An update replaces the whole token, so its current state is sent along.
    async fn set_status(&self, id: &str, status: &str) -> Result<Token, Error> {
        let now = codec::to_value(&self.get(id).await?);
        let mut new = Map::new();
        for field in ["name", "condition", "expires_on", "not_before"] {
            if let Some(value) = now.get(field).filter(|value| !value.is_null()) {
                new.insert(field.to_owned(), value.clone());
            }
        }
        let policies = now["policies"].as_array().map(Vec::as_slice);
        let policies: Vec<_> = policies
            .unwrap_or_default()
            .iter()
            .map(unnumbered)
            .collect();
        new.insert("policies".to_owned(), policies.into());
        new.insert("status".to_owned(), status.into());
        let body = Value::from(new).to_string();
        call!(self, , update(id, read(&body)))
    }
}

/// A policy as it is sent: without what the API adds.
fn unnumbered(policy: &Value) -> Value {
    let groups = policy["permission_groups"].as_array().map(Vec::as_slice);
    let groups = groups.unwrap_or_default().iter();
    let groups: Vec<_> = groups.map(|group| json!({ "id": group["id"] })).collect();
    json!({
        "effect": policy["effect"],
        "resources": policy["resources"],
        "permission_groups": groups,
    })
}

/// JSON of our own making as the parameters that an operation takes.
fn read(json: &str) -> TokenParam {
    codec::from_str(json).unwrap_or_default()
}

fn group(model: &impl Field) -> PermissionGroup {
    let group = codec::to_value(model);
    let text = |field: &str| group[field].as_str().map(str::to_owned);
    let scopes = group["scopes"].as_array().map(Vec::as_slice);
    let scopes = scopes.unwrap_or_default().iter();
    PermissionGroup {
        id: text("id").unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        scopes: scopes
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        category: text("category"),
    }
}

fn missing(field: &'static str) -> Error {
    let error = <serde_json::Error as serde::de::Error>::missing_field(field);
    Error::new(Mismatch::new(&error, &[]))
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::User => f.write_str("the user"),
            Owner::Account(id) => write!(f, "account {id}"),
        }
    }
}
