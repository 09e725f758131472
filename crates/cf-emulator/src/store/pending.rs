//! What takes time: for how long it is pending, and whether it still is.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Object, Store};

/// Where the state has the setting.
const SETTING: &str = "_emulator/pending";
/// The field of an object that is pending. It is never shown.
pub(crate) const FIELD: &str = "_pending";

/// For how long things are pending that take time: bulk operations of lists, exports and imports of D1, activations
/// of zones, custom hostnames, certificate packs, deployments of Pages, builds of Workers, registrations and transfers
/// of domains, and crawls. By default they are done at once.
///
/// It holds for what begins after it was set, and is part of the state: a reset or a snapshot brings it back.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cf_emulator::{Emulator, Pending};
///
/// let emulator = Emulator::start().await?;
/// emulator.set_pending(Pending::polls(3));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending(For);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Polls(u64),
    Time(Duration),
}

impl Pending {
    /// The next `number` questions are answered with "pending". With 0 it is done at once.
    pub fn polls(number: u32) -> Self {
        Pending(For::Polls(number.into()))
    }

    /// It is pending for this long, by the clock of this machine.
    pub fn time(time: Duration) -> Self {
        Pending(For::Time(time))
    }

    /// As `{"polls": 3}` or `{"milliseconds": 500}`.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        match (&value["polls"], &value["milliseconds"]) {
            (polls, Value::Null) if polls.is_u64() => {
                Ok(Pending(For::Polls(polls.as_u64().unwrap_or_default())))
            }
            (Value::Null, time) if time.is_u64() => {
                let time = Duration::from_millis(time.as_u64().unwrap_or_default());
                Ok(Pending(For::Time(time)))
            }
            _ => Err(
                "give a whole number of `polls` or of `milliseconds`, such as {\"polls\": 3}"
                    .to_owned(),
            ),
        }
    }

    pub(crate) fn set(self, store: &mut Store) {
        match self.0 {
            For::Polls(0) => store.remove_document(SETTING),
            For::Polls(polls) => store.set_document(SETTING, json!({ "polls": polls })),
            For::Time(time) => {
                let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                store.set_document(SETTING, json!({ "milliseconds": milliseconds }));
            }
        }
    }
}

/// Marks what begins as pending. `false` if it is done at once.
pub(crate) fn begin(store: &Store, row: &mut Object) -> bool {
    let setting = store.document(SETTING).map(Pending::read);
    let mark = match setting {
        Some(Ok(Pending(For::Polls(polls)))) => json!({ "polls": polls }),
        Some(Ok(Pending(For::Time(time)))) => {
            let end = Timestamp::now().checked_add(time).unwrap_or(Timestamp::MAX);
            json!({ "until": end.to_string() })
        }
        Some(Err(_)) | None => return false,
    };
    row.insert(FIELD.to_owned(), mark);
    true
}

/// Whether it is marked as pending.
pub(crate) fn is_marked(row: &Object) -> bool {
    row.contains_key(FIELD)
}

/// Whether it is pending, at a question that counts. If it no longer is, the mark goes.
pub(crate) fn poll(row: &mut Object) -> bool {
    let Some(mark) = row.get_mut(FIELD) else {
        return false;
    };
    if let Some(left) = mark["polls"].as_u64().filter(|left| *left > 0) {
        mark["polls"] = json!(left - 1);
        return true;
    }
    let is_pending = mark["until"]
        .as_str()
        .is_some_and(|end| !super::clock::is_past(end));
    if !is_pending {
        row.remove(FIELD);
    }
    is_pending
}

/// Whether its time is over without a question. The mark stays.
pub(crate) fn is_over(row: &Object) -> bool {
    row.get(FIELD)
        .and_then(|mark| mark["until"].as_str())
        .is_some_and(super::clock::is_past)
}
