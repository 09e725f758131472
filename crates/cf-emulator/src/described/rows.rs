//! Members of collections, as the store has them.

use serde_json::{Value, json};

use super::collection::Collection;
use crate::http::json::merge_deep;
use crate::store::{Object, Store};

/// A member by its key, or by another of its names.
pub(super) fn find<'a>(store: &'a Store, table: &str, key: &str) -> Option<(String, &'a Object)> {
    let rows = store.table(table)?;
    if let Some(row) = rows.get(key) {
        return Some((key.to_owned(), row));
    }
    let named = |row: &Object| {
        ["id", "uuid", "uid", "tag", "name"]
            .into_iter()
            .any(|field| row.get(field).is_some_and(|value| value == key))
    };
    rows.entries()
        .find(|(_, row)| named(row))
        .map(|(key, row)| (key.to_owned(), row))
}

/// What the body says about a member, as an object.
pub(super) fn row(body: Value) -> Object {
    match body {
        Value::Object(object) => object,
        Value::Null => Object::new(),
        other => [("value".to_owned(), other)].into_iter().collect(),
    }
}

/// Writes a member: its name and creation time stay.
pub(super) fn change(
    store: &mut Store,
    collection: &Collection,
    table: &str,
    key: &str,
    body: Value,
    whole: bool,
) -> Object {
    let old = store.get(table, key).cloned().unwrap_or_default();
    let field = collection.key_field();
    let mut new = Value::Object(old.clone());
    if whole {
        // Only what the caller could have set is replaced.
        let body = row(body);
        if let Value::Object(new) = &mut new {
            new.extend(body);
        }
    } else {
        merge_deep(&mut new, Value::Object(row(body)));
    }
    let mut new = row(new);
    for kept in [field.as_str(), "id", "created_on", "created_at", "created"] {
        if let Some(value) = old.get(kept) {
            new.insert(kept.to_owned(), value.clone());
        }
    }
    if let Some(version) = old.get("version").and_then(Value::as_u64) {
        new.insert("version".to_owned(), json!(version + 1));
    }
    collection.stamp(&mut new, false);
    store.table_mut(table).put_as(key, new.clone());
    new
}

pub(super) fn remove(store: &mut Store, table: &str, key: &str) {
    store.table_mut(table).remove(key);
    store.remove_below(&format!("{table}/{}", key.replace('/', "%2F")));
}
