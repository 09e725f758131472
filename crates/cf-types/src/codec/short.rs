//! Text that is mostly short: up to `N` bytes are stored inline.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

#[derive(Clone)]
pub(crate) struct ShortText<const N: usize>(Repr<N>);

#[derive(Clone)]
enum Repr<const N: usize> {
    /// The length, and the bytes.
    Here(u8, [u8; N]),
    There(Box<str>),
}

impl<const N: usize> ShortText<N> {
    pub(crate) const EMPTY: Self = ShortText(Repr::Here(0, [0; N]));

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Here(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Repr::There(text) => text.as_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Here(..) => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Repr::There(text) => text,
        }
    }
}

impl<const N: usize> From<&str> for ShortText<N> {
    #[inline]
    fn from(text: &str) -> Self {
        let mut bytes = [0; N];
        ShortText(match bytes.get_mut(..text.len()) {
            Some(room) => {
                room.copy_from_slice(text.as_bytes());
                // `N` is far below what a byte can count.
                Repr::Here(text.len() as u8, bytes)
            }
            None => Repr::There(text.into()),
        })
    }
}

impl<const N: usize> From<String> for ShortText<N> {
    fn from(text: String) -> Self {
        if text.len() <= N {
            text.as_str().into()
        } else {
            ShortText(Repr::There(text.into()))
        }
    }
}

impl<const N: usize> Deref for ShortText<N> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> Default for ShortText<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> PartialEq for ShortText<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> Eq for ShortText<N> {}

impl<const N: usize> PartialOrd for ShortText<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for ShortText<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<const N: usize> Hash for ShortText<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<const N: usize> fmt::Debug for ShortText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
