//! Strings and member names in JSON text.

use super::scan::{Scanner, Stop};

/// A string that was read.
pub(super) enum Text<'a> {
    /// As in the text.
    Plain(&'a str),
    /// With escapes: decoded into [`Scanner::unescaped`].
    Escaped,
    /// Escapes that stand for no character (half a surrogate pair).
    Broken,
}

impl<'a> Scanner<'a> {
    /// Reads a string; the scanner is at its quote.
    pub(super) fn string(&mut self) -> Result<Text<'a>, Stop> {
        match self.plain_string() {
            Some(text) => Ok(Text::Plain(text)),
            None => self.escaped(),
        }
    }

    /// Reads a string that has no escapes; else the scanner does not move.
    #[inline(always)]
    pub(super) fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.pos + 1;
        let end = plain_run(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.pos = end + 1;
        Some(&self.text[start..end])
    }

    /// Reads a member name and its colon.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Text<'a>, Stop> {
        self.at_key()?;
        let key = self.string()?;
        self.colon()?;
        Ok(key)
    }

    /// Skips the start of a member if it is `member`.
    #[inline(always)]
    pub(super) fn eat_member(&mut self, member: &[u8]) -> bool {
        let end = self.pos + member.len();
        let same = self.text.as_bytes().get(self.pos..end) == Some(member);
        if same {
            self.pos = end;
        }
        same
    }

    /// Decodes a string.
    #[cold]
    pub(super) fn escaped(&mut self) -> Result<Text<'a>, Stop> {
        let start = self.pos + 1;
        self.pos = plain_run(self.text.as_bytes(), start);
        let mut out = std::mem::take(&mut self.unescaped);
        out.clear();
        out.push_str(self.since(start));
        let whole = self.escaped_rest(&mut out);
        self.unescaped = out;
        Ok(if whole? { Text::Escaped } else { Text::Broken })
    }

    fn escaped_rest(&mut self, out: &mut String) -> Result<bool, Stop> {
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

    /// Reads one escape; `None` if it stands for no character.
    fn escape(&mut self) -> Result<Option<char>, Stop> {
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

    fn utf16(&mut self, first: u16) -> Result<Option<char>, Stop> {
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

    fn hex4(&mut self) -> Result<u16, Stop> {
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

    /// Skips a string without decoding it.
    pub(super) fn skip_string(&mut self) -> Result<(), Stop> {
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
}

/// Where the run of plain characters in a string ends.
#[inline]
pub(super) fn plain_run(bytes: &[u8], start: usize) -> usize {
    let mut rest = bytes.get(start..).unwrap_or_default();
    let at = |rest: &[u8]| bytes.len() - rest.len();
    // Eight bytes at a time; the first special one is the lowest bit set.
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return at(rest) + (special.trailing_zeros() / 8) as usize;
        }
        rest = behind;
    }
    let special = rest.iter().position(|b| is_special(*b));
    at(rest) + special.unwrap_or(rest.len())
}

/// Whether no character of a string needs an escape.
#[inline]
pub(super) fn is_plain(text: &str) -> bool {
    plain_run(text.as_bytes(), 0) == text.len()
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// The high bit of the first byte that is a quote, a backslash or a control character, and of some
/// behind it.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // With one bit turned, the quote stands right behind the control characters.
    let low = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (low | backslash) & !word & HIGH
}
