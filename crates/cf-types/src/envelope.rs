//! The envelope around nearly every reply.

use serde_json::Value;

use crate::codec::{self, Extra, Field, Names, Object, object};

/// The index of `result` among the envelope's names.
pub(crate) const RESULT: usize = 0;
/// The index of `success` among them.
pub(crate) const SUCCESS: usize = 1;

/// What the API wraps a result in.
///
/// ```
/// use cf_types::{Envelope, codec};
/// let text = r#"{"result":["a"],"success":true,"errors":[],"messages":null}"#;
/// let envelope: Envelope<Vec<String>> = codec::from_str(text)?;
/// assert!(envelope.is_success());
/// assert_eq!(envelope.result, ["a"]);
/// # Ok::<(), codec::SyntaxError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Envelope<T> {
    /// The result itself.
    pub result: T,
    /// Whether the API says that it succeeded.
    pub success: Option<bool>,
    /// What went wrong.
    pub errors: Option<Vec<ApiMessage>>,
    /// Other messages of the API.
    pub messages: Option<Vec<ApiMessage>>,
    /// The page's place in the list.
    pub result_info: Option<ResultInfo>,
    /// Members that are not described.
    pub extra: Extra,
}

impl<T> Envelope<T> {
    /// Whether the API does not say that it failed: neither by `success` nor, as some replies leave that out, by errors.
    pub fn is_success(&self) -> bool {
        self.success
            .unwrap_or_else(|| self.errors().is_empty() && self.extra.get("errors").is_none())
    }

    /// What went wrong; empty for a success.
    pub fn errors(&self) -> &[ApiMessage] {
        self.errors.as_deref().unwrap_or_default()
    }

    /// Other messages of the API.
    pub fn messages(&self) -> &[ApiMessage] {
        self.messages.as_deref().unwrap_or_default()
    }
}

impl<T: Field + Default> Object for Envelope<T> {
    fn names(&self) -> &'static Names {
        object::names!(
            0 "result",
            1 "success" optional,
            2 "errors" optional,
            3 "messages" optional,
            4 "result_info" optional,
        )
    }
    fn get(&self, index: usize) -> &dyn Field {
        match index {
            0 => &self.result,
            1 => &self.success,
            2 => &self.errors,
            3 => &self.messages,
            _ => &self.result_info,
        }
    }
    fn get_mut(&mut self, index: usize) -> &mut dyn Field {
        match index {
            0 => &mut self.result,
            1 => &mut self.success,
            2 => &mut self.errors,
            3 => &mut self.messages,
            _ => &mut self.result_info,
        }
    }
    fn extra(&self) -> &Extra {
        &self.extra
    }
    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }
}

/// One error or message of the API.
///
/// ```
/// use cf_types::{ApiMessage, codec};
/// let message: ApiMessage = codec::from_str(r#"{"code":1004,"message":"DNS Validation Error"}"#)?;
/// assert_eq!(message.code(), Some(1004));
/// # Ok::<(), codec::SyntaxError>(())
/// ```
#[derive(Default)]
#[non_exhaustive]
pub struct ApiMessage {
    /// The code; [`ApiMessage::code`] reads odd spellings too.
    pub code: Option<i64>,
    /// The text; see [`ApiMessage::message`].
    pub message: Option<String>,
    /// A page that explains the code.
    pub documentation_url: Option<String>,
    /// Where in the request the error lies.
    pub source: Option<MessageSource>,
    /// The errors behind this one.
    pub error_chain: Option<Vec<ApiMessage>>,
    /// Members that are not described.
    pub extra: Extra,
}

impl ApiMessage {
    /// The code, even if it was written as text.
    pub fn code(&self) -> Option<i64> {
        let spelled = || self.extra.get("code")?.text()?.parse().ok();
        self.code.or_else(spelled)
    }

    /// The text, even if the error is nothing but text.
    pub fn message(&self) -> String {
        let bare = || self.extra.whole()?.text();
        self.message.clone().or_else(bare).unwrap_or_default()
    }

    /// Where in the request the error lies: a JSON pointer.
    pub fn pointer(&self) -> Option<&str> {
        self.source.as_ref()?.pointer.as_deref()
    }

    /// Where in a GraphQL query the error lies, from its outermost field: `/viewer/zones/0/firewallEventsAdaptive`.
    pub fn path(&self) -> Option<String> {
        let Value::Array(parts) = self.extra.get("path")?.to_value() else {
            return None;
        };
        let mut path = String::new();
        for part in &parts {
            path.push('/');
            match part {
                Value::String(name) => path.push_str(name),
                // Not by its `Display`, which writes JSON in two more ways than the codec does.
                other => path.push_str(&codec::to_string(other)),
            }
        }
        Some(path).filter(|path| !path.is_empty())
    }

    /// The kind of a GraphQL error, as a word for programs: `budget`, `authz` (`extensions.code`).
    pub fn word(&self) -> Option<String> {
        let extensions = self.extra.get("extensions")?.to_value();
        extensions.get("code")?.as_str().map(str::to_owned)
    }

    /// The errors behind this one.
    pub fn chain(&self) -> &[ApiMessage] {
        self.error_chain.as_deref().unwrap_or_default()
    }
}

object::model!(ApiMessage {
    0 code "code" optional,
    1 message "message" optional,
    2 documentation_url "documentation_url" optional,
    3 source "source" optional,
    4 error_chain "error_chain" optional,
});

/// Where in a request an error lies.
#[derive(Default)]
#[non_exhaustive]
pub struct MessageSource {
    /// A JSON pointer into the request's body.
    pub pointer: Option<String>,
    /// Members that are not described.
    pub extra: Extra,
}

object::model!(MessageSource {
    0 pointer "pointer" optional,
});

/// The page's place in the list, as far as the API says.
#[derive(Default)]
#[non_exhaustive]
pub struct ResultInfo {
    /// The page's number, from 1.
    pub page: Option<i64>,
    /// How many items a page has at most.
    pub per_page: Option<i64>,
    /// How many pages there are.
    pub total_pages: Option<i64>,
    /// How many items this page has.
    pub count: Option<i64>,
    /// How many items there are.
    pub total_count: Option<i64>,
    /// The next page, if pages are linked.
    pub cursor: Option<String>,
    /// The pages around, if pages are linked both ways.
    pub cursors: Option<Cursors>,
    /// The next page, if tokens link the pages.
    pub next_page_token: Option<String>,
    /// Members that are not described.
    pub extra: Extra,
}

object::model!(ResultInfo {
    0 page "page" optional,
    1 per_page "per_page" optional,
    2 total_pages "total_pages" optional,
    3 count "count" optional,
    4 total_count "total_count" optional,
    5 cursor "cursor" optional,
    6 cursors "cursors" optional,
    7 next_page_token "next_page_token" optional,
});

/// Links to the pages around.
#[derive(Default)]
#[non_exhaustive]
pub struct Cursors {
    /// The next page.
    pub after: Option<String>,
    /// The page before.
    pub before: Option<String>,
    /// Members that are not described.
    pub extra: Extra,
}

object::model!(Cursors {
    0 after "after" optional,
    1 before "before" optional,
});
