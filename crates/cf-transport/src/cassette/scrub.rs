use cf_redact::{Message, Scrubbed, Scrubber};
use http::{HeaderName, HeaderValue};

/// What replaces a secret.
const GONE: &str = "[scrubbed]";

/// What is kept out of a cassette. [`Scrub::default`] is what the [module](super) describes.
///
/// ```
/// use cf_transport::cassette::{Recorder, Scrub};
/// # let transport = cf_transport::transport_fn(|_| async { Ok(http::Response::new(cf_transport::Body::empty())) });
/// let scrub = Scrub::default().key("invoice_number").replace("our-customer.com", "example.com");
/// let recorder = Recorder::new(transport).scrub(scrub);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Scrub {
    scrubber: Scrubber,
    headers: Vec<HeaderName>,
    pub(super) keep_identifiers: bool,
    pub(super) keep_binary: bool,
}

impl Default for Scrub {
    fn default() -> Self {
        Self {
            scrubber: Scrubber::new().mark(GONE),
            headers: Vec::new(),
            keep_identifiers: false,
            keep_binary: false,
        }
    }
}

impl Scrub {
    /// Removes the value of this header, too.
    pub fn header(mut self, name: HeaderName) -> Self {
        self.headers.push(name);
        self
    }

    /// Removes what is in JSON members, headers and parameters of this name, too.
    pub fn key(mut self, name: impl Into<String>) -> Self {
        self.scrubber = self.scrubber.name(&name.into());
        self
    }

    /// Replaces this text wherever it is.
    pub fn replace(mut self, text: impl Into<String>, with: impl Into<String>) -> Self {
        self.scrubber = self.scrubber.replace(text, with);
        self
    }

    /// Keeps identifiers and e-mail addresses as they are.
    pub fn keep_identifiers(mut self) -> Self {
        self.keep_identifiers = true;
        self
    }

    /// Keeps replies that are not text, such as images and archives, whole.
    ///
    /// No secret is found in them. Without this, such an exchange is not recorded, and
    /// [`Recorder::save`](super::Recorder::save) says so.
    pub fn keep_binary(mut self) -> Self {
        self.keep_binary = true;
        self
    }

    pub(super) fn header_value(&self, name: &HeaderName, value: &HeaderValue) -> String {
        if value.is_sensitive() || self.headers.contains(name) {
            return GONE.to_owned();
        }
        self.scrubber
            .header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))
    }

    pub(super) fn url(&self, url: &str) -> String {
        self.scrubber.address(url)
    }

    /// A body; `url` is the request's, for a reply, too.
    pub(super) fn body(
        &self,
        message: Message,
        url: &str,
        media_type: &str,
        text: &str,
    ) -> Scrubbed {
        self.scrubber.body(message, url, media_type, text)
    }
}
