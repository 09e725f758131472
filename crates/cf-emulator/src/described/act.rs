//! Actions: an object is changed as the last word of a path says.

use serde_json::Value;

use super::effect::{Changed, Effect};
use super::operation::Operation;
use super::path::fill;
use super::{documents, reply, rows};
use crate::engine::call::Call;
use crate::http::envelope::Outcome;
use crate::store::Object;

/// Makes the change, and answers with the object.
pub(super) fn perform(operation: &Operation, call: &mut Call<'_>, effect: &Effect) -> Outcome {
    let changes = effect.changes.iter().cloned();
    match &effect.object {
        Changed::Document(path) => {
            let path = fill(path, call.params);
            let value = match &*effect.changes {
                [(name, whole)] if name.is_empty() => whole.clone(),
                _ => {
                    let known = call.store.document(&path).cloned();
                    let mut object = known.map(rows::row).unwrap_or_default();
                    object.extend(changes);
                    Value::Object(object)
                }
            };
            call.store.set_document(path.clone(), value);
            Ok(documents::show(operation, call, &path))
        }
        Changed::Member(collection) => {
            let table = collection.table(call.params);
            let named = collection.key(call.params);
            let Some((key, row)) = rows::find(call.store, &table, named) else {
                return match call.any_id {
                    true => Ok(reply::sample(operation, call, &Value::Null)),
                    false => Err(operation.absent(call.params)),
                };
            };
            let mut row: Object = row.clone();
            row.extend(changes);
            collection.stamp(&mut row, false);
            call.store.table_mut(&table).put_as(&key, row.clone());
            Ok(reply::of_one(operation, call, &table, &key, &row))
        }
    }
}
