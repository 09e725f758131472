//! Which rows have come already.

use serde_json::Value;

/// The rows at the time where the next page starts: they come again, and maybe others of that time.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: Vec<Value>,
}

impl Seen {
    /// Takes a page, whose last row has this time, and returns the rows of it that are new. Rows can be equal, so they are
    /// counted: as many are left out as have come.
    pub(super) fn take(&mut self, page: Vec<Value>, time: impl Fn(&Value) -> bool) -> Vec<Value> {
        let at_end: Vec<Value> = page.iter().filter(|row| time(row)).cloned().collect();
        let mut old = std::mem::replace(&mut self.rows, at_end);
        let mut new = page;
        new.retain(|row| match old.iter().position(|known| known == row) {
            Some(at) => {
                old.swap_remove(at);
                false
            }
            None => true,
        });
        new
    }
}
