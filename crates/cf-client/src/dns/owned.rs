//! Which records a plan may touch.

use std::fmt;
use std::sync::Arc;

use cf_types::dns::records::Record;

type Filter = Arc<dyn Fn(&Record) -> bool + Send + Sync>;

/// Which of a zone's records a [plan](super::ZoneRecords::plan) may change and delete. It never touches others.
#[derive(Clone, Default)]
pub struct Owned(pub(super) Owner);

#[derive(Clone, Default)]
pub(super) enum Owner {
    #[default]
    RecordSets,
    Comment(String),
    Tag(String),
    Matching(Filter),
}

impl Owned {
    /// The records of the names and types that are wanted: of `A www`, for example, all but the wanted ones are
    /// deleted. A name that is no longer wanted at all keeps its records. The default.
    pub fn record_sets() -> Self {
        Owned(Owner::RecordSets)
    }

    /// The records with this comment. New ones get it. Comments have at most 100 characters on the Free plan, 500 on
    /// others.
    pub fn comment(comment: impl Into<String>) -> Self {
        Owned(Owner::Comment(comment.into()))
    }

    /// The records with this tag, like `owner:deploy`. New ones get it. There are no tags on the Free plan.
    pub fn tag(tag: impl Into<String>) -> Self {
        Owned(Owner::Tag(tag.into()))
    }

    /// The records for which `filter` is true: by type, by name, or by anything else.
    ///
    /// ```
    /// use cf_client::dns::Owned;
    ///
    /// let challenges = Owned::matching(|record| {
    ///     let name = record.name().unwrap_or_default();
    ///     record.kind() == Some("TXT") && name.starts_with("_acme-challenge.")
    /// });
    /// ```
    pub fn matching(filter: impl Fn(&Record) -> bool + Send + Sync + 'static) -> Self {
        Owned(Owner::Matching(Arc::new(filter)))
    }
}

impl fmt::Debug for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Owner::RecordSets => f.write_str("record sets"),
            Owner::Comment(comment) => write!(f, "comment {comment:?}"),
            Owner::Tag(tag) => write!(f, "tag {tag:?}"),
            Owner::Matching(_) => f.write_str("matching"),
        }
    }
}
