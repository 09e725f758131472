//! The rows of a dataset.

use serde_json::Value;

use super::Failure;
use crate::store::Store;

/// Datasets that exist without any rows.
const USUAL: [&str; 12] = [
    "dnsAnalyticsAdaptive",
    "dnsAnalyticsAdaptiveGroups",
    "firewallEventsAdaptive",
    "firewallEventsAdaptiveByTimeGroups",
    "firewallEventsAdaptiveGroups",
    "healthCheckEventsAdaptive",
    "httpRequests1dGroups",
    "httpRequests1hGroups",
    "httpRequestsAdaptive",
    "httpRequestsAdaptiveGroups",
    "httpRequestsOverviewAdaptiveGroups",
    "workersInvocationsAdaptive",
];

/// The rows of a dataset, and which fields it has.
pub(super) struct Rows<'a> {
    pub(super) rows: &'a [Value],
    /// All rows of the dataset, whose ever they are: together they have all of its fields.
    pub(super) everywhere: Vec<&'a Value>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(store: &'a Store, scope: &str, dataset: &str) -> Result<Self, Failure> {
        let suffix = format!("/analytics/{dataset}");
        let all = (store.documents()).filter(|(path, _)| path.ends_with(&suffix));
        let everywhere: Vec<&Value> = all
            .filter_map(|(_, rows)| rows.as_array())
            .flatten()
            .collect();
        if everywhere.is_empty() && !USUAL.contains(&dataset) {
            return Err(Failure::unknown_field(dataset));
        }
        let rows = store.document(&format!("{scope}{suffix}"));
        Ok(Self {
            rows: rows.and_then(Value::as_array).map_or(&[], Vec::as_slice),
            everywhere,
        })
    }

    /// What a filter or an order means by a name: a field of the row, or a dimension of the group.
    pub(super) fn value<'r>(row: &'r Value, name: &str) -> &'r Value {
        match row.get(name) {
            Some(value) => value,
            None => &row["dimensions"][name],
        }
    }

    /// Whether there can be such a field. Of a dataset without rows nothing is known.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.everywhere.is_empty()
            || self.everywhere.iter().any(|row| {
                row.get(name).is_some_and(|value| !value.is_object())
                    || row["dimensions"].get(name).is_some()
            })
    }
}
