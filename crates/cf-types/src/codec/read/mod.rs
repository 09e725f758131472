//! The reader: fills any field from JSON text.

mod containers;
mod field_order;
mod objects;

use self::field_order::FieldOrderCache;
use super::drift::{DriftKind, Path};
use super::error::SyntaxError;
use super::field::{Field, Next, Token, View};
use super::number::{Literal, Number};
use super::scan::{Kind, Scanner, Stop};
use super::strings::Text;
use super::watch::Watch;
use super::{MAX_DEPTH, RawJson, tree};

/// How a value fitted its field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fit,
    /// A null was taken: mostly the field is now empty.
    Null,
    /// In the field, but the writer would spell it differently.
    Respelled,
    /// Not in the field; [`Reader::expected`] says what would have been.
    Mismatch,
}

/// Reads a whole text. `Some` if the value does not fit the field: what would have.
pub(super) fn document(
    text: &str,
    field: &mut dyn Field,
    watch: &mut Watch,
) -> Result<Option<&'static str>, SyntaxError> {
    FieldOrderCache::with(|field_order| {
        let mut reader = Reader {
            scan: Scanner::new(text),
            watch,
            depth: 0,
            expected: "",
            field_order,
            repeats: false,
        };
        match reader.document(field) {
            Ok(Outcome::Mismatch) => Ok(Some(reader.expected)),
            Ok(_) => Ok(None),
            Err(Stop) => Err(reader.scan.syntax_error()),
        }
    })
}

/// Same as [`document`], but a value that does not fit is an error.
pub(super) fn fitting_document(
    text: &str,
    field: &mut dyn Field,
    watch: &mut Watch,
) -> Result<(), SyntaxError> {
    match document(text, field, watch)? {
        Some(expected) => Err(SyntaxError::new(["expected ", expected].concat(), 0)),
        None => Ok(()),
    }
}

struct Reader<'a, 'w> {
    scan: Scanner<'a>,
    watch: &'w mut Watch,
    depth: usize,
    /// What the last value that did not fit should have been.
    expected: &'static str,
    field_order: &'w FieldOrderCache,
    /// An object has had a field twice.
    repeats: bool,
}

impl Reader<'_, '_> {
    fn document(&mut self, field: &mut dyn Field) -> Result<Outcome, Stop> {
        let outcome = self.value(field, &Path::ROOT)?;
        self.scan.end()?;
        Ok(outcome)
    }

    /// Reads one value; afterwards the scanner is past it, whatever the outcome.
    fn value(&mut self, field: &mut dyn Field, path: &Path<'_>) -> Result<Outcome, Stop> {
        self.value_here(field, path)
    }

    /// [`Reader::value`] for the usual places.
    #[inline(always)]
    fn value_here(&mut self, field: &mut dyn Field, path: &Path<'_>) -> Result<Outcome, Stop> {
        let kind = self.scan.kind()?;
        let start = self.scan.pos();
        let mut done = Outcome::Fit;
        let token = match kind {
            Kind::Str => match self.scan.plain_string() {
                Some(text) => Token::Str(text),
                None => return self.escaped(field, start, path),
            },
            Kind::Bool(value) => {
                self.scan.pos += if value { "true".len() } else { "false".len() };
                Token::Bool(value)
            }
            Kind::Null => {
                self.scan.pos += "null".len();
                done = Outcome::Null;
                Token::Null
            }
            Kind::Number => match self.scan.number()? {
                Literal::Canonical(number) => Token::Number(number),
                odd => return self.odd_number(odd, field, start, path),
            },
            Kind::Array | Kind::Object => return self.container(field, kind, path),
        };
        match Answer::of(&field.take(token)) {
            Answer::Done => Ok(done),
            answer => self.on_answer(answer, field, start, path),
        }
    }

    #[cold]
    fn escaped(
        &mut self,
        field: &mut dyn Field,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        let text = match self.scan.escaped()? {
            Text::Plain(text) => text,
            Text::Escaped => &self.scan.unescaped,
            Text::Broken => return self.keep_raw(field, start, "text without broken escapes"),
        };
        let answer = Answer::of(&field.take(Token::Str(text)));
        self.on_answer(answer, field, start, path)
    }

    fn odd_number(
        &mut self,
        literal: Literal,
        field: &mut dyn Field,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        let Literal::Spelled(number) = literal else {
            return self.keep_raw(field, start, "a number that fits 64 bits");
        };
        let answer = Answer::of(&field.take(Token::Number(number)));
        let taken = self.on_answer(answer, field, start, path)?;
        let spelled = taken != Outcome::Fit || spells_same(field, self.scan.since(start));
        Ok(if spelled { taken } else { Outcome::Respelled })
    }

    /// Handles all but the plain case.
    #[cold]
    fn on_answer(
        &mut self,
        answer: Answer,
        field: &mut dyn Field,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        match answer {
            Answer::Done => Ok(Outcome::Fit),
            Answer::Undeclared => {
                self.watch.note(path, DriftKind::UnknownValue);
                Ok(Outcome::Fit)
            }
            Answer::Reject(expected) => Ok(self.reject(field, start, expected, path)),
            Answer::Union => {
                self.scan.back_to(start);
                match field.take(Token::Object) {
                    Next::Union(union) => self.union(union, path),
                    _ => self.skip_value(field, start),
                }
            }
            Answer::Whole => self.skip_value(field, start),
        }
    }

    fn mismatch(&mut self, expected: &'static str) -> Outcome {
        self.expected = expected;
        Outcome::Mismatch
    }

    /// A model also takes what is not an object: in its extra.
    fn reject(
        &mut self,
        field: &mut dyn Field,
        start: usize,
        expected: &'static str,
        path: &Path<'_>,
    ) -> Outcome {
        if let View::Object(_) = field.view() {
            let raw = RawJson::from_checked(self.scan.since(start));
            field.take(Token::Reset);
            if let Next::Object(object) = field.take(Token::Object) {
                object.extra_mut().set_whole(raw);
                self.watch.note(path, DriftKind::Mismatch { expected });
                return Outcome::Fit;
            }
        }
        self.mismatch(expected)
    }

    /// A field that wants the whole value, which began at `start`.
    fn skip_value(&mut self, field: &mut dyn Field, start: usize) -> Result<Outcome, Stop> {
        self.scan.back_to(start);
        self.scan.skip()?;
        self.keep_raw(field, start, "JSON")
    }

    /// Puts the text since `start` into a field that takes JSON as it is.
    fn keep_raw(
        &mut self,
        field: &mut dyn Field,
        start: usize,
        expected: &'static str,
    ) -> Result<Outcome, Stop> {
        let text = self.scan.since(start);
        // The token does not matter to a field that takes every kind.
        match field.take(Token::Object) {
            Next::Raw(raw) => *raw = RawJson::from_checked(text),
            Next::Union(union) => union.set_other(RawJson::from_checked(text)),
            Next::Any(value) => match tree::of(text) {
                Some(tree) => *value = tree,
                None => return Ok(self.mismatch("JSON of fewer levels and smaller numbers")),
            },
            _ => return Ok(self.reject(field, start, expected, &Path::ROOT)),
        }
        Ok(Outcome::Fit)
    }

    /// A list or an object; the scanner is at its bracket.
    fn container(
        &mut self,
        field: &mut dyn Field,
        kind: Kind,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        let start = self.scan.pos();
        if self.depth >= MAX_DEPTH {
            self.scan.skip()?;
            return self.keep_raw(field, start, "fewer levels");
        }
        self.depth += 1;
        let outcome = self.within(field, kind, start, path);
        self.depth -= 1;
        outcome
    }

    #[inline]
    fn within(
        &mut self,
        field: &mut dyn Field,
        kind: Kind,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        let token = match kind {
            Kind::Array => Token::Array,
            _ => Token::Object,
        };
        let outcome = match field.take(token) {
            Next::Seq(seq) => self.seq(seq, path)?,
            Next::Object(object) => self.object(object, path)?,
            Next::Dict(dict) => self.dict(dict, path)?,
            Next::Union(union) => return self.union(union, path),
            Next::Reject(expected) => {
                self.scan.skip()?;
                return Ok(self.reject(field, start, expected, path));
            }
            _ => return self.skip_value(field, start),
        };
        if outcome == Outcome::Mismatch {
            self.scan.back_to(start);
            self.scan.skip()?;
            return Ok(self.reject(field, start, self.expected, path));
        }
        Ok(outcome)
    }
}

/// A [`Next`] without what it borrows.
#[derive(Clone, Copy)]
enum Answer {
    Done,
    Undeclared,
    Union,
    Whole,
    Reject(&'static str),
}

impl Answer {
    #[inline]
    fn of(next: &Next<'_>) -> Self {
        match next {
            Next::Done => Answer::Done,
            Next::Undeclared => Answer::Undeclared,
            Next::Union(_) => Answer::Union,
            Next::Reject(expected) => Answer::Reject(expected),
            _ => Answer::Whole,
        }
    }
}

/// Whether the writer spells the field's number as `text`.
fn spells_same(field: &dyn Field, text: &str) -> bool {
    match field.view() {
        View::Number(Number::Int(_)) if text.len() < 19 && is_integer(text) => true,
        View::Number(number) if number.is_whole() && !is_integer(text) => false,
        View::Number(number) => {
            let mut own = Vec::new();
            number.write(&mut own);
            own == text.as_bytes()
        }
        _ => true,
    }
}

/// Whether `text` is the writer's spelling of the field's number plus a fraction of zero.
fn is_pointed(field: &dyn Field, text: &str) -> bool {
    match (field.view(), text.strip_suffix(".0")) {
        (View::Number(number), Some(integer)) => number.is_whole() && is_integer(integer),
        _ => false,
    }
}

/// Integers have only one spelling, except zero.
fn is_integer(text: &str) -> bool {
    text != "-0" && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}
