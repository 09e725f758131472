//! Streaming replies.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::body::Body;
use super::runtime::Background;
use crate::error::Error;

/// The body of a successful reply, piece by piece: what `send_stream` returns. However long it is, only one piece is in
/// memory. Its limits are those of the async client's [`Download`](crate::Download).
///
/// ```no_run
/// # fn run(client: cf_client::blocking::Client) -> Result<(), cf_client::Error> {
/// let logs = client
///     .request(http::Method::GET, "/zones/023e105f4ecef8ad9ca31a8372d0c353/logs/received")
///     .query("start", "2026-11-24T10:00:00Z")
///     .query("end", "2026-11-24T10:01:00Z")
///     .send_stream()?;
/// for line in logs.json_lines::<serde_json::Value>() {
///     println!("{}", line?["ClientRequestURI"]);
/// }
/// # Ok(()) }
/// ```
#[must_use = "the body is only fetched as it is read"]
pub struct Download {
    download: crate::download::Download,
    background: Arc<Background>,
}

impl Download {
    pub(super) fn new(download: crate::download::Download, background: Arc<Background>) -> Self {
        Download {
            download,
            background,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.download.status()
    }

    /// The reply's headers.
    pub fn headers(&self) -> &HeaderMap {
        self.download.headers()
    }

    /// The total length in bytes, if the server says so.
    pub fn content_length(&self) -> Option<u64> {
        self.download.content_length()
    }

    /// The body line by line, as text: for logs.
    pub fn lines(self) -> Lines {
        Lines::new(self.download.lines(), self.background)
    }

    /// The body line by line, each a JSON value: NDJSON, as Logpush and the log APIs have it. Blank lines are skipped.
    pub fn json_lines<T: DeserializeOwned>(self) -> JsonLines<T> {
        JsonLines::new(self.download.json_lines(), self.background)
    }

    /// The body as server-sent events: how models stream their answers.
    ///
    /// A stream that breaks off is an error, and is not resumed: see the async client's [`Events`](crate::Events).
    #[cfg(feature = "events")]
    pub fn events(self) -> Events {
        Events::new(self.download.events(), self.background)
    }

    /// The text that a model streams, piece by piece as it is generated: the [`events`](Self::events) without what is
    /// around the text.
    ///
    /// ```no_run
    /// # fn run(client: cf_client::blocking::Client) -> Result<(), cf_client::Error> {
    /// use std::io::Write as _;
    /// let model = "@cf/meta/llama-3.1-8b-instruct";
    /// let tokens = client
    ///     .request(http::Method::POST, format!("/accounts/023e105f4ecef8ad9ca31a8372d0c353/ai/run/{model}"))
    ///     .json(&serde_json::json!({ "prompt": "Why is the sky blue?", "stream": true }))
    ///     .send_stream()?
    ///     .tokens();
    /// for token in tokens {
    ///     print!("{}", token?);
    ///     let _ = std::io::stdout().flush();
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "events")]
    pub fn tokens(self) -> Tokens {
        Tokens::new(self.download.tokens(), self.background)
    }

    /// The reply with its body, to be read as bytes.
    pub fn into_response(self) -> Response<Body> {
        let background = self.background;
        let response = self.download.into_response();
        response.map(|body| Body::new(body, background))
    }

    /// The body, to be read as bytes.
    pub fn into_body(self) -> Body {
        self.into_response().into_body()
    }
}

/// Shows neither headers nor body.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.download.fmt(f)
    }
}

macro_rules! parts {
    ($(#[$doc:meta])* $name:ident $(<$t:ident>)? of $item:ty) => {
        $(#[$doc])*
        #[must_use = "nothing is fetched until it is iterated"]
        pub struct $name $(<$t>)? {
            /// Absent while it is on the client's thread, and after that has failed.
            parts: Option<crate::download::$name $(<$t>)?>,
            background: Arc<Background>,
        }

        impl $(<$t>)? $name $(<$t>)? {
            fn new(parts: crate::download::$name $(<$t>)?, background: Arc<Background>) -> Self {
                $name { parts: Some(parts), background }
            }
        }

        impl $(<$t: DeserializeOwned + Send + 'static>)? Iterator for $name $(<$t>)? {
            type Item = Result<$item, Error>;

            fn next(&mut self) -> Option<Self::Item> {
                let mut parts = self.parts.take()?;
                let next = self.background.run(async move {
                    let next = parts.next().await;
                    (parts, next)
                });
                match next {
                    Ok((parts, next)) => {
                        self.parts = Some(parts);
                        next
                    }
                    Err(error) => Some(Err(error)),
                }
            }
        }

        impl $(<$t>)? fmt::Debug for $name $(<$t>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

parts! {
    /// The lines of a body: see the async client's [`Lines`](crate::Lines).
    Lines of String
}

impl Lines {
    /// Sets the longest line, in bytes; a longer one is an error.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.parts = self.parts.map(|lines| lines.max_line_bytes(bytes));
        self
    }
}

parts! {
    /// The lines of a body, each a JSON value: see the async client's [`JsonLines`](crate::JsonLines). After a line that is
    /// no `T`, the next one follows.
    JsonLines<T> of T
}

impl<T: DeserializeOwned> JsonLines<T> {
    /// Sets the longest line, in bytes; a longer one is an error.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.parts = self.parts.map(|lines| lines.max_line_bytes(bytes));
        self
    }
}

#[cfg(feature = "events")]
parts! {
    /// The server-sent events of a body: see the async client's [`Events`](crate::Events).
    Events of crate::download::Event
}

#[cfg(feature = "events")]
impl Events {
    /// Sets the longest event, in bytes; a longer one is an error.
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.parts = self.parts.map(|events| events.max_event_bytes(bytes));
        self
    }

    /// The last ID that the server has given to an event.
    pub fn last_event_id(&self) -> Option<&str> {
        self.parts.as_ref()?.last_event_id()
    }

    /// How long to wait before asking again, as the server has said.
    pub fn retry(&self) -> Option<std::time::Duration> {
        self.parts.as_ref()?.retry()
    }
}

#[cfg(feature = "events")]
parts! {
    /// The text that a model streams: see the async client's [`Tokens`](crate::Tokens).
    Tokens of String
}

#[cfg(feature = "events")]
impl Tokens {
    /// The rest of the text.
    ///
    /// # Errors
    /// When the reply is not a stream of events, breaks off or takes too long, and when the model fails; a part of the
    /// text is not returned.
    pub fn text(self) -> Result<String, Error> {
        self.collect()
    }

    /// How many tokens were used, as the model counts them, mostly at the end.
    pub fn usage(&self) -> Option<&serde_json::Value> {
        self.parts.as_ref()?.usage()
    }
}
