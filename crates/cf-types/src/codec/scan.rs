//! Walks over JSON text: strings, numbers, and whole values that are only passed by.

use super::error::SyntaxError;
use super::number::Number;

/// A place in JSON text that is known to be UTF-8.
pub(super) struct Scanner<'a> {
    text: &'a str,
    pos: usize,
    /// Where strings with escapes are spelled out.
    unescaped: String,
}

/// What the next value is, as far as its first byte tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number,
    Str,
    Array,
    Object,
}

/// A string that was read.
pub(super) enum Text<'s> {
    Plain(&'s str),
    /// Escapes that stand for no character (half a surrogate pair).
    Broken,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner {
            text,
            pos: 0,
            unescaped: String::new(),
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

    pub(super) fn error<T>(&self, what: &'static str) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(what, self.pos))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.pos += 1;
        }
    }

    /// Passes by `byte`, after white space.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let there = self.byte() == Some(byte);
        self.pos += usize::from(there);
        there
    }

    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), SyntaxError> {
        if self.eat(byte) {
            Ok(())
        } else {
            self.error(what)
        }
    }

    pub(super) fn end(&mut self) -> Result<(), SyntaxError> {
        self.space();
        if self.pos == self.text.len() {
            return Ok(());
        }
        self.error("something follows the JSON value")
    }

    /// Looks at the next value; passes by `null`, `true` and `false`, and by nothing else.
    pub(super) fn kind(&mut self) -> Result<Kind, SyntaxError> {
        self.space();
        match self.byte() {
            Some(b'"') => Ok(Kind::Str),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b'n') => self.word("null", Kind::Null),
            Some(b't') => self.word("true", Kind::Bool(true)),
            Some(b'f') => self.word("false", Kind::Bool(false)),
            Some(_) => self.error("expected a JSON value"),
            None => self.error("the text ends where a JSON value is expected"),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, SyntaxError> {
        if self.text.as_bytes()[self.pos..].starts_with(word.as_bytes()) {
            self.pos += word.len();
            return Ok(kind);
        }
        self.error("expected a JSON value")
    }

    /// Reads a string; the scanner stands on its quote.
    pub(super) fn string(&mut self) -> Result<Text<'_>, SyntaxError> {
        let bytes = self.text.as_bytes();
        self.pos += 1;
        let start = self.pos;
        self.pos = plain_run(bytes, start);
        if self.byte() == Some(b'"') {
            let plain = &self.text[start..self.pos];
            self.pos += 1;
            return Ok(Text::Plain(plain));
        }
        let mut out = std::mem::take(&mut self.unescaped);
        out.clear();
        out.push_str(&self.text[start..self.pos]);
        let whole = self.escaped_rest(&mut out);
        self.unescaped = out;
        Ok(if whole? {
            Text::Plain(&self.unescaped)
        } else {
            Text::Broken
        })
    }

    fn escaped_rest(&mut self, out: &mut String) -> Result<bool, SyntaxError> {
        let bytes = self.text.as_bytes();
        let mut whole = true;
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(whole);
                }
                Some(b'\\') => match self.escape()? {
                    Some(c) => out.push(c),
                    None => whole = false,
                },
                Some(_) => return self.error("control character in a string"),
                None => return self.error("the text ends within a string"),
            }
            let start = self.pos;
            self.pos = plain_run(bytes, start);
            out.push_str(&self.text[start..self.pos]);
        }
    }

    /// Reads one escape; `None` where it stands for no character.
    fn escape(&mut self) -> Result<Option<char>, SyntaxError> {
        self.pos += 1;
        let c = match self.byte() {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.pos += 1;
                let first = self.hex4()?;
                return self.utf16(first);
            }
            _ => return self.error("unknown escape in a string"),
        };
        self.pos += 1;
        Ok(Some(c))
    }

    fn utf16(&mut self, first: u16) -> Result<Option<char>, SyntaxError> {
        if !(0xD800..0xDC00).contains(&first) {
            return Ok(char::from_u32(u32::from(first)));
        }
        if !self.text.as_bytes()[self.pos..].starts_with(b"\\u") {
            return Ok(None);
        }
        let before = self.pos;
        self.pos += 2;
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            self.pos = before;
            return Ok(None);
        }
        Ok(char::decode_utf16([first, second])
            .next()
            .and_then(Result::ok))
    }

    fn hex4(&mut self) -> Result<u16, SyntaxError> {
        let digits = self.text.as_bytes().get(self.pos..self.pos + 4);
        let Some(digits) = digits.filter(|d| d.iter().all(u8::is_ascii_hexdigit)) else {
            return self.error("expected four hex digits in a string");
        };
        let value = digits.iter().fold(0, |value, digit| {
            value << 4 | char::from(*digit).to_digit(16).map_or(0, |d| d as u16)
        });
        self.pos += 4;
        Ok(value)
    }

    /// Passes by a string without spelling it out.
    fn skip_string(&mut self) -> Result<(), SyntaxError> {
        let bytes = self.text.as_bytes();
        self.pos += 1;
        loop {
            self.pos = plain_run(bytes, self.pos);
            match self.byte() {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.escape()?;
                }
                Some(_) => return self.error("control character in a string"),
                None => return self.error("the text ends within a string"),
            }
        }
    }

    /// Reads a number; `None` where no machine number holds it.
    pub(super) fn number(&mut self) -> Result<Option<Number>, SyntaxError> {
        let start = self.pos;
        let is_integer = self.skip_number()?;
        let text = self.since(start);
        if is_integer && text != "-0" {
            if let Ok(value) = text.parse() {
                return Ok(Some(Number::Int(value)));
            }
            if let Ok(value) = text.parse() {
                return Ok(Some(Number::Uint(value)));
            }
        }
        let float = text.parse::<f64>().ok().filter(|value| value.is_finite());
        Ok(float.map(Number::Float))
    }

    /// Passes by a number; true for an integer literal.
    fn skip_number(&mut self) -> Result<bool, SyntaxError> {
        self.pos += usize::from(self.byte() == Some(b'-'));
        match self.byte() {
            Some(b'0') => self.pos += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.error("expected a digit"),
        }
        let mut is_integer = true;
        if self.byte() == Some(b'.') {
            is_integer = false;
            self.pos += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            is_integer = false;
            self.pos += 1;
            self.pos += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(is_integer)
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let start = self.pos;
        while let Some(b'0'..=b'9') = self.byte() {
            self.pos += 1;
        }
        if self.pos == start {
            return self.error("expected a digit");
        }
        Ok(())
    }

    /// Passes by one value, however deep: it keeps no stack but a byte a level.
    pub(super) fn skip(&mut self) -> Result<(), SyntaxError> {
        let mut open = Vec::new();
        loop {
            match self.kind()? {
                Kind::Null | Kind::Bool(_) => {}
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
            // A value has ended: so may those around it.
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

    fn skip_key(&mut self) -> Result<(), SyntaxError> {
        self.space();
        if self.byte() != Some(b'"') {
            return self.error("expected a member name");
        }
        self.skip_string()?;
        self.expect(b':', "expected a colon")
    }

    /// Reads a member name and its colon.
    pub(super) fn key(&mut self) -> Result<Text<'_>, SyntaxError> {
        self.space();
        if self.byte() != Some(b'"') {
            return self.error("expected a member name");
        }
        // A name without escapes, the common case, borrows from the text alone.
        let start = self.pos + 1;
        let end = plain_run(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.pos = end + 1;
            self.expect(b':', "expected a colon")?;
            return Ok(Text::Plain(&self.text[start..end]));
        }
        let broken = matches!(self.string()?, Text::Broken);
        self.expect(b':', "expected a colon")?;
        Ok(if broken {
            Text::Broken
        } else {
            Text::Plain(&self.unescaped)
        })
    }
}

/// Where the run of characters ends that stand for themselves in a string.
#[inline]
fn plain_run(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start.min(bytes.len())..];
    let special = rest
        .iter()
        .position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
    start + special.unwrap_or(rest.len())
}
