//! How far something is.

use serde_json::Value;

/// How far something is that takes time.
///
/// ```
/// use cf_types::{Progress, Stage};
///
/// let progress = Progress::pending("running");
/// assert_eq!((progress.stage(), progress.state()), (Stage::Pending, "running"));
/// assert_eq!(Progress::from(true).stage(), Stage::Done);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    stage: Stage,
    state: String,
    reason: Option<String>,
}

/// What is to be done about it: ask again, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is under way.
    Pending,
    /// It is done.
    Done,
    /// It will not be done.
    Failed,
}

impl Progress {
    /// It is under way; `state` says how far, in the API's words.
    pub fn pending(state: impl Into<String>) -> Self {
        Progress::new(Stage::Pending, state.into(), None)
    }

    /// It is done.
    pub fn done(state: impl Into<String>) -> Self {
        Progress::new(Stage::Done, state.into(), None)
    }

    /// It will not be done; `reason` is what the API says about it.
    pub fn failed(state: impl Into<String>, reason: Option<String>) -> Self {
        Progress::new(Stage::Failed, state.into(), reason)
    }

    fn new(stage: Stage, state: String, reason: Option<String>) -> Self {
        Progress {
            stage,
            state,
            reason,
        }
    }

    /// Whether it is done, failed, or under way.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The state in the API's words; empty if it says nothing. Of several, each that is not yet as it should be.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// What the API says about a failure.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Done, or under way.
impl From<bool> for Progress {
    fn from(is_done: bool) -> Self {
        let stage = if is_done { Stage::Done } else { Stage::Pending };
        Progress::new(stage, String::new(), None)
    }
}

/// How an operation is waited for: a row of the table.
#[derive(Debug)]
pub struct Waiting {
    /// What is waited for.
    pub(super) what: &'static str,
    /// It is done when all of them are, and failed when one of them is.
    pub(super) states: &'static [State],
    /// Where the API says why it failed: JSON pointers, of which the first that holds something counts.
    pub(super) reasons: &'static [&'static str],
    /// In seconds.
    pub(super) longest_pause: u64,
    /// In seconds.
    pub(super) deadline: u64,
}

/// A field that says how far something is. A word that is in neither list means that it is under way.
#[derive(Debug)]
pub(super) struct State {
    /// A JSON pointer into the reply's value.
    pub(super) at: &'static str,
    pub(super) done: &'static [&'static str],
    pub(super) failed: &'static [&'static str],
    /// Whether a reply without it counts as done.
    pub(super) optional: bool,
}

impl Waiting {
    /// Judges a reply's value.
    pub(super) fn judge(&self, value: &Value) -> Progress {
        let (mut pending, mut done) = (Vec::new(), None);
        for state in self.states {
            let word = match value.pointer(state.at) {
                None | Some(Value::Null) if state.optional => continue,
                None | Some(Value::Null) => String::new(),
                Some(Value::String(word)) => word.clone(),
                Some(other) => other.to_string(),
            };
            if state.failed.contains(&&*word) {
                return Progress::failed(word, self.reason(value));
            }
            if state.done.contains(&&*word) {
                done.get_or_insert(word);
            } else {
                pending.push(word);
            }
        }
        if pending.is_empty() {
            return Progress::done(done.unwrap_or_default());
        }
        pending.retain(|word| !word.is_empty());
        Progress::pending(pending.join(", "))
    }

    fn reason(&self, value: &Value) -> Option<String> {
        let mut found = self.reasons.iter().filter_map(|at| value.pointer(at));
        found.find_map(|reason| match reason {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Array(all) if all.is_empty() => None,
            Value::Object(all) if all.is_empty() => None,
            other => Some(other.to_string()),
        })
    }
}
