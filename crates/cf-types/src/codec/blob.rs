//! Bytes that are no JSON.

use super::field::{Field, Next, Token, View};

/// The body of a binary reply, as it came.
///
/// ```
/// let blob = cf_types::codec::Blob::from(vec![0x25, 0x50]);
/// assert_eq!(blob.as_ref(), b"%P");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blob(Vec<u8>);

impl Blob {
    /// The bytes themselves.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Blob(bytes)
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Blob(bytes.to_vec())
    }
}

impl From<String> for Blob {
    fn from(text: String) -> Self {
        Blob(text.into_bytes())
    }
}

impl From<&str> for Blob {
    fn from(text: &str) -> Self {
        Blob(text.as_bytes().to_vec())
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Field for Blob {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Bytes(bytes) => bytes.clone_into(&mut self.0),
            Token::Reset => self.0.clear(),
            _ => return Next::Reject("bytes"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Bytes(&self.0)
    }
}
