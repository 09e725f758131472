//! The names of a model's fields, packed, as there are thousands of models.

/// The JSON names of a model's fields, in the order of the description.
///
/// ```
/// use cf_types::codec::Names;
///
/// const TEXT: &str = ",\"id\":,\"name\":";
/// const NAMES: &Names = &Names::new(TEXT, &Names::ends::<3>(TEXT), 0);
/// assert_eq!(NAMES.iter().collect::<Vec<_>>(), ["id", "name"]);
/// assert_eq!(NAMES.position("name"), Some(1));
/// ```
pub struct Names {
    /// The names as in compact JSON, each after a comma: `,"id":,"name":`.
    text: &'static str,
    /// Where each name ends in it, after a zero.
    ends: &'static [u16],
    /// The fields that may be missing, one bit each; those from the 64th on are not listed.
    pub(super) optional: u64,
    /// The fields that hold a secret though their names do not say so, one bit each.
    secret: u64,
    /// The fields that are always there and can be null all the same, one bit each.
    nullable: u64,
}

/// What surrounds a name in [`Names::text`].
const BEFORE: usize = ",\"".len();
const BEHIND: usize = "\":".len();

impl Names {
    /// The names in `text`, which end at `ends`.
    pub const fn new(text: &'static str, ends: &'static [u16], optional: u64) -> Self {
        Names {
            text,
            ends,
            optional,
            secret: 0,
            nullable: 0,
        }
    }

    /// Marks fields whose values `Debug` does not show, one bit each.
    #[must_use]
    pub const fn with_secret(mut self, secret: u64) -> Self {
        self.secret = secret;
        self
    }

    /// Marks fields in which null is no [`Drift`](super::Drift) though it does not fit, one bit each.
    #[must_use]
    pub const fn with_nullable(mut self, nullable: u64) -> Self {
        self.nullable = nullable;
        self
    }

    /// Where the names end in `text`, behind a zero: `ENDS` is one more than there are names. Text
    /// of another form does not compile.
    pub const fn ends<const ENDS: usize>(text: &str) -> [u16; ENDS] {
        let text = text.as_bytes();
        assert!(text.len() < u16::MAX as usize);
        let mut ends = [0; ENDS];
        let (mut at, mut index) = (0, 1);
        while at < text.len() {
            assert!(text[at] == b',' && text[at + 1] == b'"');
            at += BEFORE;
            while text[at] != b'"' {
                assert!(text[at] != b'\\' && text[at] >= b' ');
                at += 1;
            }
            at += BEHIND;
            ends[index] = at as u16;
            index += 1;
        }
        assert!(index == ENDS);
        ends
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A member's start, as compact JSON has it: `,"name":`. The first one has no comma.
    #[inline(always)]
    pub(super) fn member(&self, index: usize, is_first: bool) -> Option<&'static [u8]> {
        let (end, start) = (self.ends.get(index + 1)?, self.ends.get(index)?);
        let start = usize::from(*start) + usize::from(is_first);
        self.text.as_bytes().get(start..usize::from(*end))
    }

    /// The name of the field at `index`.
    pub fn get(&self, index: usize) -> Option<&'static str> {
        let (start, end) = (self.ends.get(index)?, self.ends.get(index + 1)?);
        self.text
            .get(usize::from(*start) + BEFORE..usize::from(*end) - BEHIND)
    }

    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The field with this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.find(name, 0)
    }

    /// The field with this name, searched from `next` on: replies mostly keep the order of the description.
    pub(super) fn find(&self, name: &str, next: usize) -> Option<usize> {
        let next = next.min(self.len());
        let is_it = |index: &usize| self.is(*index, name);
        (next..self.len())
            .find(is_it)
            .or_else(|| (0..next).find(is_it))
    }

    #[inline]
    fn is(&self, index: usize, name: &str) -> bool {
        let (start, end) = (self.ends[index], self.ends[index + 1]);
        usize::from(end - start) == name.len() + BEFORE + BEHIND
            && self.text.as_bytes()[usize::from(start) + BEFORE..].starts_with(name.as_bytes())
    }

    /// Whether the field at `index` is known to be one that may be missing.
    #[inline]
    pub(crate) fn is_optional(&self, index: usize) -> bool {
        index < 64 && self.optional & (1 << index) != 0
    }

    /// Whether the field at `index` holds a secret though its name does not say so.
    pub(super) fn is_secret(&self, index: usize) -> bool {
        index < 64 && self.secret & (1 << index) != 0
    }

    /// Whether the description has null for the field at `index`, though its type has not.
    pub(super) fn is_nullable(&self, index: usize) -> bool {
        index < 64 && self.nullable & (1 << index) != 0
    }

    /// Tells this model's fields apart from those of others.
    #[inline]
    pub(super) fn address(&self) -> usize {
        self.ends.as_ptr().addr() / size_of::<u16>()
    }
}

/// What is marked of a model's fields, one bit each.
pub(crate) struct Marks {
    pub(crate) optional: u64,
    pub(crate) secret: u64,
    pub(crate) nullable: u64,
}

#[allow(dead_code)] // Not every product has each.
impl Marks {
    pub(crate) const NONE: Marks = Marks {
        optional: 0,
        secret: 0,
        nullable: 0,
    };

    pub(crate) const fn optional(mut self, index: usize) -> Marks {
        if index < 64 {
            self.optional |= 1 << index;
        }
        self
    }

    pub(crate) const fn secret(mut self, index: usize) -> Marks {
        assert!(index < 64, "a secret among the first 64 fields");
        self.secret |= 1 << index;
        self
    }

    pub(crate) const fn nullable(mut self, index: usize) -> Marks {
        if index < 64 {
            self.nullable |= 1 << index;
        }
        self
    }
}
