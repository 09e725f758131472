//! What a program uses of the API.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use cf_types::{Meta, Operation};
use http::Method;

use super::table;

/// What a program uses of the API: which operations, on which accounts and zones.
///
/// List the operations, or let a [`Recorder`](super::Recorder) observe them while the program runs. As text it is one
/// request a line, without IDs other than those of accounts and zones, so it can be kept, compared and edited.
///
/// ```
/// use cf_client::migrate::Usage;
/// use cf_client::types::dns::records;
///
/// let usage = Usage::new()
///     .operation::<records::List>()
///     .operation::<records::Create>()
///     .named("zones.get")
///     .zone("023e105f4ecef8ad9ca31a8372d0c353");
/// let kept: Usage = usage.to_string().parse()?;
/// assert_eq!(kept, usage);
/// # Ok::<(), cf_client::migrate::UsageError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Usage {
    pub(crate) requests: BTreeSet<Used>,
    pub(crate) zones: BTreeSet<String>,
    pub(crate) accounts: BTreeSet<String>,
}

/// A kind of request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Used {
    pub(crate) method: String,
    /// The path with its variables in braces, except for the account or zone if that is known.
    pub(crate) path: String,
}

/// A line that is not a request, zone or account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} is neither a request like `GET /zones/{{zone_id}}/dns_records`, nor `zone` or `account` with an ID"
)]
#[non_exhaustive]
pub struct UsageError {
    /// The line, counted from 1.
    pub line: usize,
}

impl Usage {
    /// Nothing yet.
    pub fn new() -> Self {
        Usage::default()
    }

    /// An operation, by its type.
    pub fn operation<O: Operation>(self) -> Self {
        self.described(O::META)
    }

    fn described(mut self, meta: &Meta) -> Self {
        self.requests.insert(Used {
            method: meta.method.as_str().to_owned(),
            path: meta.path.to_owned(),
        });
        self
    }

    /// An operation, by its name in the API's description, like `dns.records.list`. One that the
    /// permission table lacks becomes a question of the plan.
    pub fn named(mut self, operation: &str) -> Self {
        let used = match table::operation(operation) {
            Some(row) => Used {
                method: row.method.to_owned(),
                path: row.path.to_owned(),
            },
            None => Used {
                method: "?".to_owned(),
                path: operation.to_owned(),
            },
        };
        self.requests.insert(used);
        self
    }

    /// A request, by method and path below the API's address: `/zones/023e105f4ecef8ad9ca31a8372d0c353`.
    pub fn request(mut self, method: &Method, path: &str) -> Self {
        self.note(method, path);
        self
    }

    /// A zone that the operations are for. Those whose request named one are for that one.
    pub fn zone(mut self, id: impl Into<String>) -> Self {
        self.zones.insert(id.into());
        self
    }

    /// An account that the operations are for. Those whose request named one are for that one.
    pub fn account(mut self, id: impl Into<String>) -> Self {
        self.accounts.insert(id.into());
        self
    }

    /// All that this and `other` use.
    pub fn and(mut self, other: Usage) -> Self {
        self.requests.extend(other.requests);
        self.zones.extend(other.zones);
        self.accounts.extend(other.accounts);
        self
    }

    pub(super) fn note(&mut self, method: &Method, path: &str) {
        let path = path.trim_end_matches('/');
        let used = match table::request(method.as_str(), path) {
            Some(row) => filled(row.path, path),
            None => unknown(path),
        };
        self.requests.insert(Used {
            method: method.as_str().to_owned(),
            path: used,
        });
    }
}

impl Used {
    /// The account or zone that it is about.
    pub(crate) fn about(&self) -> Option<(&str, &str)> {
        let mut segments = self.path.split('/').skip(1);
        let kind = segments.next()?;
        let id = segments.next()?;
        (table::is_owner(kind) && !table::is_variable(id)).then_some((kind, id))
    }

    pub(crate) fn row(&self) -> Option<&'static table::Row> {
        table::request(&self.method, &self.path)
    }

    /// What to call it.
    pub(crate) fn name(&self) -> String {
        match self.row() {
            Some(row) => row.operation.to_owned(),
            None if self.method == "?" => self.path.clone(),
            None => format!("{} {}", self.method, self.path),
        }
    }
}

/// The template, with the account or zone of the request. Other names in paths are left out.
fn filled(template: &str, path: &str) -> String {
    let pairs = template.split('/').zip(path.split('/'));
    let segments = pairs.enumerate().map(|(index, (part, given))| {
        let of_owner = path.split('/').nth(1).is_some_and(table::is_owner);
        if index == 1 || (index == 2 && of_owner) {
            given
        } else {
            part
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A path that no operation has, with what looks like an ID left out.
fn unknown(path: &str) -> String {
    let segments = path.split('/').enumerate().map(|(index, segment)| {
        let digits = segment.chars().filter(char::is_ascii_digit).count();
        let keep = index <= 2 || (segment.len() < 16 && digits == 0);
        if keep { segment } else { "{id}" }
    });
    segments.collect::<Vec<_>>().join("/")
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for used in &self.requests {
            writeln!(f, "{} {}", used.method, used.path)?;
        }
        for id in &self.zones {
            writeln!(f, "zone {id}")?;
        }
        for id in &self.accounts {
            writeln!(f, "account {id}")?;
        }
        Ok(())
    }
}

impl FromStr for Usage {
    type Err = UsageError;

    /// Reads what `Display` writes. Empty lines and those that start with `#` are skipped.
    fn from_str(text: &str) -> Result<Self, UsageError> {
        let mut usage = Usage::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            let wrong = UsageError { line: index + 1 };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once(' ') {
                Some(("zone", id)) => usage = usage.zone(id.trim()),
                Some(("account", id)) => usage = usage.account(id.trim()),
                Some(("?", operation)) => usage = usage.named(operation.trim()),
                Some((method, path)) if path.starts_with('/') => {
                    let method = method.parse::<Method>().map_err(|_| wrong)?;
                    usage.note(&method, path.trim());
                }
                _ => return Err(wrong),
            }
        }
        Ok(usage)
    }
}
