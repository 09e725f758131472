use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Request, Response};

use super::compare::{Placeholders, rename};
use super::{Answered, Asked, BODY_LIMIT, Cassette, CassetteError, Exchange, Scrub, VERSION};
use crate::{Body, BoxFuture, Transport, TransportError};

/// Sends through another transport and records the exchanges; see the [module](super).
///
/// The caller gets the real replies; only the cassette is scrubbed. Bodies are read whole before they go on, up to
/// 64 MiB each. Requests that got no reply are not recorded.
pub struct Recorder<T> {
    inner: T,
    scrub: Scrub,
    tape: Mutex<Tape>,
}

#[derive(Default)]
struct Tape {
    /// In the order in which the requests were sent; empty until the reply is there.
    exchanges: Vec<Option<Exchange>>,
    placeholders: Placeholders,
}

impl<T: Transport> Recorder<T> {
    /// Records what passes through `inner`.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            scrub: Scrub::default(),
            tape: Mutex::default(),
        }
    }

    /// What is to be kept out of the cassette.
    #[must_use]
    pub fn scrub(mut self, scrub: Scrub) -> Self {
        self.scrub = scrub;
        self
    }

    /// The exchanges so far, in the order in which the requests were sent.
    #[must_use]
    pub fn cassette(&self) -> Cassette {
        Cassette {
            version: VERSION,
            exchanges: self.tape().exchanges.iter().flatten().cloned().collect(),
        }
    }

    /// Writes the exchanges so far to a file.
    ///
    /// # Errors
    /// As [`Cassette::save`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        self.cassette().save(path)
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let (parts, body) = request.into_parts();
        let body = body.bytes(BODY_LIMIT).await?;
        let asked = Asked::new(
            &parts.method,
            &parts.uri,
            &parts.headers,
            &body,
            &self.scrub,
        );
        let index = {
            let mut tape = self.tape();
            tape.exchanges.push(None);
            tape.exchanges.len() - 1
        };

        let reply = self
            .inner
            .send(Request::from_parts(parts, body.into()))
            .await?;
        let (parts, body) = reply.into_parts();
        let body = body.bytes(BODY_LIMIT).await?;
        let answered = Answered::new(parts.status, &parts.headers, &body, &self.scrub);
        let mut exchange = Exchange {
            request: asked,
            reply: answered,
        };

        let mut tape = self.tape();
        if !self.scrub.keep_identifiers {
            let placeholders = &mut tape.placeholders;
            let mut hide = |text: &str| rename(text, |identifier| placeholders.of(identifier));
            exchange.request.map(&mut hide);
            exchange.reply.map(&mut hide);
        }
        if let Some(slot) = tape.exchanges.get_mut(index) {
            *slot = Some(exchange);
        }
        Ok(Response::from_parts(parts, body.into()))
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

impl<T: fmt::Debug> fmt::Debug for Recorder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("inner", &self.inner)
            .field("scrub", &self.scrub)
            .finish_non_exhaustive()
    }
}
