//! Several members of a collection at once: replaced, changed, deleted.

use serde_json::Value;

use super::add::{add, add_many};
use super::collection::{Collection, plain};
use super::operation::Operation;
use super::rows::{change, find, remove};
use super::schema::Schema;
use super::{listing, refusals, reply};
use crate::engine::call::Call;
use crate::http::envelope::Outcome;

/// A list replaces all members; an object replaces the one it names.
pub(super) fn replace(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Outcome {
    let bodies = match body {
        Value::Array(bodies) => bodies,
        Value::Object(mut object) => {
            let schema = operation.body().unwrap_or(Schema::Any);
            let inner = listing::slot(&schema).map(str::to_owned).and_then(|field| {
                match object.remove(&field) {
                    Some(Value::Array(bodies)) => Some(bodies),
                    other => {
                        object.extend(other.map(|value| (field, value)));
                        None
                    }
                }
            });
            match inner {
                Some(bodies) => bodies,
                None => {
                    let key = object.get(&collection.key_field()).map(plain);
                    if let Some(key) = key.filter(|key| call.store.get(table, key).is_some()) {
                        let kept = change(
                            call.store,
                            collection,
                            table,
                            &key,
                            Value::Object(object),
                            true,
                        );
                        return Ok(reply::of_one(operation, call, table, &key, &kept));
                    }
                    let (key, row) =
                        add(operation, call, collection, table, Value::Object(object))?;
                    return Ok(reply::of_one(operation, call, table, &key, &row));
                }
            }
        }
        other => return refusals::unless_any_id(operation, call, &other),
    };
    call.store.remove_table(table);
    add_many(operation, call, collection, table, bodies)
}

pub(super) fn edit_many(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Outcome {
    let field = collection.key_field();
    let changes = match &body {
        Value::Array(changes) => Some(changes),
        Value::Object(object) if object.contains_key(&field) => None,
        Value::Object(object) => {
            let mut lists = object.values().filter_map(Value::as_array);
            let objects = lists.find(|list| list.iter().all(Value::is_object));
            let Some(objects) = objects else {
                return refusals::unless_any_id(operation, call, &body);
            };
            Some(objects)
        }
        _ => return refusals::unless_any_id(operation, call, &body),
    };
    let changes = changes.map_or(std::slice::from_ref(&body), Vec::as_slice);
    let mut changed = Vec::new();
    for one in changes {
        let key = one
            .get(&field)
            .or_else(|| one.get("id"))
            .map(plain)
            .unwrap_or_default();
        let Some((key, _)) = find(call.store, table, &key) else {
            if call.any_id {
                return Ok(reply::sample(operation, call, &body));
            }
            return Err(refusals::not_found(operation, table, &key));
        };
        let row = change(call.store, collection, table, &key, one.clone(), false);
        changed.push((key, row));
    }
    Ok(reply::of_many(operation, call, table, &changed))
}

/// Deletes those that the body or the query names, or all of them.
pub(super) fn delete_many(
    operation: &Operation,
    call: &mut Call<'_>,
    table: &str,
    body: &Value,
) -> Outcome {
    let named = match body {
        Value::Array(all) => Some(all.as_slice()),
        Value::Object(object) => object.values().find_map(Value::as_array).map(Vec::as_slice),
        _ => None,
    };
    let mut keys: Vec<String> = named
        .unwrap_or_default()
        .iter()
        .map(|one| plain(one.get("id").or_else(|| one.get("name")).unwrap_or(one)))
        .collect();
    keys.extend(
        call.query
            .all("id")
            .flat_map(|ids| ids.split(','))
            .map(str::to_owned),
    );
    let filtered = operation.query();
    if keys.is_empty() && named.is_none() {
        let rows = call
            .store
            .table(table)
            .into_iter()
            .flat_map(|table| table.entries());
        let matching = rows.filter(|(_, row)| {
            listing::matches(&filtered, &call.query, &Value::Object((*row).clone()))
        });
        keys = matching.map(|(key, _)| key.to_owned()).collect();
    }
    let mut removed = Vec::new();
    for key in keys {
        if let Some((key, row)) = find(call.store, table, &key).map(|(key, row)| (key, row.clone()))
        {
            remove(call.store, table, &key);
            removed.push((key, row));
        }
    }
    Ok(reply::of_many(operation, call, table, &removed))
}
