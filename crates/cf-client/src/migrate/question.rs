//! What a plan cannot know and must not guess.

use std::fmt;

/// What a plan cannot know. Each says, as `Display`, how to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Which permission an operation needs is not known. Answer: [`Migration::permit`](super::Migration::permit) or
    /// [`Migration::leave_out`](super::Migration::leave_out).
    #[non_exhaustive]
    Permission {
        /// The operation, or method and path.
        operation: String,
        /// Permission groups that operations of the same product need.
        nearby: Vec<String>,
    },
    /// Several permissions would suffice, none narrower than the others. Answer:
    /// [`Migration::permit`](super::Migration::permit).
    #[non_exhaustive]
    Choice {
        /// The operation.
        operation: String,
        /// The permission groups that would suffice.
        options: Vec<String>,
    },
    /// The permission groups that the operation needs are not among those that this token may have.
    /// Answer: [`Migration::permit`](super::Migration::permit) with the name they have now, or plan a
    /// token of another owner.
    #[non_exhaustive]
    Unavailable {
        /// The operation.
        operation: String,
        /// The permission groups that would suffice.
        groups: Vec<String>,
    },
    /// The zones that operations are for.
    /// Answer: [`Usage::zone`](super::Usage::zone) or
    /// [`Migration::all_zones`](super::Migration::all_zones).
    #[non_exhaustive]
    Zones {
        /// The operations.
        operations: Vec<String>,
    },
    /// The accounts that operations are for.
    /// Answer: [`Usage::account`](super::Usage::account).
    #[non_exhaustive]
    Accounts {
        /// The operations.
        operations: Vec<String>,
    },
    /// The owner has a token with this name, perhaps from an earlier try. Answer: delete that one, or
    /// [`Migration::name`](super::Migration::name) another.
    #[non_exhaustive]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The profile that the token is to be written to exists.
    /// Answer: [`Migration::replace_profile`](super::Migration::replace_profile), or another profile.
    #[non_exhaustive]
    ProfileTaken {
        /// The profile and its file.
        profile: String,
    },
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Permission { operation, nearby } => {
                write!(
                    f,
                    "Which permission does {operation} need? Say .permit(\"{operation}\", \"…\") or .leave_out(\"{operation}\")."
                )?;
                if !nearby.is_empty() {
                    write!(f, " Its neighbours need {}.", quoted(nearby))?;
                }
                Ok(())
            }
            Question::Choice { operation, options } => write!(
                f,
                "Each of {} would suffice for {operation}. Which one? Say .permit(\"{operation}\", \"…\").",
                quoted(options)
            ),
            Question::Unavailable { operation, groups } => write!(
                f,
                "{operation} needs {}, which this token cannot have. Say .permit(\"{operation}\", \"…\") if it has \
                 another name now, or plan a token of another owner.",
                quoted(groups)
            ),
            Question::Zones { operations } => write!(
                f,
                "For which zones: {}? Add them to the usage with .zone(\"…\"), or say .all_zones().",
                operations.join(", ")
            ),
            Question::Accounts { operations } => write!(
                f,
                "For which accounts: {}? Add them to the usage with .account(\"…\").",
                operations.join(", ")
            ),
            Question::NameTaken { name } => write!(
                f,
                "There is already a token \"{name}\". Is it from an earlier try? Delete it, or give another .name(\"…\")."
            ),
            Question::ProfileTaken { profile } => write!(
                f,
                "There already is {profile}. Should it be replaced? Say .replace_profile(), or give another profile."
            ),
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
