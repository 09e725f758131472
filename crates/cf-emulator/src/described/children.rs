//! Collections that show as lists of the object above them.

use serde_json::Value;

use super::operation::Operation;
use super::sample::Sampler;
use super::schema::Schema;
use super::show;
use crate::engine::call::Call;

/// Whether a collection below the object has any members.
pub(super) fn exist(operation: &Operation, call: &Call<'_>) -> bool {
    let mut below = operation.children.iter();
    below.any(|(_, children)| {
        let table = children.table(call.params);
        call.store.rows(&table).next().is_some()
    })
}

/// Puts the members of collections below an object into its lists.
pub(super) fn show(operation: &Operation, call: &Call<'_>, schema: &Schema, value: &mut Value) {
    let Value::Object(shown) = value else {
        return;
    };
    for (field, children) in &operation.children {
        let Some(Schema::List(item)) = schema.field(field).map(|field| field.schema.value()) else {
            continue;
        };
        let table = children.table(call.params);
        let made_up = call.made_up.not_field(field);
        // What was set in the object itself stays.
        if call.store.table(&table).is_none() && shown.contains_key(field) && !made_up {
            continue;
        }
        let rows = call.store.table(&table).into_iter();
        let rows = rows.flat_map(|table| table.entries());
        let rows: Vec<Value> = rows
            .map(|(key, row)| show::show(item, row, Sampler::new(&format!("{table}/{key}"), call)))
            .collect();
        shown.insert(field.clone(), Value::Array(rows));
    }
}
