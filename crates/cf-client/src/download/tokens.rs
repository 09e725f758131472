//! The text in the events that a model streams.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use cf_types::codec::RawJson;
use cf_types::{Arguments, Meta, Operation, ReplyError, ResultKind};
use http::{Method, Response};
use serde_json::Value;

use super::events::{Event, Events};
use crate::error::{Error, Mismatch};

/// The text that a model streams, piece by piece: what [`Download::tokens`](super::Download::tokens) returns.
///
/// It reads the events of Workers AI (`ai().run(…)` with `stream`), and those of chat completions, OpenAI's responses and
/// Anthropic's messages, as Workers AI, AI Search and AI Gateway pass them on. What is not text, such as tool calls,
/// reasoning and the sources of an answer, is only in the [`events`](super::Download::events).
#[must_use = "no text is fetched until it is asked for"]
pub struct Tokens {
    events: Events,
    usage: Option<Value>,
}

impl Tokens {
    pub(super) fn of(events: Events) -> Self {
        Tokens {
            events,
            usage: None,
        }
    }

    /// The next piece of text, never empty; `None` at the end.
    ///
    /// # Errors
    /// Same as [`Events::next`]. When the model fails in the middle, the error is the API's
    /// ([`api_errors`](Error::api_errors)). After an event that is not JSON, the next one follows.
    pub async fn next(&mut self) -> Option<Result<String, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The rest of the text.
    ///
    /// # Errors
    /// Same as [`next`](Self::next); a part of the text is not returned.
    pub async fn text(mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(token) = self.next().await {
            text.push_str(&token?);
        }
        Ok(text)
    }

    /// How many tokens were used, as the model counts them, mostly at the end:
    /// `{"prompt_tokens": 12, "completion_tokens": 80, "total_tokens": 92}`.
    pub fn usage(&self) -> Option<&Value> {
        self.usage.as_ref()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            let event = match ready!(self.events.poll(cx)) {
                Some(Ok(event)) => event,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            match self.read(&event) {
                Ok(text) if text.is_empty() => {}
                result => return Poll::Ready(Some(result)),
            }
        }
    }

    /// The text in an event.
    fn read(&mut self, event: &Event) -> Result<String, Error> {
        let mismatch = |error| {
            let cause = Mismatch::new(&error, event.data.as_bytes());
            self.events.error(cause)
        };
        let said: Value = serde_json::from_str(&event.data).map_err(mismatch)?;
        if let Some(refusal) = refusal(&said, &event.data) {
            return Err(self.events.error(refusal));
        }
        // OpenAI's responses have it in the last event, inside the response.
        let usage = [&said["usage"], &said["response"]["usage"]];
        if let Some(usage) = usage.into_iter().find(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        Ok(text(&said))
    }
}

/// The text in what an event says; empty if there is none.
fn text(said: &Value) -> String {
    match &said["response"] {
        Value::String(text) if !text.is_empty() => return text.clone(),
        // Workers AI writes a token that looks like a number as one.
        Value::Number(number) => return number.to_string(),
        _ => {}
    }
    let choice = &said["choices"][0];
    let kind = said["type"].as_str();
    let text = match kind {
        Some("response.output_text.delta") => &said["delta"],
        Some("content_block_delta") => &said["delta"]["text"],
        _ if choice["delta"]["content"].is_string() => &choice["delta"]["content"],
        _ => &choice["text"],
    };
    text.as_str().unwrap_or_default().to_owned()
}

/// An error in place of text.
fn refusal(said: &Value, data: &str) -> Option<ReplyError> {
    let says = |name: &str| match &said[name] {
        Value::Null => false,
        Value::Array(errors) => !errors.is_empty(),
        _ => true,
    };
    if !says("error") && !says("errors") {
        return None;
    }
    let parts = Response::new(()).into_parts().0;
    cf_types::decode::<Whatever>(&parts, data.as_bytes()).err()
}

/// What an event can say.
struct Whatever;

impl Arguments for Whatever {}

impl Operation for Whatever {
    const META: &'static Meta = &Meta::new("", Method::POST, "").with_result(ResultKind::Any);
    type Output = RawJson;
}

stream!(Tokens => String);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}
