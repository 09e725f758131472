//! New members of collections.

use serde_json::Value;

use super::collection::Collection;
use super::operation::Operation;
use super::schema::Schema;
use super::{refusals, reply, rows, states};
use crate::engine::call::Call;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::store::Object;

pub(super) fn add(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Result<(String, Object), ApiError> {
    let schema = operation.body().unwrap_or(Schema::Any);
    let schema = match schema.value() {
        Schema::List(items) => items.value().clone(),
        schema => schema.clone(),
    };
    let mut row = rows::row(body);
    let key = collection.complete(&mut row, &schema, call.params, call.store.table(table));
    if let Some(error) = refusals::duplicate(operation, call.store, table, &key, &row) {
        return Err(error);
    }
    states::begin(collection, call.store, &mut row);
    call.store.table_mut(table).put_as(&key, row.clone());
    Ok((key, row))
}

pub(super) fn add_many(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    bodies: Vec<Value>,
) -> Outcome {
    let mut added = Vec::new();
    for body in bodies {
        added.push(add(operation, call, collection, table, body)?);
    }
    Ok(reply::of_many(operation, call, table, &added))
}
