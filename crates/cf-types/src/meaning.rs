//! What errors of the API mean.

use crate::generated::codes;
use crate::{ApiFailure, ApiMessage};

/// What an error of the API means, whatever its status and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// There is no such thing: what the path names, not what the body does.
    NotFound,
    /// Something that the body names does not exist, such as the Worker of a route.
    MissingReference,
    /// There is one already: of this name, for this hostname, or with this content.
    AlreadyExists,
    /// It cannot be deleted or changed, since something else uses it.
    InUse,
    /// No more of them are allowed.
    LimitReached,
    /// The request is not valid.
    Invalid,
    /// The account, zone or token may not: most often, its plan does not include the feature.
    Denied,
}

/// What is known of a code.
pub(crate) struct Known {
    /// `None` if it is known by status and message alone.
    pub(crate) code: Option<i64>,
    pub(crate) status: Option<u16>,
    /// A part of the message; empty if the code alone will do.
    pub(crate) says: &'static str,
    /// `None` if it is none of the above.
    pub(crate) meaning: Option<Meaning>,
    /// Which operations answer it; empty if the code means the same wherever it occurs.
    pub(crate) operations: &'static [&'static str],
}

impl ApiFailure {
    /// What the failure of an operation means, judging by the codes that are known of its product: many products answer
    /// 400 for what is missing or exists already. `None` if they say nothing; the status may.
    ///
    /// `operation` is its name in the API description ([`Meta::id`](crate::Meta::id)). A product counts if its feature
    /// is on.
    ///
    /// ```
    /// use cf_types::ReplyError;
    ///
    /// let (parts, ()) = http::Response::builder().status(400).body(())?.into_parts();
    /// let body = br#"{"success":false,"errors":[{"code":1001,"message":"pool not found"}]}"#;
    /// let call = cf_types::api().zones().get("023e105f4ecef8ad9ca31a8372d0c353");
    /// let Err(ReplyError::Api(failure)) = call.decode(&parts, body) else {
    ///     panic!("not refused");
    /// };
    /// // An unknown operation: nothing is known.
    /// assert_eq!(failure.meaning("pools.get"), None);
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn meaning(&self, operation: &str) -> Option<Meaning> {
        let product = operation.split('.').next().unwrap_or_default();
        let known = codes::known(product);
        if known.is_empty() {
            return None;
        }
        self.first(&self.errors, operation, known)
    }

    /// What the first message with a known code means; the messages behind it come next.
    fn first(&self, messages: &[ApiMessage], operation: &str, known: &[Known]) -> Option<Meaning> {
        messages.iter().find_map(|message| {
            let own = self.meaning_of(message, operation, known);
            own.or_else(|| self.first(message.chain(), operation, known))
        })
    }

    fn meaning_of(
        &self,
        message: &ApiMessage,
        operation: &str,
        known: &[Known],
    ) -> Option<Meaning> {
        let (code, text) = (message.code(), message.message());
        let fits = |one: &&Known| {
            let by_code = one.code.is_some() && one.code == code;
            let by_status = one.code.is_none() && one.status == Some(self.status.as_u16());
            (by_code || by_status)
                && text.contains(one.says)
                && (one.operations.is_empty() || one.operations.contains(&operation))
        };
        let mut fitting = known.iter().filter(fits).peekable();
        // A message says more than a code.
        let said = known.iter().filter(fits).find(|one| !one.says.is_empty());
        if let Some(said) = said {
            return said.meaning;
        }
        let first = fitting.peek()?.meaning;
        fitting.all(|one| one.meaning == first).then_some(first)?
    }
}
