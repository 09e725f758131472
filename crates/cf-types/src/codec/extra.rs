//! What a reply holds beyond, or other than, its model.

use std::fmt;

use super::RawJson;
use super::debug::Hidden;
use super::few::Few;
use super::field::{Number, View};
use super::short::ShortText;

/// The name of a member that the description lacks.
pub(super) type Name = ShortText<22>;

/// Everything a model cannot hold in its fields, kept so that nothing is lost: members that the
/// description lacks, and values that do not fit their field.
///
/// ```
/// use cf_types::{codec, zones::Zone};
///
/// let mut zone: Zone = codec::from_str(r#"{"id":"1","name":42}"#)?;
/// assert_eq!(zone.name, "");
/// assert_eq!(zone.extra.get("name").map(|raw| raw.to_value()), Some(42.into()));
///
/// // A request can carry what the description does not know.
/// zone.extra.insert("beta", serde_json::json!(true));
/// # Ok::<(), codec::SyntaxError>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Extra {
    /// The marks that say no more than that, two bits a field: 1 for null, 2 for absent, 3 for
    /// pointed. Those of fields from the 32nd on are in `known`.
    plain: u64,
    more: Option<Box<More>>,
}

/// How many fields have their marks in [`Extra::plain`].
const PLAIN: usize = 32;

#[derive(Clone, Default, PartialEq)]
struct More {
    /// Marks of the model's own fields.
    known: Vec<Known>,
    /// Members that the description lacks, in the order they came.
    unknown: Few<(Name, RawJson)>,
    /// The model's JSON is not an object at all; this is it.
    whole: Option<RawJson>,
}

#[derive(Clone, PartialEq)]
struct Known {
    index: usize,
    name: &'static str,
    mark: Mark,
}

/// What is known of a field besides its value.
#[derive(Clone, PartialEq)]
pub(super) enum Mark {
    /// Required, but missing.
    Absent,
    /// Present, and null.
    Null,
    /// In the field, but written with a fraction of zero (`1.0` for 1).
    Pointed,
    /// Present, but it does not fit.
    Mismatch(RawJson),
    /// In the field, but spelled differently than the codec would (`1e3` for 1000).
    Spelled(RawJson),
}

/// What [`Extra::set_nulls`] takes for a field; 0 where it cannot.
#[inline]
pub(super) fn null(index: usize) -> u64 {
    if index < PLAIN { 1 << (2 * index) } else { 0 }
}

impl Extra {
    /// Whether the reply held just what its description says.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// For a request that leaves out required fields, given by index and name.
    #[doc(hidden)]
    pub fn without(fields: &[(usize, &'static str)]) -> Self {
        let mut extra = Extra::default();
        for (index, name) in fields {
            extra.set(*index, name, Mark::Absent);
        }
        extra
    }

    /// The value that came under `name` and is in no field.
    pub fn get(&self, name: &str) -> Option<&RawJson> {
        let more = self.more.as_ref()?;
        let unknown = more.unknown.iter().rev().find(|(key, _)| **key == *name);
        unknown.map(|(_, raw)| raw).or_else(|| {
            more.known.iter().find_map(|known| match &known.mark {
                Mark::Mismatch(raw) if known.name == name => Some(raw),
                _ => None,
            })
        })
    }

    /// Adds a member that the model has no field for, or an explicit null for a field left empty.
    /// A value in the field itself wins.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<RawJson>) {
        let name = Name::from(name.into());
        let unknown = &mut self.more().unknown;
        match unknown.last_mut(|(key, _)| *key == name) {
            Some((_, old)) => *old = value.into(),
            None => unknown.push((name, value.into())),
        }
    }

    /// Every name and value that is in no field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        let more = self.more.as_deref();
        let known = more.into_iter().flat_map(|more| more.known.iter());
        let unknown = more.into_iter().flat_map(|more| more.unknown.iter());
        known
            .filter_map(|known| match &known.mark {
                Mark::Mismatch(raw) => Some((known.name, raw)),
                _ => None,
            })
            .chain(unknown.map(|(key, raw)| (&**key, raw)))
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(super) fn is_blank(&self) -> bool {
        const LOW: u64 = u64::MAX / 3;
        // Only the bits of absent fields.
        self.plain & LOW == 0
            && self.more.as_ref().is_none_or(|more| {
                more.unknown.iter().next().is_none()
                    && more.whole.is_none()
                    && more.known.iter().all(|known| known.mark == Mark::Absent)
            })
    }

    pub(super) fn push_unknown(&mut self, key: &str, raw: RawJson) {
        self.more().unknown.push((key.into(), raw));
    }

    pub(super) fn set(&mut self, index: usize, name: &'static str, mark: Mark) {
        let plain = match mark {
            Mark::Null => 1,
            Mark::Absent => 2,
            Mark::Pointed => 3,
            Mark::Mismatch(_) | Mark::Spelled(_) => 0,
        };
        if plain != 0 && index < PLAIN {
            self.plain |= plain << (2 * index);
        } else {
            self.more().known.push(Known { index, name, mark });
        }
    }

    /// Records fields that came as null, each given by [`null`].
    pub(super) fn set_nulls(&mut self, fields: u64) {
        self.plain |= fields;
    }

    /// Drops what is known of a field: its name came again, and the last value counts.
    pub(super) fn forget(&mut self, index: usize) {
        self.plain &= !(3 * null(index));
        if let Some(more) = &mut self.more {
            more.known.retain(|known| known.index != index);
        }
    }

    #[inline]
    pub(super) fn mark(&self, index: usize) -> Option<&Mark> {
        if index < PLAIN {
            match self.plain >> (2 * index) & 3 {
                0 => {}
                1 => return Some(&Mark::Null),
                2 => return Some(&Mark::Absent),
                _ => return Some(&Mark::Pointed),
            }
        }
        let known = &self.more.as_ref()?.known;
        let found = known.iter().find(|known| known.index == index);
        found.map(|known| &known.mark)
    }

    /// Whether what came for the field at `index`, if anything, is in it: it is neither `null`, nor of another type, nor
    /// missing though required.
    #[inline]
    pub(crate) fn is_value(&self, index: usize) -> bool {
        !matches!(
            self.mark(index),
            Some(Mark::Absent | Mark::Null | Mark::Mismatch(_))
        )
    }

    /// The JSON that came in place of the model, if it was not an object.
    pub fn whole(&self) -> Option<&RawJson> {
        self.more.as_ref()?.whole.as_ref()
    }

    pub(super) fn set_whole(&mut self, raw: RawJson) {
        self.more().whole = Some(raw);
    }

    pub(super) fn unknown(&self) -> Option<&Few<(Name, RawJson)>> {
        Some(&self.more.as_ref()?.unknown)
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.iter()
                    .map(|(name, raw)| (name, Hidden::member(name, raw))),
            )
            .finish()
    }
}

/// What to write for a field.
pub(super) enum Piece<'a> {
    Nothing,
    Null,
    View(View<'a>),
    /// A whole number with a fraction of zero.
    Pointed(Number),
    Raw(&'a RawJson),
}

impl Mark {
    /// What to write for a field with this mark that holds `view`.
    pub(super) fn piece<'a>(&'a self, view: View<'a>) -> Piece<'a> {
        match (self, view) {
            (Mark::Pointed, View::Number(number)) if number.is_whole() => Piece::Pointed(number),
            (Mark::Spelled(raw), _) if spells(raw, view) => Piece::Raw(raw),
            // The caller has set something since.
            _ if !view.is_blank() => Piece::View(view),
            (Mark::Absent, _) => Piece::Nothing,
            (Mark::Null, _) => Piece::Null,
            (Mark::Mismatch(raw), _) => Piece::Raw(raw),
            (Mark::Pointed | Mark::Spelled(_), _) => Piece::View(view),
        }
    }
}

/// Whether `raw` is another spelling of what `view` shows.
fn spells(raw: &RawJson, view: View<'_>) -> bool {
    let written = RawJson::from_checked(&super::view_to_string(view));
    super::tree::same_numbers(&raw.to_value(), &written.to_value())
}
