//! Numbers as JSON writes them: an integer stays one, and its spelling is known.

use super::scan::{Scanner, Stop};

/// A JSON number that fits a machine word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer literal that fits `i64`.
    Int(i64),
    /// A larger integer literal that fits `u64`.
    Uint(u64),
    /// Everything else.
    Float(f64),
}

/// Below this every whole `f64` stands for one integer only.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Number {
    /// The number as an integer, if it is whole and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Number::Int(value) => Some(value),
            Number::Uint(_) => None,
            Number::Float(value) => whole(value),
        }
    }

    /// The nearest `f64`.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            Number::Uint(value) => value as f64,
            Number::Float(value) => value,
        }
    }

    /// Whether the number is written without a fraction.
    pub(super) fn is_whole(self) -> bool {
        match self {
            Number::Int(_) | Number::Uint(_) => true,
            Number::Float(value) => whole(value).is_some(),
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        self.as_f64() == 0.0
    }

    /// Appends the number as JSON. Whole floats are written without a fraction; what is not a number in JSON
    /// (infinities) is written as null.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self {
            Number::Int(value) => int(value, out),
            Number::Uint(value) => digits(value, out),
            Number::Float(value) => match whole(value) {
                Some(value) => int(value, out),
                // Writing to memory cannot fail.
                None => _ = serde_json::to_writer(out, &value),
            },
        }
    }

    /// The number as JSON.
    pub(crate) fn to_text(self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

#[allow(clippy::cast_possible_truncation)]
fn whole(value: f64) -> Option<i64> {
    // Minus zero is a distinct float.
    let is_whole = value.fract() == 0.0 && value.abs() < EXACT;
    (is_whole && (value != 0.0 || value.is_sign_positive())).then_some(value as i64)
}

fn int(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    digits(value.unsigned_abs(), out);
}

fn digits(mut value: u64, out: &mut Vec<u8>) {
    let mut text = [0; 20];
    let mut start = text.len();
    loop {
        start -= 1;
        text[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[start..]);
}

/// A number that was read.
pub(super) enum Literal {
    /// There is one way to write it.
    Canonical(Number),
    /// It may be spelled differently than the codec would.
    Spelled(Number),
    /// No machine number holds it.
    Beyond,
}

/// Integers with this many digits are exact in every machine number.
const SHORT: usize = 15;

/// Whether only a fraction of zero follows.
fn is_zero(rest: &[u8]) -> bool {
    rest.starts_with(b".0") && !matches!(rest.get(2), Some(b'0'..=b'9' | b'e' | b'E'))
}

impl Scanner<'_> {
    /// Reads a number.
    #[allow(clippy::cast_precision_loss)] // It is short.
    pub(super) fn number(&mut self) -> Result<Literal, Stop> {
        let start = self.pos;
        let negative = self.byte() == Some(b'-');
        let rest = &self.text.as_bytes()[start + usize::from(negative)..];
        let mut value = 0;
        let mut len = 0;
        while let Some(digit @ b'0'..=b'9') = rest.get(len)
            && len <= SHORT
        {
            value = value * 10 + i64::from(digit - b'0');
            len += 1;
        }
        let ends = !matches!(rest.get(len), Some(b'0'..=b'9' | b'.' | b'e' | b'E'));
        let has_one_spelling = rest.first() != Some(&b'0') || (len == 1 && !negative);
        if ends && has_one_spelling && (1..=SHORT).contains(&len) {
            self.pos += usize::from(negative) + len;
            let value = if negative { -value } else { value };
            return Ok(Literal::Canonical(Number::Int(value)));
        }
        if !negative && has_one_spelling && (1..=SHORT).contains(&len) && is_zero(&rest[len..]) {
            self.pos += len + ".0".len();
            return Ok(Literal::Spelled(Number::Float(value as f64)));
        }
        self.long_number()
    }

    fn long_number(&mut self) -> Result<Literal, Stop> {
        let start = self.pos;
        let is_integer = self.skip_number()?;
        let text = self.since(start);
        if is_integer && text != "-0" {
            if let Ok(value) = text.parse() {
                return Ok(Literal::Spelled(Number::Int(value)));
            }
            if let Ok(value) = text.parse() {
                return Ok(Literal::Spelled(Number::Uint(value)));
            }
        }
        let float = text.parse::<f64>().ok().filter(|value| value.is_finite());
        Ok(float.map_or(Literal::Beyond, |value| {
            Literal::Spelled(Number::Float(value))
        }))
    }

    /// Skips a number; true for an integer literal.
    pub(super) fn skip_number(&mut self) -> Result<bool, Stop> {
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

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.pos;
        while let Some(b'0'..=b'9') = self.byte() {
            self.pos += 1;
        }
        if self.pos == start {
            return self.error("expected a digit");
        }
        Ok(())
    }
}
