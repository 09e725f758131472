//! A transport for tests that plays a script: these requests are expected, those are the replies.
//!
//! No server, no sockets, no runtime. A request that is not in the script is an error that says what was expected
//! instead, and [`finish`](ScriptedTransport::finish) says at the end what never came.
//!
//! ```
//! use cf_transport::mock::ScriptedTransport;
//! use cf_transport::{Body, Transport};
//! use http::Method;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = ScriptedTransport::new()
//!     .expect(Method::GET, "/zones?name=example.com")
//!     .reply(200, r#"{"success":true,"result":[]}"#)
//!     .expect(Method::POST, "/zones")
//!     .body(r#"{"name":"example.com"}"#)
//!     .reply(200, r#"{"success":true,"result":{"id":"023e"}}"#);
//!
//! // What is tested gets a clone; both share the script.
//! let transport: std::sync::Arc<dyn Transport> = std::sync::Arc::new(script.clone());
//! for request in [
//!     http::Request::get("https://api.cloudflare.com/client/v4/zones?name=example.com").body(Body::empty())?,
//!     http::Request::post("https://api.cloudflare.com/client/v4/zones").body(r#"{"name":"example.com"}"#.into())?,
//! ] {
//!     assert_eq!(transport.send(request).await?.status(), 200);
//! }
//!
//! script.finish()?; // every expected request came, and no other
//! # Ok(()) }
//! ```

mod expectation;

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};

use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};

pub use expectation::Expectation;

/// Most bytes of a request's body that are read: 64 MiB.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A transport that plays a script; see the [module](self).
///
/// Clones share the script. Expectations match in any order, and each matches one request unless it says otherwise; of
/// several that match a request, the one written first is used first.
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    expected: VecDeque<Expectation>,
    seen: Vec<Arc<Recorded>>,
    unexpected: Vec<String>,
    in_order: bool,
}

/// A request that reached a [`ScriptedTransport`].
#[non_exhaustive]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub uri: Uri,
    /// The headers, credentials among them.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl ScriptedTransport {
    /// An empty script: every request is unexpected.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, requests must come in the order written.
    #[must_use]
    pub fn in_order(self) -> Self {
        self.state().in_order = true;
        self
    }

    /// Expects a request. The expectation becomes part of the script with its reply.
    ///
    /// `path` is the path of the address, percent-encoded, with or without `/client/v4` before it. With a query after
    /// it (`/zones?name=a`), these parameters must be among those of the request.
    pub fn expect(self, method: Method, path: impl Into<String>) -> Expectation {
        Expectation::new(self, method, path.into())
    }

    /// The requests so far, unexpected ones too, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<Recorded>> {
        self.state().seen.clone()
    }

    /// Checks that the script was played to its end.
    ///
    /// # Errors
    /// Lists the expected requests that did not come and the unexpected ones that did.
    pub fn finish(&self) -> Result<(), ScriptError> {
        let state = self.state();
        let missing: Vec<String> = state
            .expected
            .iter()
            .filter(|expected| expected.is_due())
            .map(ToString::to_string)
            .collect();
        let unexpected = state.unexpected.clone();
        if missing.is_empty() && unexpected.is_empty() {
            Ok(())
        } else {
            Err(ScriptError {
                missing,
                unexpected,
            })
        }
    }

    fn add(self, expectation: Expectation) -> Self {
        self.state().expected.push_back(expectation);
        self
    }

    fn play(&self, request: Recorded) -> Result<Response<Body>, TransportError> {
        let mut state = self.state();
        let request = Arc::new(request);
        state.seen.push(request.clone());

        let mut reasons = Vec::new();
        let mut found = None;
        for (index, expected) in state.expected.iter().enumerate() {
            match expected.mismatch(&request) {
                None => {
                    found = Some(index);
                    break;
                }
                Some(reason) => reasons.push(format!("\n  {expected}: {reason}")),
            }
            if state.in_order && expected.is_due() {
                break;
            }
        }
        let Some(index) = found else {
            let line = format!("{} {}", request.method, request.uri);
            let expected = if reasons.is_empty() {
                "\n  nothing".to_owned()
            } else {
                reasons.concat()
            };
            state.unexpected.push(line.clone());
            let message = format!("the script does not expect {line}; it expects{expected}\n");
            return Err(
                TransportError::new(TransportErrorKind::Other, message).with_uri(&request.uri)
            );
        };
        if state.in_order {
            // Skipped ones are satisfied, and no longer expected.
            state.expected.drain(..index);
        }
        let index = if state.in_order { 0 } else { index };
        let Some(expected) = state.expected.get_mut(index) else {
            return Ok(Response::new(Body::empty()));
        };
        let reply = expected.answer(&request);
        if expected.is_used_up() {
            state.expected.remove(index);
        }
        reply.map_err(|error| error.with_uri(&request.uri))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for ScriptedTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.bytes(BODY_LIMIT).await?;
            self.play(Recorded {
                method: parts.method,
                uri: parts.uri,
                headers: parts.headers,
                body,
            })
        })
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ScriptedTransport")
            .field(
                "expected",
                &state
                    .expected
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>(),
            )
            .field("seen", &state.seen)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Recorded {
    /// Method and address only: headers and body may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({} bytes)",
            self.method,
            self.uri,
            self.body.len()
        )
    }
}

/// A script that was not played to its end.
///
/// `Debug` shows the same readable list as `Display`, so that `unwrap()` in a test is enough.
pub struct ScriptError {
    missing: Vec<String>,
    unexpected: Vec<String>,
}

impl ScriptError {
    /// The expected requests that did not come.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The requests that came and were not expected: method and address.
    #[must_use]
    pub fn unexpected(&self) -> &[String] {
        &self.unexpected
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script was not followed:")?;
        for missing in &self.missing {
            write!(f, "\n  missing: {missing}")?;
        }
        for unexpected in &self.unexpected {
            write!(f, "\n  unexpected: {unexpected}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ScriptError {}
