//! Uploaded content: a little of it as bytes, a lot as a file.

use std::io::{self, Write};

use bytes::{Buf as _, Bytes};

use super::file::{AnyReader, File, Folder, Writer};

/// More than this becomes a file.
pub(crate) const SMALL: usize = 64 << 10;

/// What was uploaded, in one of two places. Clones share it.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Small(Bytes),
    Large(File),
}

impl Stored {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Small(bytes) => bytes.len() as u64,
            Self::Large(file) => file.size(),
        }
    }

    /// Whether it can be read, as far as that can be told beforehand.
    pub(crate) fn check(&self) -> io::Result<()> {
        match self {
            Self::Small(_) => Ok(()),
            Self::Large(file) => file.check(),
        }
    }

    /// Reads it piece by piece.
    pub(crate) fn reader(&self) -> io::Result<AnyReader> {
        match self {
            Self::Small(bytes) => Ok(Box::new(bytes.clone().reader())),
            Self::Large(file) => file.reader(),
        }
    }
}

/// A file that a request uploads.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) file: File,
    /// In hexadecimal digits.
    pub(crate) md5: String,
}

/// Content on its way to where it is stored.
pub(crate) enum Sink<'a> {
    Small(Vec<u8>, Option<&'a Folder>),
    Large(Writer),
}

impl<'a> Sink<'a> {
    /// Large content goes to `folder`, if there is one.
    pub(crate) fn new(folder: Option<&'a Folder>) -> Self {
        Self::Small(Vec::new(), folder)
    }

    pub(crate) fn finish(self) -> Stored {
        match self {
            Self::Small(bytes, _) => Stored::Small(bytes.into()),
            Self::Large(writer) => Stored::Large(writer.finish()),
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        match self {
            Self::Small(bytes, _) if bytes.len() + more.len() <= SMALL => {
                bytes.extend_from_slice(more);
            }
            Self::Small(bytes, folder) => {
                let mut writer = Writer::new(*folder)?;
                writer.push(bytes)?;
                writer.push(more)?;
                *self = Self::Large(writer);
            }
            Self::Large(writer) => writer.push(more)?,
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
