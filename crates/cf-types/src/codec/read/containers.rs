//! Lists, maps and unions.

use super::super::drift::{DriftKind, Path};
use super::super::few::Few;
use super::super::field::{Dict, Seq, View};
use super::super::scan::Stop;
use super::super::score::{self, Count};
use super::super::strings::Text;
use super::super::{RawJson, Union};
use super::{Outcome, Reader};

impl Reader<'_, '_> {
    pub(super) fn seq(&mut self, seq: &mut dyn Seq, path: &Path<'_>) -> Result<Outcome, Stop> {
        let start = self.scan.pos();
        self.scan.pos += 1;
        let mut outcome = Outcome::Fit;
        if self.scan.eat(b']') {
            return Ok(outcome);
        }
        for index in seq.len().. {
            match self.value_here(seq.grow(), &path.index(index))? {
                Outcome::Mismatch => return Ok(self.mismatch("a list of like elements")),
                Outcome::Respelled => outcome = Outcome::Respelled,
                Outcome::Fit | Outcome::Null => {}
            }
            if !self.scan.eat(b',') {
                break;
            }
        }
        self.scan
            .expect(b']', "expected a comma or the end of a list")?;
        seq.read_from(self.scan.since(start));
        Ok(outcome)
    }

    pub(super) fn dict(&mut self, dict: &mut dyn Dict, path: &Path<'_>) -> Result<Outcome, Stop> {
        self.scan.pos += 1;
        let mut outcome = Outcome::Fit;
        if self.scan.eat(b'}') {
            return Ok(outcome);
        }
        loop {
            let spelled;
            let key = match self.scan.key()? {
                Text::Plain(key) => key,
                Text::Escaped => {
                    spelled = self.scan.unescaped.clone();
                    &spelled
                }
                Text::Broken => return Ok(self.mismatch("names without broken escapes")),
            };
            match self.value(dict.slot(key), &path.key(key))? {
                Outcome::Mismatch => return Ok(self.mismatch("a map of like values")),
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

    pub(super) fn union(
        &mut self,
        union: &mut dyn Union,
        path: &Path<'_>,
    ) -> Result<Outcome, Stop> {
        let start = self.scan.pos();
        if let Some(tag) = union.tag()
            && let Some(index) = score::tagged_variant(&mut self.scan, tag, Count::First)?
        {
            let before = self.watch.mark();
            let repeats = std::mem::replace(&mut self.repeats, false);
            self.scan.back_to(start);
            let outcome = self.value(union.select(index), path)?;
            let twice = self.repeats || has_twice(union, tag.name);
            self.repeats |= repeats;
            if outcome != Outcome::Mismatch && !twice {
                return Ok(outcome);
            }
            self.watch.rewind(before);
        }
        self.scan.back_to(start);
        let best = score::best_variant(&mut self.scan, union)?;
        self.scan.back_to(start);
        if let Some(index) = best {
            let outcome = self.value(union.select(index), path)?;
            if outcome != Outcome::Mismatch {
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

/// Whether the member `name`, which is not a field, came more than once.
fn has_twice(union: &dyn Union, name: &str) -> bool {
    match union.chosen().map(|(_, value)| value.view()) {
        Some(View::Object(object)) => {
            let unknown = object.extra().unknown().into_iter().flat_map(Few::iter);
            unknown.filter(|(key, _)| **key == *name).nth(1).is_some()
        }
        _ => false,
    }
}
