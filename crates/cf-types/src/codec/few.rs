//! A list that mostly has one element, which then needs no allocation.

#[derive(Clone, PartialEq)]
pub(super) struct Few<T> {
    first: Option<T>,
    others: Vec<T>,
}

impl<T> Few<T> {
    pub(super) fn push(&mut self, element: T) {
        if self.first.is_none() {
            self.first = Some(element);
        } else {
            self.others.push(element);
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.first.iter().chain(&self.others)
    }

    /// The last element that is one.
    pub(super) fn last_mut(&mut self, is_one: impl Fn(&T) -> bool) -> Option<&mut T> {
        let mut all = self.first.iter_mut().chain(&mut self.others).rev();
        all.find(|element| is_one(element))
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few {
            first: None,
            others: Vec::new(),
        }
    }
}
