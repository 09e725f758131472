//! A token to be created.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use cf_types::DateTime;
use serde_json::{Map, Value, json};

use super::groups::Groups;
use super::policy::{Policy, Resource};
use crate::error::Error;

/// A token to be created: what it may do, until when, and from where.
///
/// ```
/// use std::time::Duration;
/// use cf_client::tokens::{NewToken, zone};
///
/// let token = NewToken::new("certificates of the web server")
///     .allow(zone("023e105f4ecef8ad9ca31a8372d0c353").dns().edit())
///     .only_from(["192.0.2.0/24", "2001:db8::1"])
///     .expires_in(Duration::from_secs(90 * 24 * 60 * 60));
/// # let _ = token;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct NewToken {
    name: String,
    allow: Vec<Policy>,
    deny: Vec<Policy>,
    not_before: Option<DateTime>,
    expires: Option<Expiry>,
    only_from: Vec<String>,
    not_from: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expiry {
    On(DateTime),
    In(Duration),
}

impl NewToken {
    /// A token with this name, which may do nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        NewToken {
            name: name.into(),
            allow: Vec::new(),
            deny: Vec::new(),
            not_before: None,
            expires: None,
            only_from: Vec::new(),
            not_from: Vec::new(),
        }
    }

    /// Permits something.
    pub fn allow(mut self, policy: Policy) -> Self {
        self.allow.push(policy);
        self
    }

    /// Forbids something that another policy permits, such as one zone of many.
    pub fn deny(mut self, policy: Policy) -> Self {
        self.deny.push(policy);
        self
    }

    /// The token expires at this time (RFC 3339, in UTC). Otherwise it stays valid until it is deleted.
    pub fn expires_on(mut self, time: impl Into<DateTime>) -> Self {
        self.expires = Some(Expiry::On(time.into()));
        self
    }

    /// The token expires after this time, to the second, counted from its creation.
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expires = Some(Expiry::In(time));
        self
    }

    /// The token is not valid before this time (RFC 3339, in UTC).
    pub fn not_before(mut self, time: impl Into<DateTime>) -> Self {
        self.not_before = Some(time.into());
        self
    }

    /// The token works only from these addresses and ranges (CIDR).
    pub fn only_from(mut self, ranges: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only_from.extend(ranges.into_iter().map(Into::into));
        self
    }

    /// The token does not work from these addresses and ranges (CIDR).
    pub fn not_from(mut self, ranges: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.not_from.extend(ranges.into_iter().map(Into::into));
        self
    }

    /// Whether the reply must confirm that the token works from some places only.
    pub(super) fn is_bound_to_places(&self) -> bool {
        !self.only_from.is_empty() || !self.not_from.is_empty()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.allow.iter().chain(&self.deny)
    }

    /// Whether the user's ID is needed.
    pub(super) fn is_for_user(&self) -> bool {
        self.policies()
            .any(|policy| policy.on.contains(&Resource::User))
    }

    /// As the API takes it.
    pub(super) fn to_json(&self, groups: &Groups, user: Option<&str>) -> Result<Value, Error> {
        self.check()?;
        let mut policies = Vec::new();
        for policy in &self.allow {
            policies.push(policy.to_json("allow", groups, user)?);
        }
        for policy in &self.deny {
            policies.push(policy.to_json("deny", groups, user)?);
        }
        let mut token = json!({ "name": self.name, "policies": policies });
        match &self.expires {
            None => {}
            Some(Expiry::On(time)) => token["expires_on"] = time.as_str().into(),
            Some(Expiry::In(time)) => {
                let end = SystemTime::now().checked_add(*time);
                let end = end.filter(|end| *end < SystemTime::UNIX_EPOCH + LAST);
                let end = end.ok_or_else(|| {
                    Error::input(
                        "the token would expire too far in the future; leave the expiry out",
                    )
                })?;
                token["expires_on"] = rfc3339(end).into();
            }
        }
        if let Some(time) = &self.not_before {
            token["not_before"] = time.as_str().into();
        }
        let mut places = Map::new();
        for (list, ranges) in [("in", &self.only_from), ("not_in", &self.not_from)] {
            if !ranges.is_empty() {
                places.insert(list.to_owned(), json!(ranges));
            }
        }
        if !places.is_empty() {
            token["condition"] = json!({ "request_ip": places });
        }
        Ok(token)
    }

    /// What can be said about it without asking the API.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.name.is_empty() || self.name.chars().count() > 120 {
            return Err(Error::input("a token's name has 1 to 120 characters"));
        }
        if self.allow.is_empty() {
            return Err(Error::input(
                "the token may do nothing; permit something with `allow`",
            ));
        }
        for range in self.only_from.iter().chain(&self.not_from) {
            if !is_range(range) {
                return Err(Error::input(format!(
                    "`{range}` is neither an IP address nor a range such as `192.0.2.0/24`"
                )));
            }
        }
        Ok(())
    }
}

fn is_range(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}

/// The last year that four digits can name: 9999.
const LAST: Duration = Duration::from_secs(253_402_300_800);

/// To the second, in UTC; for times before [`LAST`].
pub(crate) fn rfc3339(time: SystemTime) -> String {
    // "Sun, 06 Nov 1994 08:49:37 GMT", without a calendar of our own.
    let http = httpdate::fmt_http_date(time);
    let month = match &http[8..11] {
        "Jan" => "01",
        "Feb" => "02",
        "Mar" => "03",
        "Apr" => "04",
        "May" => "05",
        "Jun" => "06",
        "Jul" => "07",
        "Aug" => "08",
        "Sep" => "09",
        "Oct" => "10",
        "Nov" => "11",
        _ => "12",
    };
    format!(
        "{}-{month}-{}T{}Z",
        &http[12..16],
        &http[5..7],
        &http[17..25]
    )
}
