//! The reader: fills any field from JSON text.

use super::drift::{DriftKind, Path};
use super::error::SyntaxError;
use super::extra::Mark;
use super::field::{Dict, Field, Next, Seq, Token, View};
use super::number::Number;
use super::scan::{Kind, Scanner, Text};
use super::watch::Watch;
use super::{MAX_DEPTH, Object, RawJson, Union, score};

/// How a value and its field got on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fit,
    /// The field became none from a null.
    Null,
    /// In the field, but the writer would spell it otherwise.
    Respelled,
    /// Not in the field.
    Misfit(&'static str),
}

/// Reads a whole text. `Some` where the value does not fit the field: what would have.
pub(super) fn document(
    text: &str,
    field: &mut dyn Field,
    watch: &mut Watch,
) -> Result<Option<&'static str>, SyntaxError> {
    let mut reader = Reader {
        scan: Scanner::new(text),
        watch,
        depth: 0,
    };
    let outcome = reader.value(field, &Path::ROOT)?;
    reader.scan.end()?;
    Ok(match outcome {
        Outcome::Misfit(expected) => Some(expected),
        _ => None,
    })
}

/// As [`document`], but a misfit is an error.
pub(super) fn fitting_document(
    text: &str,
    field: &mut dyn Field,
    watch: &mut Watch,
) -> Result<(), SyntaxError> {
    match document(text, field, watch)? {
        Some(expected) => Err(SyntaxError::new(format!("expected {expected}"), 0)),
        None => Ok(()),
    }
}

pub(super) struct Reader<'a, 'w> {
    pub(super) scan: Scanner<'a>,
    watch: &'w mut Watch,
    depth: usize,
}

impl Reader<'_, '_> {
    /// Reads one value; afterwards the scanner stands behind it, whatever the outcome.
    fn value(&mut self, field: &mut dyn Field, path: &Path<'_>) -> Result<Outcome, SyntaxError> {
        self.scan.space();
        let start = self.scan.pos();
        match self.scan.kind()? {
            Kind::Null => {
                let taken = self.scalar(field, Token::Null, start, path)?;
                let is_none = taken == Outcome::Fit && matches!(field.view(), View::None);
                Ok(if is_none { Outcome::Null } else { taken })
            }
            Kind::Bool(value) => self.scalar(field, Token::Bool(value), start, path),
            Kind::Number => match self.scan.number()? {
                Some(number) => {
                    let taken = self.scalar(field, Token::Number(number), start, path)?;
                    let spelled =
                        taken != Outcome::Fit || spells_same(field, self.scan.since(start));
                    Ok(if spelled { taken } else { Outcome::Respelled })
                }
                None => self.keep_raw(field, start, "a number that fits 64 bits"),
            },
            Kind::Str => {
                // The field borrows the string, so nothing else of the reader is used meanwhile.
                match self.scan.string()? {
                    Text::Plain(text) => match field.take(Token::Str(text)) {
                        Next::Done => Ok(Outcome::Fit),
                        Next::Reject(expected) => Ok(self.reject(field, start, expected, path)),
                        Next::Undeclared => {
                            self.watch.note(path, DriftKind::UnknownValue);
                            Ok(Outcome::Fit)
                        }
                        next => {
                            let next = Later::of(next);
                            self.later(next, field, start, path)
                        }
                    },
                    Text::Broken => self.keep_raw(field, start, "text without broken escapes"),
                }
            }
            Kind::Array | Kind::Object if self.depth >= MAX_DEPTH => {
                self.scan.skip()?;
                self.keep_raw(field, start, "fewer levels")
            }
            kind @ (Kind::Array | Kind::Object) => {
                self.depth += 1;
                let outcome = self.container(field, kind, start, path);
                self.depth -= 1;
                outcome
            }
        }
    }

    /// Offers a token that is behind the scanner; its text began at `start`.
    fn scalar(
        &mut self,
        field: &mut dyn Field,
        token: Token<'_>,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, SyntaxError> {
        let later = match field.take(token) {
            Next::Done => return Ok(Outcome::Fit),
            Next::Undeclared => {
                self.watch.note(path, DriftKind::UnknownValue);
                return Ok(Outcome::Fit);
            }
            Next::Reject(expected) => return Ok(self.reject(field, start, expected, path)),
            next => Later::of(next),
        };
        self.later(later, field, start, path)
    }

    /// A model takes what is no object at all, too: in its extra.
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
                self.watch.note(path, DriftKind::Misfit { expected });
                return Outcome::Fit;
            }
        }
        Outcome::Misfit(expected)
    }

    /// A field that wants the whole value, which began at `start`.
    fn later(
        &mut self,
        later: Later,
        field: &mut dyn Field,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, SyntaxError> {
        self.scan.back_to(start);
        if later == Later::Union
            && let Next::Union(union) = field.take(Token::Object)
        {
            return self.union(union, path);
        }
        self.scan.skip()?;
        self.keep_raw(field, start, "JSON")
    }

    /// Puts the text since `start` into a field that takes JSON as it is.
    fn keep_raw(
        &mut self,
        field: &mut dyn Field,
        start: usize,
        expected: &'static str,
    ) -> Result<Outcome, SyntaxError> {
        let text = self.scan.since(start);
        // The token is of no account to a field that takes every kind.
        match field.take(Token::Object) {
            Next::Raw(raw) => *raw = RawJson::from_checked(text),
            Next::Union(union) => union.set_other(RawJson::from_checked(text)),
            Next::Any(value) => match serde_json::from_str(text) {
                Ok(tree) => *value = tree,
                Err(_) => return Ok(Outcome::Misfit("JSON of fewer levels and smaller numbers")),
            },
            _ => return Ok(self.reject(field, start, expected, &Path::ROOT)),
        }
        Ok(Outcome::Fit)
    }

    fn container(
        &mut self,
        field: &mut dyn Field,
        kind: Kind,
        start: usize,
        path: &Path<'_>,
    ) -> Result<Outcome, SyntaxError> {
        let token = if kind == Kind::Array {
            Token::Array
        } else {
            Token::Object
        };
        let outcome = match field.take(token) {
            Next::Seq(seq) => self.seq(seq, path)?,
            Next::Object(object) => self.object(object, path)?,
            Next::Dict(dict) => self.dict(dict, path)?,
            Next::Reject(expected) => {
                self.scan.skip()?;
                return Ok(self.reject(field, start, expected, path));
            }
            next => {
                let later = Later::of(next);
                return self.later(later, field, start, path);
            }
        };
        if let Outcome::Misfit(expected) = outcome {
            self.scan.back_to(start);
            self.scan.skip()?;
            return Ok(self.reject(field, start, expected, path));
        }
        Ok(outcome)
    }

    fn seq(&mut self, seq: &mut dyn Seq, path: &Path<'_>) -> Result<Outcome, SyntaxError> {
        self.scan.expect(b'[', "expected a list")?;
        let mut outcome = Outcome::Fit;
        if self.scan.eat(b']') {
            return Ok(outcome);
        }
        loop {
            let path = path.index(seq.len());
            match self.value(seq.grow(), &path)? {
                Outcome::Misfit(_) => return Ok(Outcome::Misfit("a list of like elements")),
                Outcome::Respelled => outcome = Outcome::Respelled,
                Outcome::Fit | Outcome::Null => {}
            }
            if !self.scan.eat(b',') {
                self.scan
                    .expect(b']', "expected a comma or the end of a list")?;
                return Ok(outcome);
            }
        }
    }

    fn dict(&mut self, dict: &mut dyn Dict, path: &Path<'_>) -> Result<Outcome, SyntaxError> {
        self.scan.expect(b'{', "expected an object")?;
        let mut outcome = Outcome::Fit;
        if self.scan.eat(b'}') {
            return Ok(outcome);
        }
        loop {
            let key = match self.scan.key()? {
                Text::Plain(key) => key.to_owned(),
                Text::Broken => return Ok(Outcome::Misfit("names without broken escapes")),
            };
            match self.value(dict.slot(&key), &path.key(&key))? {
                Outcome::Misfit(_) => return Ok(Outcome::Misfit("a map of like values")),
                Outcome::Respelled => outcome = Outcome::Respelled,
                Outcome::Fit | Outcome::Null => {}
            }
            if !self.scan.eat(b',') {
                self.scan
                    .expect(b'}', "expected a comma or the end of an object")?;
                return Ok(outcome);
            }
        }
    }

    fn object(&mut self, object: &mut dyn Object, path: &Path<'_>) -> Result<Outcome, SyntaxError> {
        self.scan.expect(b'{', "expected an object")?;
        let names = object.names();
        let mut seen = Seen::default();
        if !self.scan.eat(b'}') {
            let mut next = 0;
            loop {
                let found = match self.scan.key()? {
                    Text::Plain(key) => find(names, key, next).ok_or_else(|| key.to_owned()),
                    Text::Broken => return Ok(Outcome::Misfit("names without broken escapes")),
                };
                match found {
                    Ok(index) => {
                        next = index + 1;
                        if seen.again(index) {
                            object.extra_mut().forget(index);
                            object.get_mut(index).take(Token::Reset);
                        }
                        self.member(object, index, names[index], path)?;
                    }
                    Err(key) => self.unknown(object, &key, path)?,
                }
                if !self.scan.eat(b',') {
                    break;
                }
            }
            self.scan
                .expect(b'}', "expected a comma or the end of an object")?;
        }
        self.absent(object, &seen, path);
        Ok(Outcome::Fit)
    }

    fn member(
        &mut self,
        object: &mut dyn Object,
        index: usize,
        name: &'static str,
        path: &Path<'_>,
    ) -> Result<(), SyntaxError> {
        self.scan.space();
        let start = self.scan.pos();
        let path = path.key(name);
        let mark = match self.value(object.get_mut(index), &path)? {
            Outcome::Fit => return Ok(()),
            Outcome::Null => Mark::Null,
            Outcome::Respelled => Mark::Spelled(RawJson::from_checked(self.scan.since(start))),
            Outcome::Misfit(expected) => {
                self.watch.note(&path, DriftKind::Misfit { expected });
                object.get_mut(index).take(Token::Reset);
                match self.scan.since(start) {
                    "null" => Mark::Null,
                    text => Mark::Misfit(RawJson::from_checked(text)),
                }
            }
        };
        object.extra_mut().set(index, name, mark);
        Ok(())
    }

    fn unknown(
        &mut self,
        object: &mut dyn Object,
        key: &str,
        path: &Path<'_>,
    ) -> Result<(), SyntaxError> {
        self.scan.space();
        let start = self.scan.pos();
        self.scan.skip()?;
        let raw = RawJson::from_checked(self.scan.since(start));
        object.extra_mut().push_unknown(key, raw);
        self.watch.note(&path.key(key), DriftKind::UnknownField);
        Ok(())
    }

    /// Marks the required fields that did not come.
    fn absent(&mut self, object: &mut dyn Object, seen: &Seen, path: &Path<'_>) {
        for (index, name) in object.names().iter().enumerate() {
            if !seen.has(index) && !matches!(object.get(index).view(), View::None) {
                object.extra_mut().set(index, name, Mark::Absent);
                self.watch.note(&path.key(name), DriftKind::Absent);
            }
        }
    }

    fn union(&mut self, union: &mut dyn Union, path: &Path<'_>) -> Result<Outcome, SyntaxError> {
        let start = self.scan.pos();
        let best = score::best_variant(&mut self.scan, union)?;
        self.scan.back_to(start);
        if let Some(index) = best {
            let outcome = self.value(union.select(index), path)?;
            if !matches!(outcome, Outcome::Misfit(_)) {
                return Ok(outcome);
            }
            self.scan.back_to(start);
        }
        self.scan.skip()?;
        union.set_other(RawJson::from_checked(self.scan.since(start)));
        self.watch.note(path, DriftKind::UnknownValue);
        Ok(Outcome::Fit)
    }
}

/// A [`Next`] that has to wait until the token's text is free again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Later {
    Union,
    Raw,
}

impl Later {
    fn of(next: Next<'_>) -> Self {
        match next {
            Next::Union(_) => Later::Union,
            _ => Later::Raw,
        }
    }
}

fn spells_same(field: &dyn Field, text: &str) -> bool {
    match field.view() {
        View::Number(Number::Int(value)) if text.len() < 19 => match text.as_bytes() {
            // Integers have one spelling only.
            [.., b'0'..=b'9'] if !text.contains(['.', 'e', 'E']) => true,
            _ => Number::Int(value).with_text(|own| own == text),
        },
        View::Number(number) => number.with_text(|own| own == text),
        _ => true,
    }
}

/// Looks on from the last field found: replies keep the order of the description.
pub(super) fn find(names: &[&str], key: &str, next: usize) -> Option<usize> {
    let next = next.min(names.len());
    let behind = names[next..].iter().position(|name| *name == key);
    match behind {
        Some(steps) => Some(next + steps),
        None => names[..next].iter().position(|name| *name == key),
    }
}

/// The fields of an object that have come.
#[derive(Default)]
struct Seen {
    low: u128,
    high: Vec<usize>,
}

impl Seen {
    fn has(&self, index: usize) -> bool {
        match index {
            0..128 => self.low & (1 << index) != 0,
            _ => self.high.contains(&index),
        }
    }

    /// Notes a field; true when it had come before.
    fn again(&mut self, index: usize) -> bool {
        let before = self.has(index);
        match index {
            0..128 => self.low |= 1 << index,
            _ if !before => self.high.push(index),
            _ => {}
        }
        before
    }
}
