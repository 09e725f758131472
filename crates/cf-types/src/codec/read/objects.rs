//! Models: members find their fields by name.

use super::super::drift::{DriftKind, Path};
use super::super::extra::Mark;
use super::super::field::{Token, View};
use super::super::scan::Stop;
use super::super::strings::Text;
use super::super::{Object, RawJson};
use super::names::{Seen, Slot, find};
use super::{Outcome, Reader};

impl Reader<'_, '_> {
    pub(super) fn object(
        &mut self,
        object: &mut dyn Object,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        self.scan.expect(b'{', "expected an object")?;
        let names = object.names();
        let mut seen = Seen::default();
        if !self.scan.eat(b'}') {
            let start = Slot::start(names);
            let mut slot = start;
            loop {
                self.scan.space();
                let guess = self.habits.guess(slot);
                let index = match names.get(guess) {
                    Some(name) if self.scan.eat_key(name) => guess,
                    _ => match self.scan.key()? {
                        Text::Broken => return Ok(self.misfit("names without broken escapes")),
                        key => match self.named(object, names, key, guess, path)? {
                            Some(index) => {
                                self.habits.learn(slot, index);
                                index
                            }
                            None if self.scan.eat(b',') => continue,
                            None => break,
                        },
                    },
                };
                slot = start.behind(index);
                if seen.again(index) {
                    self.repeats = true;
                    object.extra_mut().forget(index);
                    object.get_mut(index).take(Token::Reset);
                }
                self.member(object, index, names[index], path)?;
                if !self.scan.eat(b',') {
                    break;
                }
            }
            self.scan
                .expect(b'}', "expected a comma or the end of an object")?;
        }
        self.absent(object, names, &seen, path);
        Ok(Outcome::Fit)
    }

    /// The field that a name stands for. What has none goes into the object's extra.
    fn named(
        &mut self,
        object: &mut dyn Object,
        names: &[&str],
        key: Text<'_>,
        guess: usize,
        path: &Path<'_>,
    ) -> Result<Option<usize>, Stop> {
        let spelled;
        let key = match key {
            Text::Plain(key) => key,
            _ => {
                spelled = self.scan.unescaped.clone();
                &spelled
            }
        };
        let found = find(names, key, guess);
        if found.is_none() {
            self.scan.space();
            let start = self.scan.pos();
            self.scan.skip()?;
            let raw = RawJson::from_checked(self.scan.since(start));
            object.extra_mut().push_unknown(key, raw);
            self.watch.note(&path.key(key), DriftKind::UnknownField);
        }
        Ok(found)
    }

    fn member(
        &mut self,
        object: &mut dyn Object,
        index: usize,
        name: &'static str,
        path: &Path<'_>,
    ) -> Result<(), Stop> {
        self.scan.space();
        let start = self.scan.pos();
        let path = path.key(name);
        let mark = match self.value(object.get_mut(index), &path)? {
            Outcome::Fit => return Ok(()),
            Outcome::Null => Mark::Null,
            Outcome::Respelled => Mark::Spelled(RawJson::from_checked(self.scan.since(start))),
            Outcome::Misfit => {
                let expected = self.expected;
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

    /// Marks the required fields that did not come.
    fn absent(
        &mut self,
        object: &mut dyn Object,
        names: &'static [&'static str],
        seen: &Seen,
        path: &Path<'_>,
    ) {
        let optional = self.habits.optional(names);
        let known = seen.low | *optional;
        if names.len() < 64 && (known + 1) >> names.len() != 0 {
            return;
        }
        for (index, name) in names.iter().enumerate() {
            if seen.has(index) || (index < 64 && known & (1 << index) != 0) {
                continue;
            }
            if let View::None = object.get(index).view() {
                *optional |= if index < 64 { 1 << index } else { 0 };
            } else {
                object.extra_mut().set(index, name, Mark::Absent);
                self.watch.note(&path.key(name), DriftKind::Absent);
            }
        }
    }
}
