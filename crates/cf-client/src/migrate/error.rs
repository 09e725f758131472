//! Why a migration failed.

use cf_auth::CredentialError;

use super::question::Question;
use crate::error::Error;

/// Why a migration failed. Unless it is [`Stray`](Self::Stray), there is no new token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A call to the API failed.
    #[error(transparent)]
    Api(#[from] Error),
    /// The plan has open questions. Nothing was created.
    #[error(
        "nothing was created, since the plan has open questions: {}",
        listed(questions)
    )]
    #[non_exhaustive]
    Unanswered {
        /// The questions.
        questions: Vec<Question>,
    },
    /// The new token was refused where the old credential is accepted. It was deleted again.
    #[error(
        "the new token was refused by {request}, which it needs for {operation}, and was deleted again: {source}"
    )]
    #[non_exhaustive]
    Refused {
        /// The operations that need what the request showed to be missing.
        operation: String,
        /// The request that showed it.
        request: String,
        /// What the API said.
        source: Box<Error>,
    },
    /// The new token could not be verified. It was deleted again.
    #[error("the new token could not be verified, and was deleted again: {source}")]
    #[non_exhaustive]
    Unverified {
        /// What went wrong.
        source: Box<Error>,
    },
    /// The profile could not be written. The new token was deleted again.
    #[error("the new token was deleted again, since its profile could not be written: {source}")]
    #[non_exhaustive]
    Profile {
        /// What went wrong.
        source: CredentialError,
    },
    /// The migration failed and so did cleaning up: a token may be left over.
    #[error(
        "a token may be left over; delete {token} at https://dash.cloudflare.com/profile/api-tokens \
         (deleting it failed: {cleanup}). It is left over because: {source}"
    )]
    #[non_exhaustive]
    Stray {
        /// The token, by ID or name.
        token: String,
        /// Why it was to be deleted.
        source: Box<MigrateError>,
        /// Why deleting it failed.
        cleanup: Box<Error>,
    },
}

fn listed(questions: &[Question]) -> String {
    let questions: Vec<_> = questions.iter().map(ToString::to_string).collect();
    questions.join(" ")
}
