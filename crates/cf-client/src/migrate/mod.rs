//! The guided migration from an API key to an API token.
//!
//! A Global API Key may do whatever its user may do, and never expires. A token may do what a program needs, on what it
//! works on, for a time. This module finds out what that is:
//!
//! 1. What the program uses: by type ([`Usage`]), or observed while it runs ([`Recorder`]).
//! 2. The least permissions for it: [`Migration::plan`]. It only reads. What it cannot know, it asks
//!    ([`Plan::questions`]) rather than guesses.
//! 3. [`Plan::create`] creates the token, verifies it by calling the read side of those operations, writes it to a
//!    profile, and says how to retire the key. If any of it fails, the token is deleted again.
//!
//! ```no_run
//! use cf_client::auth::CredentialFile;
//! use cf_client::migrate::{Migration, Recorder};
//! use cf_client::{Client, Credential};
//!
//! # async fn the_program(_: &Client) -> Result<(), cf_client::Error> { Ok(()) }
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = Recorder::over_sockets()?;
//! let key = Credential::api_key("ada@example.com", "0123456789abcdef0123456789abcdef01234")?;
//! let client = Client::builder().credential(key).transport(recorder.clone()).build()?;
//! the_program(&client).await?;
//!
//! let profiles = CredentialFile::default_profiles().ok_or("no home directory")?;
//! let plan = Migration::new(&client, recorder.usage())
//!     .name("the program")
//!     .profile(CredentialFile::profile(profiles, "the-program"))
//!     .plan()
//!     .await?;
//! println!("{plan}");
//! println!("{}", plan.create().await?);
//! # Ok(()) }
//! ```

mod carry_out;
mod choose;
mod error;
mod plan;
mod question;
mod read_side;
mod recorder;
mod table;
mod usage;

use std::time::Duration;

use cf_auth::{CredentialError, CredentialFile};
use cf_types::AccountId;

use crate::client::Client;
use crate::error::Error;
use crate::tokens::{NewToken, Owner, Tokens};

pub use carry_out::Migrated;
pub use error::MigrateError;
pub use plan::Plan;
pub use question::Question;
pub use recorder::Recorder;
pub use usage::{Usage, UsageError};

use choose::Answers;

/// The permission groups any of which would have allowed a request that was refused, from narrow to wide; empty if that
/// is not known. The API itself does not say.
///
/// ```no_run
/// # async fn run(client: cf_client::Client, record: cf_client::types::dns::records::ARecordParam) {
/// use cf_client::migrate::permissions_for;
///
/// if let Err(error) = client.dns().records().create("023e105f4ecef8ad9ca31a8372d0c353", record).await {
///     eprintln!("{error}; the token needs one of {:?}", permissions_for(&error));
/// }
/// # }
/// ```
pub fn permissions_for(error: &Error) -> Vec<&'static str> {
    let Some(request) = error.request().filter(|_| error.is_auth()) else {
        return Vec::new();
    };
    let row = match request.operation {
        Some(operation) => table::operation(operation),
        None => table::request(request.method.as_str(), &request.path),
    };
    match row.map(table::Row::needs) {
        Some(table::Needs::OneOf(groups)) => groups,
        _ => Vec::new(),
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A migration to be planned. See the [module](self).
#[derive(Debug, Clone)]
#[must_use = "nothing happens until it is planned"]
pub struct Migration {
    client: Client,
    usage: Usage,
    owner: Owner,
    name: String,
    lifetime: Duration,
    only_from: Vec<String>,
    profile: Option<CredentialFile>,
    replace_profile: bool,
    settle: Duration,
    answers: Answers,
}

impl Migration {
    /// For what `usage` says, with the credential of `client`: an API key, or a token that may create tokens.
    pub fn new(client: &Client, usage: Usage) -> Self {
        Migration {
            client: client.clone(),
            usage,
            owner: Owner::User,
            name: "Migrated from an API key".to_owned(),
            lifetime: 90 * DAY,
            only_from: Vec::new(),
            profile: None,
            replace_profile: false,
            settle: Duration::from_secs(15),
            answers: Answers::default(),
        }
    }

    /// The token's name: preferably that of the program.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The token belongs to the account, not to the user, and outlives that user's membership.
    pub fn owned_by_account(mut self, account: impl Into<AccountId>) -> Self {
        let account = account.into();
        self.answers.owner = Some(account.as_str().to_owned());
        self.owner = Owner::Account(account);
        self
    }

    /// How long the token is valid. 90 days by default.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The token works only from these addresses and ranges (CIDR): those of the program, and of this machine, from
    /// where it is verified.
    pub fn only_from(mut self, ranges: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only_from.extend(ranges.into_iter().map(Into::into));
        self
    }

    /// Where to write the token.
    pub fn profile(mut self, file: CredentialFile) -> Self {
        self.profile = Some(file);
        self
    }

    /// Lets the token take the place of what the profile holds now, such as the key.
    pub fn replace_profile(mut self) -> Self {
        self.replace_profile = true;
        self
    }

    /// Answers [`Question::Permission`] and [`Question::Choice`]: the operation needs this permission
    /// group.
    pub fn permit(mut self, operation: impl Into<String>, group: impl Into<String>) -> Self {
        self.answers.permit.insert(operation.into(), group.into());
        self
    }

    /// The token need not be able to do this operation.
    pub fn leave_out(mut self, operation: impl Into<String>) -> Self {
        self.answers.leave_out.insert(operation.into());
        self
    }

    /// What is done to zones may be done to all zones of the usage's accounts, including future ones; if the usage has
    /// no account, to all that the owner can reach.
    pub fn all_zones(mut self) -> Self {
        self.answers.all_zones = true;
        self
    }

    /// How long to keep trying when the new token is refused, since it takes a moment until it is known everywhere. 15
    /// seconds by default.
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
        self
    }

    /// Plans the token. This only reads: the permission groups that there are, and the names of the
    /// tokens.
    ///
    /// # Errors
    /// When the client may not read tokens, or the settings make no sense.
    pub async fn plan(self) -> Result<Plan, MigrateError> {
        let tokens = Tokens::new(&self.client, self.owner.clone());
        let groups = tokens.permission_groups().await?;
        let choice = choose::choose(&self.usage, &groups, &self.answers);
        let (grants, free, inferred) = (choice.grants, choice.free, choice.inferred);
        let mut questions = choice.questions;
        questions.extend(self.taken(&tokens).await?);
        if grants.is_empty() && questions.is_empty() {
            return Err(Error::input(
                "the usage has no operation that needs a permission, so there is nothing to create a \
                 token for; was the program run with the recorder?",
            )
            .into());
        }
        let mut new = NewToken::new(&self.name)
            .only_from(self.only_from.iter().cloned())
            .expires_in(self.lifetime);
        for policy in plan::policies(&grants) {
            new = new.allow(policy);
        }
        let body = match questions.is_empty() {
            true => Some(tokens.body(&new, &groups).await?),
            false => None,
        };
        let (probes, unprobed) = read_side::probes(&self.usage, |operation| {
            self.answers.leave_out.contains(operation)
        });
        Ok(Plan {
            tokens,
            owner: self.owner.to_string(),
            name: self.name,
            new,
            body,
            grants,
            free,
            inferred,
            questions,
            probes,
            unprobed,
            lifetime: self.lifetime,
            only_from: self.only_from,
            profile: self.profile,
            settle: self.settle,
            client: self.client,
        })
    }

    /// Whether what would be created exists already.
    async fn taken(&self, tokens: &Tokens) -> Result<Vec<Question>, MigrateError> {
        let mut questions = Vec::new();
        if carry_out::is_taken(tokens, &self.name).await? {
            questions.push(Question::NameTaken {
                name: self.name.clone(),
            });
        }
        if let Some(file) = self.profile.as_ref().filter(|_| !self.replace_profile) {
            match file.read() {
                Err(CredentialError::Missing { .. } | CredentialError::NoSuchProfile { .. }) => {}
                _ => questions.push(Question::ProfileTaken {
                    profile: plan::place(file),
                }),
            }
        }
        Ok(questions)
    }
}
