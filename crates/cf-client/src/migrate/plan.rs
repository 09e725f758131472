//! A planned token, and how it is displayed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime};

use cf_auth::CredentialFile;
use serde_json::Value;

use super::choose::Grant;
use super::question::Question;
use super::read_side::Probe;
use crate::client::Client;
use crate::tokens::{NewToken, Policy, Resource, Tokens, rfc3339};

/// A planned token: what [`Migration::plan`](super::Migration::plan) returns.
///
/// `Display` shows all of it: permissions, resources, which operation needs what, and what is still open. Nothing is
/// created before [`create`](Self::create).
#[must_use = "a plan creates nothing; look at it, then `create` the token"]
pub struct Plan {
    pub(super) client: Client,
    pub(super) tokens: Tokens,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) new: NewToken,
    pub(super) body: Option<Value>,
    pub(super) grants: Vec<Grant>,
    pub(super) free: Vec<String>,
    pub(super) inferred: BTreeSet<String>,
    pub(super) questions: Vec<Question>,
    pub(super) probes: Vec<Probe>,
    /// Operations for which nothing can be read.
    pub(super) unprobed: Vec<String>,
    pub(super) lifetime: Duration,
    pub(super) only_from: Vec<String>,
    pub(super) profile: Option<CredentialFile>,
    pub(super) settle: Duration,
}

impl Plan {
    /// What has to be answered before the token can be created.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The permission groups that the token gets, by name.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        self.grants.iter().map(|grant| grant.name.as_str())
    }

    /// The operations whose permission Cloudflare does not state. What similar operations need is taken for it;
    /// [`Migration::permit`](super::Migration::permit) says otherwise.
    pub fn inferred(&self) -> impl Iterator<Item = &str> {
        self.inferred.iter().map(String::as_str)
    }
}

impl Plan {
    /// An operation, with a mark if its permission is inferred.
    fn marked<'a>(&self, operation: &'a str) -> Cow<'a, str> {
        match self.inferred.contains(operation) {
            true => format!("{operation} (inferred)").into(),
            false => operation.into(),
        }
    }
}

/// Policies for the grants: those on the same resources together.
pub(super) fn policies(grants: &[Grant]) -> Vec<Policy> {
    let mut by_resources: BTreeMap<&BTreeSet<Resource>, Vec<&Grant>> = BTreeMap::new();
    for grant in grants {
        by_resources.entry(&grant.on).or_default().push(grant);
    }
    let policies = by_resources.into_iter().map(|(on, grants)| {
        let policy = Policy::on(on.iter().cloned());
        let ids = grants.into_iter().map(|grant| grant.id.as_str());
        ids.fold(policy, Policy::group_id)
    });
    policies.collect()
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Token \"{}\", owned by {}", self.name, self.owner)?;
        for grant in &self.grants {
            let on: Vec<_> = grant.on.iter().map(ToString::to_string).collect();
            writeln!(f, "  {} on {}", grant.name, on.join(", "))?;
            let operations = grant.operations.iter();
            let operations: Vec<_> = operations.map(|name| self.marked(name)).collect();
            writeln!(f, "    for {}", operations.join(", "))?;
        }
        if !self.inferred.is_empty() {
            writeln!(
                f,
                "  inferred: what similar operations need, as Cloudflare does not state it"
            )?;
        }
        if !self.free.is_empty() {
            writeln!(
                f,
                "  nothing for {}, which any token may do",
                self.free.join(", ")
            )?;
        }
        if let Some(end) = SystemTime::now().checked_add(self.lifetime) {
            writeln!(f, "  until {}", rfc3339(end))?;
        }
        match self.only_from.as_slice() {
            [] => writeln!(f, "  from any address")?,
            places => writeln!(f, "  from {}", places.join(", "))?,
        }
        let probes: Vec<_> = self
            .probes
            .iter()
            .map(|probe| format!("GET {}", probe.path))
            .collect();
        if !probes.is_empty() {
            writeln!(f, "  to be verified by {}", probes.join(", "))?;
        }
        if let Some(file) = &self.profile {
            writeln!(f, "  to be written to {}", place(file))?;
        }
        if self.questions.is_empty() {
            return f.write_str("Nothing has been created yet.");
        }
        f.write_str("Before it can be created:")?;
        self.questions
            .iter()
            .try_for_each(|question| write!(f, "\n  {question}"))
    }
}

/// A file or a profile in it.
pub(super) fn place(file: &CredentialFile) -> String {
    match file.profile_name() {
        Some(name) => format!("profile \"{name}\" in {}", file.path().display()),
        None => file.path().display().to_string(),
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("owner", &self.owner)
            .field("new", &self.new)
            .field("questions", &self.questions)
            .finish_non_exhaustive()
    }
}
