//! Metadata indexes: the properties by which queries can be filtered. An index
//! has the vectors written since it was created.

use serde_json::{Value, json};

use super::{INVALID, found, invalid, mutate, table};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::store::{Object, text};

const FIELD: &str = "metadata_indexes";
const MOST: usize = 10;

/// The metadata indexes of an index.
pub(super) fn of(index: &Object) -> impl Iterator<Item = &Value> {
    index
        .get(FIELD)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The properties that are indexed in vectors written now.
pub(super) fn names(index: &Object) -> Value {
    of(index).map(|one| one["propertyName"].clone()).collect()
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let all: Vec<_> = of(found(call)?).collect();
    Ok(Reply::result(json!({ "metadataIndexes": all })))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let property = text(&body, "propertyName").to_owned();
    if property.is_empty() || property.starts_with('$') || property.contains('"') {
        return Err(invalid("propertyName", "names no property"));
    }
    let index = found(call)?;
    if of(index).any(|one| one["propertyName"] == *property) {
        return Err(invalid("propertyName", "has an index already"));
    }
    if of(index).count() >= MOST {
        return Err(invalid(
            "propertyName",
            "there can be 10 metadata indexes at most",
        ));
    }
    let new = json!({ "propertyName": property, "indexType": body.get("indexType") });
    let all = of(index).cloned().chain([new]).collect();
    Ok(replace(call, all))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let property = text(&body, "propertyName").to_owned();
    let index = found(call)?;
    let all: Vec<_> = of(index)
        .filter(|one| one["propertyName"] != *property)
        .cloned()
        .collect();
    if all.len() == of(index).count() {
        return Err(invalid("propertyName", "has no index"));
    }
    Ok(replace(call, all))
}

fn replace(call: &mut Call<'_>, all: Vec<Value>) -> Reply {
    let (table, name) = (table(call), call.params.get("index_name"));
    if let Some(index) = call.store.table_mut(&table).get_mut(name) {
        index.insert(FIELD.to_owned(), all.into());
    }
    mutate(call.store, &table, name)
}
