//! Which refusals mean "too many requests", besides status 429, and how far they reach.

use std::sync::LazyLock;
use std::time::Duration;

use cf_types::{ApiFailure, ApiMessage, ReplyError};
use http::StatusCode;
use memchr::memmem::Finder;

use super::ThrottleScope;

/// Codes that mean it wherever they come, whatever the status. They come with 200, too.
const CODES: [i64; 2] = [
    // "Please wait and consider throttling your request speed": cloudflare/workers-sdk#10025; any
    // status, often 200, by npm `@distilled.cloud/cloudflare` (`src/protocol.ts`).
    971,
    // "Rate limited. Please wait and consider throttling your request speed", as Wrangler shows it.
    10429,
];

/// Part of the message of every rate limit of the API. Its codes are not the limit's alone: 10000
/// (Logpull), 10100 (2018), 1115 and 1134 (cache purge).
const MESSAGE: &str = "throttling your request speed";

/// What Cloudflare's edge says instead of the API to clients that accept no HTML.
/// <https://developers.cloudflare.com/changelog/post/2026-03-12-retry-after-header-for-1xxx-errors>
const EDGE: &[u8] = b"error code: 1015";

/// Codes of a limit of one product or resource, all with status 429: other operations are free.
const OF_ONE_OPERATION: [i64; 7] = [
    // Cache purge: 1134 is in the API reference of `purge_cache`, 1115 was seen in replies.
    1115, 1134,
    // R2, one write a second to a key: <https://developers.cloudflare.com/r2/api/error-codes/>
    10058,
    // Queues, overloaded, full, paused, free plan:
    // <https://developers.cloudflare.com/queues/reference/error-codes/>
    10250, 10251, 10252, 10253,
];

/// The same for GraphQL, which has messages in place of codes, in lower case:
/// <https://developers.cloudflare.com/analytics/graphql-api/errors/>
const OF_GRAPHQL: [&str; 2] = ["queries too many nodes", "consumed excessive resources"];

/// Its limit on the number of queries, with status 200, too. The other two are about one query, which waiting does not
/// make smaller.
const BUDGET_OF_GRAPHQL: [&str; 2] = [
    "rate limiter budget depleted",
    "has exceeded its rate limit",
];

/// How GraphQL marks them: see the page on
/// [account-based limits](https://developers.cloudflare.com/analytics/graphql-api/account-based-rate-limiting/).
const BUDGET: &str = "budget";

/// Whether a refusal is the rate limit's.
pub(crate) fn is_throttled(error: &ReplyError) -> bool {
    let status = match error {
        ReplyError::Api(failure) => {
            let means_it = |message: &ApiMessage| {
                let text = message.message().to_ascii_lowercase();
                message.code().is_some_and(|code| CODES.contains(&code))
                    || text.contains(MESSAGE)
                    || is_budget(message, &text)
            };
            if any(failure, &means_it) || is_edge(failure.excerpt.as_bytes()) {
                return true;
            }
            failure.status
        }
        ReplyError::Html { status, .. }
        | ReplyError::Empty { status }
        | ReplyError::NotJson { status, .. } => *status,
        _ => return false,
    };
    status == StatusCode::TOO_MANY_REQUESTS
}

/// How far a refusal reaches.
pub(crate) fn scope(error: &ReplyError) -> ThrottleScope {
    let ReplyError::Api(failure) = error else {
        return ThrottleScope::All;
    };
    let is_own = |message: &ApiMessage| {
        let code = message.code();
        let text = message.message().to_ascii_lowercase();
        code.is_some_and(|code| OF_ONE_OPERATION.contains(&code))
            || is_budget(message, &text)
            || OF_GRAPHQL.iter().any(|part| text.contains(part))
    };
    if any(failure, &is_own) {
        ThrottleScope::Operation
    } else {
        ThrottleScope::All
    }
}

/// Whether an error with this text is that of GraphQL's limit on queries.
fn is_budget(message: &ApiMessage, text: &str) -> bool {
    BUDGET_OF_GRAPHQL.iter().any(|part| text.contains(part))
        || message.word().as_deref() == Some(BUDGET)
}

/// How long a refusal asks to wait in its text, in place of a header: "try again after 5 minutes".
pub(crate) fn wait_in_words(error: &ReplyError) -> Option<Duration> {
    let ReplyError::Api(failure) = error else {
        return None;
    };
    failure.errors.iter().find_map(|message| {
        let text = message.message().to_ascii_lowercase();
        let (_, after) = text.split_once("try again after ")?;
        let (number, unit) = after.split_once(' ')?;
        let number: u32 = number.parse().ok()?;
        let unit = match unit {
            _ if unit.starts_with("second") => Duration::from_secs(1),
            _ if unit.starts_with("minute") => Duration::from_secs(60),
            _ => return None,
        };
        Some((unit * number.min(MOST_SECONDS)).min(MOST))
    })
}

/// What no text asks for.
const MOST_SECONDS: u32 = 24 * 60 * 60;
const MOST: Duration = Duration::from_secs(MOST_SECONDS as u64);

fn any(failure: &ApiFailure, matches: &dyn Fn(&ApiMessage) -> bool) -> bool {
    fn in_chain(messages: &[ApiMessage], matches: &dyn Fn(&ApiMessage) -> bool) -> bool {
        messages
            .iter()
            .any(|message| matches(message) || in_chain(message.chain(), matches))
    }
    in_chain(&failure.errors, matches)
}

/// The longest refusal, in bytes; it holds no value. What is longer need not be searched.
const LONGEST: usize = 8 * 1024;

/// Whether the body has to be decoded to rule out a refusal of the rate limit. Cheap, and never wrongly false.
pub(crate) fn may_be_throttled(status: StatusCode, body: &[u8]) -> bool {
    if !status.is_success() {
        return true;
    }
    body.len() <= LONGEST && !is_usual_success(body) && has_errors(body)
}

/// Whether a body starts or ends as most successes do. There it is the envelope that speaks, so nothing needs to be
/// searched.
fn is_usual_success(body: &[u8]) -> bool {
    const ENDING: &[u8] = br#""success":true,"errors":[],"messages":[]}"#;
    const BEGINNINGS: [&[u8]; 2] = [br#"{"success":true,"errors":[],"#, br#"{"errors":[],"#];
    body.ends_with(ENDING) || BEGINNINGS.iter().any(|start| body.starts_with(start))
}

/// Whether there are errors in the body: a value of `errors` that is not empty.
fn has_errors(body: &[u8]) -> bool {
    const NAME: &[u8] = b"\"errors\"";
    // Made once, since each reply is searched.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NAME));
    FINDER.find_iter(body).any(|at| {
        let Some(value) = body[at + NAME.len()..]
            .trim_ascii_start()
            .strip_prefix(b":")
        else {
            return false;
        };
        let value = value.trim_ascii_start();
        let inner = value.strip_prefix(b"[").unwrap_or(value).trim_ascii_start();
        !inner.starts_with(b"]") && !inner.starts_with(b"null")
    })
}

fn is_edge(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(EDGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_wherever_they_stand() {
        for body in [
            r#"{"errors":[{"code":971}]}"#,
            r#"{"result":null,"success":false, "errors" : [ {"code":971}],"messages":[]}"#,
            r#"{"result":{"errors":[]},"errors":["slow"]}"#,
            r#"{"errors":{"code":971}}"#,
            r#"{"errors":"slow down"}"#,
        ] {
            assert!(has_errors(body.as_bytes()), "{body}");
        }
        for body in [
            r#"{"result":{"id":"1"},"success":true,"errors":[],"messages":[]}"#,
            r#"{"success":true,"errors" : null}"#,
            r#"{"success":true,"errors":[ ]}"#,
            r#"{"success":true,"result":"\"errors\""}"#,
            r#"{"result":["errors"]}"#,
            "",
        ] {
            assert!(!has_errors(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_usual_success_has_no_errors_of_its_own() {
        for body in [
            r#"{"result":{"errors":["of a check"]},"success":true,"errors":[],"messages":[]}"#,
            r#"{"errors":[],"messages":[],"result":{"id":"1"},"success":true}"#,
            r#"{"success":true,"errors":[],"result":["errors"]}"#,
        ] {
            assert!(is_usual_success(body.as_bytes()), "{body}");
        }
        for body in [
            r#"{"success":false,"errors":[{"code":971}],"messages":[]}"#,
            r#"{"errors":[{"code":971}],"success":true}"#,
            r#"{"errors":[{"code":971}],"result":{"success":true,"errors":[],"messages":[]}}"#,
            r#"[{"success":true,"errors":[],"messages":[]}]"#,
            "",
        ] {
            assert!(!is_usual_success(body.as_bytes()), "{body}");
        }
    }
}
