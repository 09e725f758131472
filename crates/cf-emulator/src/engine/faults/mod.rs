//! Faults on demand, to see how a client handles them.

mod plan;
mod text;

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::path::BASE_PATH;
use crate::http::request::Request;
pub(crate) use plan::Plan;
pub use text::FaultError;

/// A fault to inject with [`Emulator::inject`](crate::Emulator::inject).
///
/// It applies to the next request that [`on`](Fault::on) selects, or to as
/// many as [`times`](Fault::times) or [`always`](Fault::always) say.
/// Several faults can apply to one request: delays add up, drifts all apply,
/// and of canned replies and cuts, the first one injected wins.
///
/// ```
/// use std::time::Duration;
/// use cf_emulator::Fault;
/// use http::Method;
///
/// // The next two creations of a record are told to wait a second.
/// let limited = Fault::rate_limited(Duration::from_secs(1))
///     .on(Method::POST, "/zones/*/dns_records")
///     .times(2);
/// # let _ = limited;
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    method: Option<Method>,
    path: Option<String>,
    /// `None` means no limit.
    left: Option<usize>,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    Reply {
        status: StatusCode,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
    },
    Delay(Duration),
    Cut,
    LoseReply,
    CutBody(usize),
    IgnorePage,
    Drift {
        pointer: String,
        change: Change,
    },
}

#[derive(Debug, Clone)]
enum Change {
    Drop,
    Set(Value),
}

impl Fault {
    fn new(action: Action) -> Self {
        Self {
            method: None,
            path: None,
            left: Some(1),
            action,
        }
    }

    /// Answers with this status and body, without looking at the request. The
    /// content type is `application/json`, unless there is a
    /// [`header`](Fault::header) for it.
    pub fn reply(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(Action::Reply {
            status,
            headers: Vec::new(),
            body: body.into(),
        })
    }

    /// Answers with this status and an API error in the usual envelope.
    pub fn error(status: StatusCode, code: u32, message: &str) -> Self {
        let envelope = ApiError::new(status, code, message).into_envelope();
        Self::reply(status, envelope.to_string())
    }

    /// Answers 429 as the API does after too many requests, with
    /// `retry-after` in whole seconds, rounded up.
    pub fn rate_limited(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        let message = "More than 1200 requests per 300 seconds reached. \
                       Please wait and consider throttling your request speed";
        Self::error(StatusCode::TOO_MANY_REQUESTS, 10100, message)
            .with(RETRY_AFTER, seconds.into())
            .header("ratelimit", &format!("\"default\";r=0;t={seconds}"))
            .header("ratelimit-policy", "\"default\";q=1200;w=300")
    }

    /// Answers with an HTML page, as intermediate proxies do.
    pub fn html(status: StatusCode) -> Self {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\
             <body><h1>{status}</h1></body></html>\n"
        );
        Self::reply(status, page).header("content-type", "text/html; charset=UTF-8")
    }

    /// Waits this long before it does anything else.
    pub fn delay(duration: Duration) -> Self {
        Self::new(Action::Delay(duration))
    }

    /// Cuts the connection after reading the request, which has no effect.
    pub fn cut() -> Self {
        Self::new(Action::Cut)
    }

    /// Does what the request asks for, then cuts the connection instead of
    /// answering: the client cannot know that it was carried out.
    pub fn lose_reply() -> Self {
        Self::new(Action::LoseReply)
    }

    /// Does what the request asks for, sends the head of the reply and `bytes`
    /// bytes of its body, then cuts the connection.
    pub fn cut_body(bytes: usize) -> Self {
        Self::new(Action::CutBody(bytes))
    }

    /// Answers a list as if the query had no `page`: always the first one.
    pub fn ignore_page() -> Self {
        Self::new(Action::IgnorePage)
    }

    /// Leaves a field out of the reply's JSON. `pointer` is a JSON pointer into
    /// the envelope in which `*` stands for every element: `/result/*/name`.
    pub fn drop_field(pointer: &str) -> Self {
        Self::drift(pointer, Change::Drop)
    }

    /// Puts `null` where `pointer` (see [`drop_field`](Fault::drop_field)) points.
    pub fn null_field(pointer: &str) -> Self {
        Self::drift(pointer, Change::Set(Value::Null))
    }

    /// Puts `value` where `pointer` (see [`drop_field`](Fault::drop_field))
    /// points, also into a field that did not exist.
    pub fn set_field(pointer: &str, value: impl Into<Value>) -> Self {
        Self::drift(pointer, Change::Set(value.into()))
    }

    fn drift(pointer: &str, change: Change) -> Self {
        Self::new(Action::Drift {
            pointer: pointer.to_owned(),
            change,
        })
    }

    /// Adds a header to a canned reply; has no effect on other faults, or with
    /// an invalid name or value.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        match (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            (Ok(name), Ok(value)) => self.with(name, value),
            _ => self,
        }
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Action::Reply { headers, .. } = &mut self.action {
            headers.push((name, value));
        }
        self
    }

    /// Only for requests with this method and path. The path is without
    /// `/client/v4` and query; a segment `*` matches any one.
    #[must_use]
    pub fn on(mut self, method: Method, path: &str) -> Self {
        self.restrict(Some(method), Some(path.to_owned()));
        self
    }

    pub(crate) fn restrict(&mut self, method: Option<Method>, path: Option<String>) {
        (self.method, self.path) = (method, path);
    }

    /// Applies `count` times instead of once.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }

    /// Applies until [`Emulator::clear_faults`](crate::Emulator::clear_faults).
    #[must_use]
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        if self
            .method
            .as_ref()
            .is_some_and(|method| *method != request.method)
        {
            return false;
        }
        let Some(pattern) = &self.path else {
            return true;
        };
        let path = request
            .path
            .strip_prefix(BASE_PATH)
            .unwrap_or(&request.path);
        pattern.split('/').count() == path.split('/').count()
            && pattern
                .split('/')
                .zip(path.split('/'))
                .all(|(p, s)| p == "*" || p == s)
    }
}

impl Fault {
    fn ends(&self) -> bool {
        !matches!(
            self.action,
            Action::Delay(_) | Action::IgnorePage | Action::Drift { .. }
        )
    }
}
