use std::fmt;

use bytes::Bytes;
use http::{HeaderName, Method, Response, StatusCode, header};

use super::{Recorded, ScriptedTransport};
use crate::{Body, TransportError, TransportErrorKind};

/// The common prefix of paths in the Cloudflare API, which scripts may leave out.
const API: &str = "/client/v4";

type Answer = Box<dyn FnMut(&Recorded) -> Result<Response<Body>, TransportError> + Send>;
type Condition = Box<dyn Fn(&Recorded) -> bool + Send>;

/// A request that is expected, from [`ScriptedTransport::expect`].
///
/// First conditions, then how often, and finally the reply, which completes it.
#[must_use = "an expectation counts only once it has a reply"]
pub struct Expectation {
    script: Option<ScriptedTransport>,
    method: Method,
    path: String,
    query: Vec<String>,
    headers: Vec<(HeaderName, String)>,
    body: Option<Bytes>,
    conditions: Vec<(String, Condition)>,
    /// Requests still to come; `None` for any number.
    left: Option<usize>,
    answer: Option<Answer>,
}

impl Expectation {
    pub(super) fn new(script: ScriptedTransport, method: Method, path: String) -> Self {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (
                path.to_owned(),
                query.split('&').map(str::to_owned).collect(),
            ),
            None => (path, Vec::new()),
        };
        Self {
            script: Some(script),
            method,
            path,
            query,
            headers: Vec::new(),
            body: None,
            conditions: Vec::new(),
            left: Some(1),
            answer: None,
        }
    }

    /// The request must have this header with this value.
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The request must have exactly this body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The request must fulfil this condition; `what` names it in messages.
    pub fn when(
        mut self,
        what: impl Into<String>,
        condition: impl Fn(&Recorded) -> bool + Send + 'static,
    ) -> Self {
        self.conditions.push((what.into(), Box::new(condition)));
        self
    }

    /// Expects this many requests like this one; with 0, it has no effect.
    pub fn times(mut self, requests: usize) -> Self {
        self.left = Some(requests);
        self
    }

    /// Expects any number of requests like this one, including none.
    pub fn any_number(mut self) -> Self {
        self.left = None;
        self
    }

    /// Replies with this status and body, as `application/json`.
    pub fn reply(self, status: u16, body: impl Into<Body>) -> ScriptedTransport {
        let body = body.into();
        self.reply_with(move |_| {
            let body = body
                .try_clone()
                .ok_or_else(|| wrong("its reply is a stream, which exists once".to_owned()))?;
            let status = StatusCode::from_u16(status)
                .map_err(|_| wrong(format!("{status} is not a status")))?;
            let mut reply = Response::new(body);
            *reply.status_mut() = status;
            let json = http::HeaderValue::from_static("application/json");
            reply.headers_mut().insert(header::CONTENT_TYPE, json);
            Ok(reply)
        })
    }

    /// Fails with an error of this kind. For a timeout before sending and the like, use
    /// [`reply_with`](Self::reply_with).
    pub fn fail(self, kind: TransportErrorKind) -> ScriptedTransport {
        self.reply_with(move |_| {
            Err(TransportError::new(
                kind,
                "the script wants this request to fail",
            ))
        })
    }

    /// Replies with what this function returns for the request, each time.
    pub fn reply_with(
        mut self,
        answer: impl FnMut(&Recorded) -> Result<Response<Body>, TransportError> + Send + 'static,
    ) -> ScriptedTransport {
        self.answer = Some(Box::new(answer));
        match self.script.take() {
            Some(script) if self.left != Some(0) => script.add(self),
            Some(script) => script,
            None => ScriptedTransport::new().add(self),
        }
    }

    /// Why the request does not match; `None` if it does.
    pub(super) fn mismatch(&self, request: &Recorded) -> Option<String> {
        if request.method != self.method {
            return Some(format!("the method is {}", request.method));
        }
        let path = request.uri.path();
        if path != self.path && path.strip_prefix(API) != Some(&*self.path) {
            return Some(format!("the path is {path}"));
        }
        let query = request.uri.query().unwrap_or_default();
        if let Some(missing) = self
            .query
            .iter()
            .find(|wanted| !query.split('&').any(|pair| pair == *wanted))
        {
            return Some(format!("the query lacks {missing}: {query:?}"));
        }
        for (name, value) in &self.headers {
            match request.headers.get(name) {
                None => return Some(format!("the header {name} is absent")),
                // The value stays out of the message: it may be a credential.
                Some(found) if found != value.as_str() => {
                    return Some(format!("the header {name} differs"));
                }
                Some(_) => {}
            }
        }
        if let Some(body) = self.body.as_ref().filter(|body| **body != request.body) {
            let [found, wanted] = [&request.body, body].map(|body| String::from_utf8_lossy(body));
            return Some(format!("the body is {found}, not {wanted}"));
        }
        let unmet = self
            .conditions
            .iter()
            .find(|(_, condition)| !condition(request));
        unmet.map(|(what, _)| format!("not fulfilled: {what}"))
    }

    pub(super) fn answer(&mut self, request: &Recorded) -> Result<Response<Body>, TransportError> {
        self.left = self.left.map(|left| left.saturating_sub(1));
        match &mut self.answer {
            Some(answer) => answer(request),
            None => Err(wrong("it has no reply".to_owned())),
        }
    }

    pub(super) fn is_due(&self) -> bool {
        self.left.is_some_and(|left| left > 0)
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.left == Some(0)
    }
}

fn wrong(why: String) -> TransportError {
    TransportError::new(
        TransportErrorKind::Other,
        format!("the script can't be played: {why}"),
    )
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query.join("&"))?;
        }
        match self.left {
            Some(1) => Ok(()),
            Some(left) => write!(f, " ({left} times)"),
            None => f.write_str(" (any number of times)"),
        }
    }
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({self})")
    }
}
