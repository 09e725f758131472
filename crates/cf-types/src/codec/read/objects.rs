//! Models: members find their fields by name.

use super::super::drift::{DriftKind, Path};
use super::super::extra::{Mark, null};
use super::super::field::{Token, View};
use super::super::scan::Stop;
use super::super::strings::Text;
use super::super::{Names, Object, RawJson};
use super::field_order::{Seen, Slot};
use super::{Outcome, Reader, is_pointed};

/// What comes next in an object.
enum Member {
    /// A member, by the index of its field.
    Field(usize),
    /// The end.
    End,
    /// An invalid name.
    Broken,
}

impl Reader<'_, '_> {
    /// The scanner is at the bracket.
    pub(super) fn object(
        &mut self,
        object: &mut dyn Object,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        self.scan.pos += 1;
        let names = object.names();
        let mut seen = Seen::default();
        let mut nulls = 0;
        let start = Slot::start(names);
        let mut slot = start;
        let mut is_first = true;
        let mut member = path.field(names, 0);
        loop {
            let guess = self.field_order.guess(slot);
            let index = match names.member(guess, is_first) {
                Some(start) if self.scan.eat_member(start) => guess,
                None if self.scan.byte() == Some(b'}') => {
                    self.scan.pos += 1;
                    break;
                }
                _ => match self.next_member(object, guess, is_first, path)? {
                    Member::Field(index) => {
                        self.field_order.record(slot, index);
                        index
                    }
                    Member::End => {
                        self.field_order.record(slot, usize::MAX);
                        break;
                    }
                    Member::Broken => return Ok(self.mismatch("names without broken escapes")),
                },
            };
            is_first = false;
            slot = start.behind(index);
            if seen.again(index) {
                self.repeats = true;
                nulls &= !null(index);
                object.extra_mut().forget(index);
                object.get_mut(index).take(Token::Reset);
            }
            member.set_field(index);
            let start = self.scan.pos();
            match self.value_here(object.get_mut(index), &member)? {
                Outcome::Fit => {}
                Outcome::Null if names.is_optional(index) && null(index) != 0 => {
                    nulls |= null(index);
                }
                outcome => self.record_drift(object, index, outcome, start, &member),
            }
        }
        if nulls != 0 {
            object.extra_mut().set_nulls(nulls);
        }
        self.absent(object, names, &seen, path);
        Ok(Outcome::Fit)
    }

    /// The next member that has a field, searched from `guess` on. Others go into the object's extra.
    #[inline(never)]
    fn next_member(
        &mut self,
        object: &mut dyn Object,
        guess: usize,
        mut is_first: bool,
        path: &Path<'_>,
    ) -> Result<Member, Stop> {
        loop {
            if self.scan.eat(b'}') {
                return Ok(Member::End);
            }
            if !is_first {
                self.scan
                    .expect(b',', "expected a comma or the end of an object")?;
            }
            is_first = false;
            let spelled;
            let key = match self.scan.key()? {
                Text::Plain(key) => key,
                Text::Escaped => {
                    spelled = self.scan.unescaped.clone();
                    &spelled
                }
                Text::Broken => return Ok(Member::Broken),
            };
            if let Some(index) = object.names().find(key, guess) {
                return Ok(Member::Field(index));
            }
            self.scan.space();
            let start = self.scan.pos();
            self.scan.skip()?;
            let raw = RawJson::from_checked(self.scan.since(start));
            object.extra_mut().push_unknown(key, raw);
            self.watch.note(&path.key(key), DriftKind::UnknownField);
        }
    }

    /// Records how a value, which began at `start` or after white space there, differs from what its field holds now.
    #[cold]
    fn record_drift(
        &mut self,
        object: &mut dyn Object,
        index: usize,
        outcome: Outcome,
        start: usize,
        path: &Path<'_>,
    ) {
        let text = self.scan.since(start).trim_ascii_start();
        let mark = match outcome {
            Outcome::Fit => return,
            Outcome::Null => match object.get(index).view() {
                View::None => Mark::Null,
                _ => return,
            },
            Outcome::Respelled if is_pointed(object.get(index), text) => Mark::Pointed,
            Outcome::Respelled => Mark::Spelled(RawJson::from_checked(text)),
            Outcome::Mismatch => {
                let expected = self.expected;
                let is_known = text == "null" && object.names().is_nullable(index);
                if !is_known {
                    self.watch.note(path, DriftKind::Mismatch { expected });
                }
                object.get_mut(index).take(Token::Reset);
                match text {
                    "null" => Mark::Null,
                    text => Mark::Mismatch(RawJson::from_checked(text)),
                }
            }
        };
        let name = object.names().get(index).unwrap_or_default();
        object.extra_mut().set(index, name, mark);
    }

    /// Marks the required fields that are missing.
    #[inline]
    fn absent(
        &mut self,
        object: &mut dyn Object,
        names: &'static Names,
        seen: &Seen,
        path: &Path<'_>,
    ) {
        let known = seen.low | names.optional;
        if names.len() >= 64 || (known + 1) >> names.len() == 0 {
            self.mark_absent(object, names, seen, path);
        }
    }

    #[cold]
    fn mark_absent(
        &mut self,
        object: &mut dyn Object,
        names: &'static Names,
        seen: &Seen,
        path: &Path<'_>,
    ) {
        for index in 0..names.len() {
            if seen.has(index) || names.is_optional(index) {
                continue;
            }
            if !matches!(object.get(index).view(), View::None) {
                let name = names.get(index).unwrap_or_default();
                object.extra_mut().set(index, name, Mark::Absent);
                self.watch
                    .note(&path.field(names, index), DriftKind::Absent);
            }
        }
    }
}
