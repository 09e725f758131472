//! Texts with stored content embedded, in various encodings. The content is
//! streamed as the text is read, so a text can be larger than memory.

use std::io::{self, BufWriter, Read, Write};

use super::content::{Sink, Stored};
use super::file::{AnyReader, Folder};

/// Size of the pieces in which content is read.
const PIECE: usize = 64 << 10;
/// Shorter content is copied into the text right away.
const SHORT: u64 = 4 << 10;

/// How content is encoded in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is; invalid UTF-8 is replaced.
    Text,
    /// The same as a JSON string.
    JsonString,
    /// As a JSON list of hexadecimal strings, one for each piece.
    JsonHex,
}

/// A complete text. Clones share the stored content.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text(Vec<Part>);

#[derive(Debug, Clone)]
struct Part {
    content: Stored,
    /// `None` for what was written directly.
    form: Option<Form>,
}

impl Part {
    fn reader(&self) -> io::Result<AnyReader> {
        let content = self.content.reader()?;
        Ok(match self.form {
            None => content,
            Some(form) => Box::new(Encoder::new(content, form)),
        })
    }
}

impl Text {
    /// Its length, if known before it is read.
    pub(crate) fn size(&self) -> Option<u64> {
        let sizes = self.0.iter().map(|part| match part.form {
            None => Some(part.content.len()),
            Some(_) => None,
        });
        sizes.sum()
    }

    pub(crate) fn reader(&self) -> AnyReader {
        Box::new(Parts {
            left: self.0.clone().into_iter(),
            current: Box::new(io::empty()),
        })
    }
}

/// Reads a text. Files are opened one after another.
struct Parts {
    left: std::vec::IntoIter<Part>,
    current: AnyReader,
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            match self.left.next() {
                Some(part) => self.current = part.reader()?,
                None => return Ok(0),
            }
        }
    }
}

/// Builds a text. What is written to it goes in unchanged.
pub(crate) struct TextWriter<'a> {
    parts: Vec<Part>,
    last: BufWriter<Sink<'a>>,
    folder: Option<&'a Folder>,
}

impl<'a> TextWriter<'a> {
    /// Long texts go to `folder`, if there is one.
    pub(crate) fn new(folder: Option<&'a Folder>) -> Self {
        Self {
            parts: Vec::new(),
            last: BufWriter::new(Sink::new(folder)),
            folder,
        }
    }

    /// Embeds content here.
    pub(crate) fn insert(&mut self, content: Stored, form: Form) -> io::Result<()> {
        let short = content.len() <= SHORT;
        let form = Some(form);
        let part = Part { content, form };
        if short {
            return io::copy(&mut part.reader()?, self).map(drop);
        }
        // Later, an error could only cut the reply off.
        part.content.check()?;
        self.end_part()?;
        self.parts.push(part);
        Ok(())
    }

    fn end_part(&mut self) -> io::Result<()> {
        let next = BufWriter::new(Sink::new(self.folder));
        let last = std::mem::replace(&mut self.last, next).into_inner();
        let content = last.map_err(io::IntoInnerError::into_error)?.finish();
        if content.len() > 0 {
            self.parts.push(Part {
                content,
                form: None,
            });
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<Text> {
        self.end_part()?;
        Ok(Text(self.parts))
    }
}

impl Write for TextWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.last.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.last.flush()
    }
}

/// Reads content and encodes it.
struct Encoder {
    content: AnyReader,
    form: Form,
    /// Read but not yet written: the start of a character.
    read: Vec<u8>,
    written: io::Cursor<Vec<u8>>,
    began: bool,
    ended: bool,
}

impl Encoder {
    fn new(content: AnyReader, form: Form) -> Self {
        Self {
            content,
            form,
            read: Vec::new(),
            written: io::Cursor::default(),
            began: false,
            ended: false,
        }
    }

    /// Encodes the next piece.
    fn advance(&mut self) -> io::Result<()> {
        let mut out = std::mem::take(&mut self.written).into_inner();
        out.clear();
        let mut piece = self.content.by_ref().take(PIECE as u64);
        self.ended = piece.read_to_end(&mut self.read)? < PIECE;
        let began = std::mem::replace(&mut self.began, true);
        let (open, close): (&[u8], &[u8]) = match self.form {
            Form::Text => (b"", b""),
            Form::JsonString => (b"\"", b"\""),
            Form::JsonHex => (b"[", b"]"),
        };
        if !began {
            out.extend_from_slice(open);
        }
        match self.form {
            Form::JsonHex if self.read.is_empty() => {}
            Form::JsonHex => {
                let comma = if began { "," } else { "" };
                write!(out, "{comma}\"{}\"", hex::encode(&self.read))?;
                self.read.clear();
            }
            Form::Text => self.characters(|text| {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            })?,
            Form::JsonString => self.characters(|text| escape(text, &mut out))?,
        }
        if self.ended {
            out.extend_from_slice(close);
        }
        self.written = io::Cursor::new(out);
        Ok(())
    }

    /// Passes on what was read as text, except for an incomplete character.
    fn characters(&mut self, mut take: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let mut at = 0;
        for chunk in self.read.utf8_chunks() {
            take(chunk.valid())?;
            at += chunk.valid().len();
            let rest = std::str::from_utf8(&self.read[at..]);
            let cut = rest.is_err_and(|error| error.error_len().is_none());
            if cut && !self.ended {
                break;
            }
            if !chunk.invalid().is_empty() {
                take("\u{FFFD}")?;
            }
            at += chunk.invalid().len();
        }
        self.read.drain(..at);
        Ok(())
    }
}

impl Read for Encoder {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.written.read(into)?;
            if count > 0 || into.is_empty() || self.ended {
                return Ok(count);
            }
            self.advance()?;
        }
    }
}

/// Writes the content of a JSON string, without its quotes.
fn escape(text: &str, out: &mut Vec<u8>) -> io::Result<()> {
    let string = serde_json::to_vec(text)?;
    out.extend_from_slice(&string[1..string.len() - 1]);
    Ok(())
}
