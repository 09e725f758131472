//! Members that a collection has from the start.

use serde_json::json;

use super::collection::Collection;
use crate::engine::call::Call;
use crate::http::json::object;
use crate::store::Store;

/// Collections by the ends of their paths, and the names of their members.
const GIVEN: &[(&str, &str)] = &[("/ai-search/namespaces", "default")];

/// Adds the members that a collection has from the start, unless it has been
/// used before.
pub(super) fn add(call: &mut Call<'_>, collection: &Collection) {
    for (end, name) in GIVEN
        .iter()
        .filter(|(end, _)| collection.path.ends_with(end))
    {
        let table = collection.table(call.params);
        if table.ends_with(end) && call.store.table(&table).is_none() {
            let mut row = object(json!({ "name": name }));
            collection.stamp(&mut row, true);
            call.store.table_mut(&table).put_as(name, row);
        }
    }
}

/// Whether a collection that has not been used has this member from the start.
pub(super) fn has(store: &Store, table: &str, key: &str) -> bool {
    let mut given = GIVEN.iter();
    store.table(table).is_none() && given.any(|(end, name)| *name == key && table.ends_with(end))
}
