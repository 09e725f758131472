use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Request, Response};

use super::compare::{Placeholders, rename};
use super::{
    Answered, Asked, BODY_LIMIT, Cassette, CassetteError, Exchange, Scrub, VERSION, content,
};
use crate::{Body, BoxFuture, Transport, TransportError};

/// Sends through another transport and records the exchanges; see the [module](super).
///
/// The caller gets the real replies; only the cassette is scrubbed. Bodies are read completely before they are passed
/// on, up to 64 MiB each. Requests that got no reply are not recorded, and neither are replies that are not text,
/// unless [`Scrub::keep_binary`] allows them.
pub struct Recorder<T> {
    inner: T,
    scrub: Scrub,
    tape: Mutex<Tape>,
}

#[derive(Default)]
struct Tape {
    /// In the order in which the requests were sent; empty until the reply arrives.
    exchanges: Vec<Option<Exchange>>,
    placeholders: Placeholders,
    /// What was not recorded, since no secret can be found in it.
    refused: Vec<String>,
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
    /// Same as [`Cassette::save`]; and when a reply was left out since it is not text, which [`Scrub::keep_binary`] allows.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        let refused = self.tape().refused.join("\n  ");
        if !refused.is_empty() {
            return Err(CassetteError::new(format!(
                "some replies are not text, so that no secret can be found in them; if there is none, allow them by \
                 Scrub::keep_binary:\n  {refused}"
            )));
        }
        self.cassette().save(path)
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let (parts, body) = request.into_parts();
        let body = body.bytes(BODY_LIMIT).await?;
        let recorded = Asked::new(
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

        let url = parts.uri.to_string();
        let reply = self
            .inner
            .send(Request::from_parts(parts, body.into()))
            .await?;
        let (parts, body) = reply.into_parts();
        let body = body.bytes(BODY_LIMIT).await?;
        let answered = Answered::new(parts.status, &parts.headers, &body, &url, &self.scrub);

        let mut tape = self.tape();
        let Some(reply) = answered else {
            let media_type = content::media_type(&parts.headers);
            let len = body.len();
            let refused = format!("{}: {len} bytes of `{media_type}`", recorded.title());
            tape.refused.push(refused);
            return Ok(Response::from_parts(parts, body.into()));
        };
        let mut exchange = Exchange {
            request: recorded,
            reply,
        };
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
