//! Files that are sent as text: in Base64, or as they are.

use std::io;

use base64::DecodeError;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::read::DecoderReader;

use super::Engine;
use crate::http::content::{Sink, Stored};
use crate::http::error::ApiError;
use crate::http::file::Folder;

/// Standard Base64, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a file was sent.
pub(crate) struct Encoded {
    pub(crate) text: Stored,
    pub(crate) is_base64: bool,
}

impl Encoded {
    pub(crate) fn new(text: String, is_base64: bool) -> Self {
        let text = Stored::Small(text.into());
        Self { text, is_base64 }
    }

    /// The file, or `None` if the text is not Base64.
    fn decode(&self, folder: Option<&Folder>) -> io::Result<Option<Stored>> {
        let mut text = self.text.reader()?;
        let mut sink = Sink::new(folder);
        let copied = match self.is_base64 {
            true => io::copy(&mut DecoderReader::new(text, &BASE64), &mut sink),
            false => io::copy(&mut text, &mut sink),
        };
        match copied {
            Ok(_) => Ok(Some(sink.finish())),
            Err(error) if error.get_ref().is_some_and(|e| e.is::<DecodeError>()) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Decodes files, each with what it belongs to. If one is not Base64, `refuse`
/// creates the error.
pub(crate) async fn decode<T: Send + 'static>(
    engine: &Engine,
    files: Vec<(T, Encoded)>,
    refuse: fn(&T) -> ApiError,
) -> Result<Vec<(T, Stored)>, ApiError> {
    let folder = engine.folder.clone();
    let decode = move || -> io::Result<Result<Vec<_>, ApiError>> {
        let mut decoded = Vec::new();
        for (of, file) in files {
            match file.decode(folder.as_ref())? {
                Some(file) => decoded.push((of, file)),
                None => return Ok(Err(refuse(&of))),
            }
        }
        Ok(Ok(decoded))
    };
    // Neither a slow disk nor a long decoding may hold up other requests.
    let decoded = tokio::task::spawn_blocking(decode).await;
    let decoded = decoded
        .map_err(io::Error::other)
        .and_then(|decoded| decoded);
    decoded.unwrap_or_else(|error| Err(engine.storage_failed(&error)))
}
