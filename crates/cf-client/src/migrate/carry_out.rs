//! From the plan to the token, and back if that fails.

use std::sync::Arc;
use std::time::Duration;

use cf_auth::{Credential, CredentialFile};
use cf_types::DateTime;
use http::Method;
use serde::de::IgnoredAny;

use super::error::MigrateError;
use super::plan::{Plan, place};
use super::question::Question;
use super::read_side::Probe;
use crate::client::Client;
use crate::error::Error;
use crate::timer::Timer;
use crate::tokens::{Created, Tokens};

/// The outcome of a plan: what [`Plan::create`] returns. `Display` says what to do next, up to retiring the key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Migrated {
    /// The token's ID.
    pub id: String,
    /// When it ends.
    pub expires_on: Option<DateTime>,
    /// The token itself; it cannot be shown again.
    pub credential: Credential,
    /// The requests by which it was verified.
    pub verified_by: Vec<String>,
    /// The operations that no request could verify, since there was nothing to read.
    pub unverified: Vec<String>,
    /// The file it was written to.
    pub profile: Option<CredentialFile>,
}

/// What a request shows about the new token.
enum Shown {
    LetIn,
    /// The old credential is refused as well, or what is there to be read is not there.
    Nothing,
}

impl Plan {
    /// Creates the token, verifies it by calling the read side of its operations, and writes it to the profile. If any
    /// of this fails, the token is deleted again.
    ///
    /// Await it to the end: if it is dropped halfway, a token of the plan's name can be left over.
    ///
    /// # Errors
    /// When the plan has open questions, or something fails. Unless it is [`MigrateError::Stray`],
    /// there is no new token afterwards.
    pub async fn create(self) -> Result<Migrated, MigrateError> {
        let Some(body) = self.body.as_ref().filter(|_| self.questions.is_empty()) else {
            return Err(MigrateError::Unanswered {
                questions: self.questions,
            });
        };
        // Cleaning up goes by the name, so somebody else must not have taken it meanwhile.
        if is_taken(&self.tokens, &self.name).await? {
            return Err(MigrateError::Unanswered {
                questions: vec![Question::NameTaken { name: self.name }],
            });
        }
        let created = match self.tokens.create_from(&self.new, body).await {
            Ok(created) => created,
            Err(error) => return Err(self.undo_by_name(error).await),
        };
        let id = created.id.clone();
        match self.finish(created).await {
            Ok(migrated) => Ok(migrated),
            Err(error) => match self.tokens.delete(&id).await {
                Ok(()) => Err(error),
                Err(cleanup) => Err(MigrateError::Stray {
                    token: format!("token {id} (\"{}\")", self.name),
                    source: Box::new(error),
                    cleanup: Box::new(cleanup),
                }),
            },
        }
    }

    /// A creation whose reply was lost may still have created the token. There was none with this name before,
    /// so if there is one now, it is that.
    async fn undo_by_name(&self, error: Error) -> MigrateError {
        match delete_named(&self.tokens, &self.name).await {
            Ok(()) => error.into(),
            // A client that may not list tokens could not create one either.
            Err(cleanup) if cleanup.is_auth() && error.is_auth() => error.into(),
            Err(cleanup) => MigrateError::Stray {
                token: format!("any token named \"{}\"", self.name),
                source: Box::new(error.into()),
                cleanup: Box::new(cleanup),
            },
        }
    }

    async fn finish(&self, created: Created) -> Result<Migrated, MigrateError> {
        let mut migrated = Migrated {
            id: created.id,
            expires_on: created.expires_on,
            credential: created.credential,
            verified_by: Vec::new(),
            unverified: self.unprobed.clone(),
            profile: None,
        };
        let holder = holder(&self.client, &migrated.credential)?;
        self.verify(&holder).await?;
        for probe in &self.probes {
            match self.probe(&holder, probe).await? {
                Shown::LetIn => migrated.verified_by.push(format!("GET {}", probe.path)),
                Shown::Nothing => migrated.unverified.extend(probe.operations.iter().cloned()),
            }
        }
        if let Some(file) = &self.profile {
            let written = file.write(&migrated.credential);
            written.map_err(|source| MigrateError::Profile { source })?;
            migrated.profile = Some(file.clone());
        }
        Ok(migrated)
    }

    async fn verify(&self, holder: &Client) -> Result<(), MigrateError> {
        let tokens = Tokens::new(holder, self.tokens.owner.clone());
        let verified = self.once_known(async || tokens.verify().await).await;
        let unverified = |error| MigrateError::Unverified {
            source: Box::new(error),
        };
        match verified {
            Ok(verified) if verified.is_active() => Ok(()),
            Ok(verified) => Err(unverified(Error::input(verified.to_string()))),
            Err(error) => Err(unverified(error)),
        }
    }

    async fn probe(&self, holder: &Client, probe: &Probe) -> Result<Shown, MigrateError> {
        let refused = match self
            .once_known(async || read(holder, &probe.path).await)
            .await
        {
            Ok(()) => return Ok(Shown::LetIn),
            Err(error) if error.is_auth() => error,
            Err(error)
                if error
                    .status()
                    .is_some_and(|status| status.is_client_error()) =>
            {
                return Ok(Shown::Nothing);
            }
            Err(error) => {
                return Err(MigrateError::Unverified {
                    source: Box::new(error),
                });
            }
        };
        // If the old credential may not do it either, no permission is missing.
        match read(&self.client, &probe.path).await {
            Err(error) if error.is_auth() => Ok(Shown::Nothing),
            _ => Err(MigrateError::Refused {
                operation: probe.operations.join(", "),
                request: format!("GET {}", probe.path),
                source: Box::new(refused),
            }),
        }
    }

    /// A new token is not known everywhere at once: a refused request is repeated for a while.
    async fn once_known<T>(&self, call: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
        let mut pause = Duration::from_millis(500);
        let mut waited = Duration::ZERO;
        loop {
            match call().await {
                Err(error) if error.is_auth() && waited + pause <= self.settle => {
                    self.client.0.timer.sleep(pause).await;
                    waited += pause;
                    pause *= 2;
                }
                result => return result,
            }
        }
    }
}

async fn read(client: &Client, path: &str) -> Result<(), Error> {
    let request = client.request(Method::GET, path);
    request.send::<IgnoredAny>().await.map(|_| ())
}

/// Whether the owner has a token with this name.
pub(super) async fn is_taken(tokens: &Tokens, name: &str) -> Result<bool, Error> {
    let mut all = tokens.list();
    while let Some(token) = all.next().await {
        if token?.name.as_deref() == Some(name) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn delete_named(tokens: &Tokens, name: &str) -> Result<(), Error> {
    for token in tokens.list().collect_all().await? {
        if token.name.as_deref() == Some(name) {
            tokens.delete(&token.id).await?;
        }
    }
    Ok(())
}

/// The same client with the new token.
fn holder(client: &Client, credential: &Credential) -> Result<Client, Error> {
    let Credential::ApiToken(token) = credential else {
        return Err(Error::input("the new credential is not a token"));
    };
    let shared = &client.0;
    let builder = Client::builder()
        .api_token(token.secret().expose())
        .base_url(shared.base.as_str())
        .transport(Arc::clone(&shared.transport))
        .timer(shared.timer.clone())
        .timeout(shared.timeout)
        .deadline(shared.deadline)
        .retries(shared.retries);
    builder.build()
}

impl std::fmt::Display for Migrated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token {} was created", self.id)?;
        if let Some(end) = &self.expires_on {
            write!(f, " and is valid until {end}")?;
        }
        match self.verified_by.as_slice() {
            [] => writeln!(f, ".")?,
            requests => writeln!(f, ". It was verified by {}.", requests.join(", "))?,
        }
        if !self.unverified.is_empty() {
            writeln!(
                f,
                "There was nothing to verify {} with.",
                self.unverified.join(", ")
            )?;
        }
        writeln!(f, "What is left to do to retire the key:")?;
        match &self.profile {
            Some(file) => writeln!(
                f,
                "1. Let the program take its credential from {}.",
                place(file)
            )?,
            None => writeln!(f, "1. Give the program the token, as CLOUDFLARE_API_TOKEN.")?,
        }
        f.write_str(RETIRE)
    }
}

const RETIRE: &str = "   Remove CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL from its environment: both at once are an error.
2. Run it until it has done everything it does. A refusal (403) names an operation whose
   permission is missing: plan again with it.
3. Do the same for every other program that uses the key.
4. Change the key: https://dash.cloudflare.com/profile/api-tokens, API Keys, Global API Key, Change. It
   cannot be deleted; keep the new one to yourself. Whatever still uses the old one is locked out.
5. Note when the token expires, and create the next one before then.";
