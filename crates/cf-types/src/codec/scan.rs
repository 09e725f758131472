//! Scans JSON text: punctuation, words, and whole values that are skipped.

use super::error::SyntaxError;

/// A position in JSON text that is known to be UTF-8.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) pos: usize,
    /// The buffer for strings with escapes.
    pub(super) unescaped: String,
    /// What was wrong when a [`Stop`] was returned, and where.
    failed: (&'static str, usize),
}

/// The text is not JSON. Small, since every step may return one: the scanner knows the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop;

/// What the next value is, as far as its first byte says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number,
    Str,
    Array,
    Object,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner {
            text,
            pos: 0,
            unescaped: String::new(),
            failed: ("", 0),
        }
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    pub(super) fn back_to(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// The text from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.pos]
    }

    #[cold]
    pub(super) fn error<T>(&mut self, what: &'static str) -> Result<T, Stop> {
        self.failed = (what, self.pos);
        Err(Stop)
    }

    /// What the last [`Stop`] was about.
    pub(super) fn syntax_error(&self) -> SyntaxError {
        SyntaxError::new(self.failed.0, self.failed.1)
    }

    #[inline]
    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.pos += 1;
        }
    }

    /// Skips `byte`, after white space.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        if self.byte() != Some(byte) {
            self.space();
            if self.byte() != Some(byte) {
                return false;
            }
        }
        self.pos += 1;
        true
    }

    #[inline]
    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Stop> {
        if self.eat(byte) {
            Ok(())
        } else {
            self.error(what)
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Stop> {
        self.space();
        if self.pos == self.text.len() {
            return Ok(());
        }
        self.error("something follows the JSON value")
    }

    /// Peeks at the next value; the scanner is then at its first byte. Words are complete.
    #[inline(always)]
    pub(super) fn kind(&mut self) -> Result<Kind, Stop> {
        loop {
            let Some(first) = self.byte() else {
                return self.error("the text ends where a JSON value is expected");
            };
            return match first {
                b'"' => Ok(Kind::Str),
                b'{' => Ok(Kind::Object),
                b'[' => Ok(Kind::Array),
                b'-' | b'0'..=b'9' => Ok(Kind::Number),
                b'n' if self.has_word(b"null") => Ok(Kind::Null),
                b't' if self.has_word(b"true") => Ok(Kind::Bool(true)),
                b'f' if self.has_word(b"false") => Ok(Kind::Bool(false)),
                b' ' | b'\n' | b'\r' | b'\t' => {
                    self.pos += 1;
                    continue;
                }
                _ => self.error("expected a JSON value"),
            };
        }
    }

    #[inline]
    fn has_word<const N: usize>(&self, word: &[u8; N]) -> bool {
        let ahead = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        ahead.first_chunk() == Some(word)
    }

    /// Skips one value, however deep: its stack is one byte per level.
    pub(super) fn skip(&mut self) -> Result<(), Stop> {
        let mut open = Vec::new();
        loop {
            match self.kind()? {
                Kind::Null | Kind::Bool(true) => self.pos += 4,
                Kind::Bool(false) => self.pos += 5,
                Kind::Number => {
                    self.skip_number()?;
                }
                Kind::Str => self.skip_string()?,
                kind @ (Kind::Array | Kind::Object) => {
                    self.pos += 1;
                    let close = if kind == Kind::Array { b']' } else { b'}' };
                    if !self.eat(close) {
                        open.push(close);
                        if kind == Kind::Object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
            }
            // A value has ended, and perhaps those around it.
            loop {
                let Some(close) = open.last().copied() else {
                    return Ok(());
                };
                if self.eat(b',') {
                    if close == b'}' {
                        self.skip_key()?;
                    }
                    break;
                }
                self.expect(close, "expected a comma or the end of a list or object")?;
                open.pop();
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Stop> {
        self.at_key()?;
        self.skip_string()?;
        self.colon()
    }

    /// Goes to the quote of a member name.
    #[inline]
    pub(super) fn at_key(&mut self) -> Result<(), Stop> {
        self.space();
        if self.byte() == Some(b'"') {
            Ok(())
        } else {
            self.error("expected a member name")
        }
    }

    #[inline]
    pub(super) fn colon(&mut self) -> Result<(), Stop> {
        self.expect(b':', "expected a colon")
    }
}
