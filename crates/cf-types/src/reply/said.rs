//! What a body says about success and failure, whatever it is otherwise.

use std::collections::BTreeMap;

use http::response;

use crate::codec::{self, RawJson};
use crate::envelope::{ApiMessage, ResultInfo};

use super::error::{ApiFailure, Excerpt, ReplyError};
use super::words;

/// The members of the API's envelope, besides `result`.
const BESIDE: &[&str] = &["success", "errors", "messages", "result_info"];

/// A body, read down to its outermost members.
pub(super) struct Said {
    members: BTreeMap<String, RawJson>,
}

impl Said {
    /// Text that is not a JSON object says nothing.
    pub(super) fn of(text: &str) -> Self {
        Said {
            members: codec::from_str(text).unwrap_or_default(),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&RawJson> {
        self.members.get(name)
    }

    /// The member `result`, `null` included.
    pub(super) fn result(&self) -> Option<&RawJson> {
        self.get("result")
    }

    /// Whether it is the API's envelope: it has a `result`, or only what accompanies one.
    pub(super) fn is_envelope(&self) -> bool {
        self.get("result").is_some() || (!self.members.is_empty() && !self.has_more())
    }

    /// The members that are not those of an envelope besides its result.
    pub(super) fn own_names(&self) -> impl Iterator<Item = &str> {
        self.names().filter(|name| !BESIDE.contains(name))
    }

    /// Whether there are members that no envelope has.
    pub(super) fn has_more(&self) -> bool {
        self.own_names().any(|name| name != "result")
    }

    /// What `success` says; `None` if it says neither yes nor no.
    pub(super) fn success(&self) -> Option<bool> {
        match self.get("success")?.as_str() {
            "true" => Some(true),
            "false" | "0" => Some(false),
            text if text.eq_ignore_ascii_case("\"false\"") => Some(false),
            _ => None,
        }
    }

    /// Whether it counts the items of a list as zero: some servers write an empty list as `null`.
    pub(super) fn counts_nothing(&self) -> bool {
        let info = self
            .get("result_info")
            .map(|info| codec::from_str(info.as_str()));
        let Some(Ok(ResultInfo {
            total_count, count, ..
        })) = info
        else {
            return false;
        };
        total_count.or(count) == Some(0) && count.unwrap_or_default() == 0
    }

    /// Whether there are errors under that name.
    pub(super) fn has_errors(&self) -> bool {
        self.get("errors").is_some_and(|raw| !is_blank(raw))
    }

    /// Whether there is an error under a name that others than the API use.
    pub(super) fn has_error(&self) -> bool {
        self.get("error").is_some_and(|raw| !is_blank(raw))
    }

    /// Whether it is a refusal by the API, and not someone's data that only looks like one.
    pub(super) fn is_refusal(&self) -> bool {
        let is_of_refusals = |name: &str| {
            BESIDE.contains(&name) || ["result", "error", "message", "code"].contains(&name)
        };
        let names_it = |error: &ApiMessage| error.code().is_some() || !error.message().is_empty();
        self.names().all(is_of_refusals)
            && match self.success() {
                Some(success) => !success,
                None => self.has_errors() && self.errors().iter().any(names_it),
            }
    }

    /// The errors. Outside the API proper they come as bare strings, as single objects, under another name, or as the
    /// body itself.
    fn errors(&self) -> Vec<ApiMessage> {
        let listed = self.get("errors").map(messages_in);
        // If the error is a string, the body may say more.
        let error = || {
            self.get("error")
                .filter(|raw| raw.as_str().starts_with(['{', '[']))
        };
        let errors = listed
            .filter(|errors| !errors.is_empty())
            .or_else(|| error().map(messages_in))
            .unwrap_or_default();
        let is_silent = |error: &ApiMessage| error.code().is_none() && error.message().is_empty();
        if errors.iter().all(is_silent)
            && let Some(body) = words::of_members(&self.members)
        {
            return vec![body];
        }
        errors
    }

    /// The refusal that the body reports.
    pub(super) fn into_failure(self, parts: &response::Parts, body: &[u8]) -> ReplyError {
        let messages = self.get("messages").map(messages_in);
        ReplyError::Api(Box::new(ApiFailure {
            status: parts.status,
            errors: self.errors(),
            messages: messages.unwrap_or_default(),
            excerpt: Excerpt::of(&parts.headers, body),
        }))
    }
}

/// Whether a member says nothing: it is absent in all but name. Numbers and booleans are not errors: some count them.
pub(super) fn is_blank(raw: &RawJson) -> bool {
    match raw.as_str().as_bytes() {
        [b'[' | b'{' | b'"', inner @ .., _] => inner.trim_ascii().is_empty(),
        _ => true,
    }
}

/// Errors or messages, even if they are not a list of objects.
fn messages_in(raw: &RawJson) -> Vec<ApiMessage> {
    if is_blank(raw) {
        return Vec::new();
    }
    let values = codec::from_str(raw.as_str());
    let values: Vec<RawJson> = values.unwrap_or_else(|_| vec![raw.clone()]);
    let says_something = |raw: &&RawJson| raw.as_str() == "{}" || !is_blank(raw);
    let said = values.iter().filter(says_something);
    said.filter_map(message_in).collect()
}

fn message_in(raw: &RawJson) -> Option<ApiMessage> {
    let mut message: ApiMessage = codec::from_str(raw.as_str()).ok()?;
    if message.message().is_empty() {
        message.message = words::of_json(raw);
    }
    Some(message)
}
