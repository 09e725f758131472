//! Numbers as JSON writes them: an integer stays one, and how it was spelled can be told.

use std::fmt::Write as _;

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
    /// The number as an integer, where it is whole and fits.
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

    pub(crate) fn is_zero(self) -> bool {
        self.as_f64() == 0.0
    }

    /// Calls `use_text` with the number as JSON. Whole floats are written without a fraction;
    /// what is no number in JSON (infinities) is written as null.
    pub(crate) fn with_text<R>(self, use_text: impl FnOnce(&str) -> R) -> R {
        let mut text = Text::default();
        let _ = match self {
            Number::Int(value) => write!(text, "{value}"),
            Number::Uint(value) => write!(text, "{value}"),
            Number::Float(value) => match whole(value) {
                Some(value) => write!(text, "{value}"),
                None if value.is_finite() => write!(text, "{value:?}"),
                None => write!(text, "null"),
            },
        };
        use_text(text.as_str())
    }
}

#[allow(clippy::cast_possible_truncation)]
fn whole(value: f64) -> Option<i64> {
    // Minus zero is a float of its own.
    let is_whole = value.fract() == 0.0 && value.abs() < EXACT;
    (is_whole && (value != 0.0 || value.is_sign_positive())).then_some(value as i64)
}

/// Room for any number on the stack.
#[derive(Default)]
struct Text {
    bytes: [u8; 32],
    len: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or("null")
    }
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let end = self.len + part.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}
