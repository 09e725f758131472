//! The result of an import, in words.

use std::collections::BTreeSet;
use std::fmt;

/// What is new, gone and changed.
#[derive(Default)]
pub struct Report {
    /// Operations that existed.
    pub matched: usize,
    /// Operations that are cases of existing ones.
    pub covered: usize,
    /// Operations that are not imported.
    pub ignored: usize,
    /// IDs of new operations.
    pub new: BTreeSet<String>,
    /// The calls of new operations.
    pub calls: Vec<String>,
    pub changed: BTreeSet<String>,
    /// Operations that the document lacks.
    pub missing: BTreeSet<String>,
    /// Whether these have been dropped.
    pub dropped: bool,
    /// Where document and description contradict each other.
    pub differences: BTreeSet<String>,
    /// What somebody has to look at.
    pub open: BTreeSet<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for call in &self.calls {
            writeln!(f, "+ {call}")?;
        }
        for what in &self.changed {
            writeln!(f, "~ {what}")?;
        }
        if self.dropped {
            for id in &self.missing {
                writeln!(f, "- {id}")?;
            }
        }
        for what in &self.differences {
            writeln!(f, "! {what}; ours stays")?;
        }
        for what in &self.open {
            writeln!(f, "? {what}")?;
        }
        let missing = match self.dropped {
            true => "gone",
            false => "not in the document, and kept",
        };
        write!(
            f,
            "{} operations existed, {} are cases of these, {} are ignored, {} are new; {} are {missing}; {} changes, {} differences, \
             {} open questions",
            self.matched,
            self.covered,
            self.ignored,
            self.new.len(),
            self.missing.len(),
            self.changed.len(),
            self.differences.len(),
            self.open.len(),
        )
    }
}
