//! Bytes that are not JSON.

use std::fmt;

use super::field::{Field, Next, Token, View};

/// Bytes that are not JSON: the body of a binary reply, or a file to be sent.
///
/// ```
/// use cf_types::codec::Blob;
///
/// let module = Blob::from("export default {}").named("worker.js").typed("application/javascript+module");
/// assert_eq!(module.file_name(), Some("worker.js"));
/// assert_eq!(module.as_ref(), b"export default {}");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Blob {
    bytes: Vec<u8>,
    file_name: Option<String>,
    media_type: Option<String>,
}

impl Blob {
    /// Names the file, for forms; by default it has its field's name.
    #[must_use]
    pub fn named(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = Some(file_name.into());
        self
    }

    /// Sets its media type, as a part of a form or as the whole body; by default it is that of the operation, mostly
    /// `application/octet-stream`.
    #[must_use]
    pub fn typed(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// The file's name in forms.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type that it was given.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// The bytes themselves.
    pub fn into_vec(self) -> Vec<u8> {
        self.bytes
    }
}

/// Shows the length only: files can hold secrets.
impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.bytes.len())
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Blob {
            bytes,
            ..Blob::default()
        }
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<String> for Blob {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for Blob {
    fn from(text: &str) -> Self {
        text.as_bytes().to_vec().into()
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Field for Blob {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Bytes(bytes) => *self = bytes.into(),
            Token::File(blob) => blob.clone_into(self),
            Token::Reset => *self = Blob::default(),
            _ => return Next::Reject("bytes"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Bytes(self)
    }
}
