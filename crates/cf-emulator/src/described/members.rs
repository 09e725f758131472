//! Members of collections: created, listed, read, changed, deleted.

use serde_json::Value;

use super::collection::Collection;
use super::operation::Operation;
use super::role::Role;
use super::rows::{change, find, remove, row};
use super::sample::Sampler;
use super::schema::Schema;
use super::{add, bulk, listing, pages, reply, show, states};
use crate::engine::call::Call;
use crate::http::envelope::Outcome;

pub(super) fn answer(operation: &Operation, call: &mut Call<'_>, body: Value) -> Outcome {
    let Some(collection) = operation.collection.clone() else {
        return Ok(reply::sample(operation, call, &body));
    };
    let table = collection.table(call.params);
    match operation.role {
        Role::List => list(operation, call, &table),
        Role::Create => create(operation, call, &collection, &table, body),
        Role::Replace => bulk::replace(operation, call, &collection, &table, body),
        Role::EditMany => bulk::edit_many(operation, call, &collection, &table, body),
        Role::DeleteMany => bulk::delete_many(operation, call, &table, &body),
        _ => one(operation, call, &collection, &table, body),
    }
}

fn list(operation: &Operation, call: &Call<'_>, table: &str) -> Outcome {
    if let (Some(unset), None, false) = (operation.unset, call.store.table(table), call.any_id) {
        return Err(unset.error());
    }
    let schema = operation.result();
    if schema.field("success").is_none()
        && !schema.fields().is_empty()
        && !matches!(schema.value(), Schema::List(_))
        && listing::path(operation, &schema).is_empty()
    {
        // Described as one of its members: that is the first.
        let mut entries = call.store.table(table).into_iter();
        let first = entries.find_map(|table| table.entries().next());
        return Ok(match first {
            Some((key, row)) => reply::of_one(operation, call, table, key, row),
            None => reply::of_value(operation, Value::Null),
        });
    }
    let item = listing::item(operation, &schema);
    let mut items = Vec::new();
    for (key, row) in call
        .store
        .table(table)
        .into_iter()
        .flat_map(|table| table.entries())
    {
        let seed = format!("{table}/{key}");
        let shown = match &item {
            Schema::Any => Value::Object(row.clone()),
            item if item.fields().is_empty() => {
                row.get("name").cloned().unwrap_or_else(|| key.into())
            }
            item => show::show(item, row, Sampler::new(&seed, call)),
        };
        if listing::matches(&item, &call.query, &shown) {
            items.push(shown);
        }
    }
    if call.any_id && items.is_empty() && operation.pages.are_described() {
        return Ok(reply::sample(operation, call, &Value::Null));
    }
    listing::sort(&call.query, &mut items);
    pages::page(operation, &call.query, items, Sampler::new(table, call))
}

fn create(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Outcome {
    match body {
        Value::Array(bodies) => add::add_many(operation, call, collection, table, bodies),
        body => {
            let (key, row) = add::add(operation, call, collection, table, body)?;
            // Some replies are nothing but the name.
            if *operation.result().value() == Schema::Text {
                return Ok(reply::of_value(operation, key.into()));
            }
            Ok(reply::of_one(operation, call, table, &key, &row))
        }
    }
}

/// Reads or writes the one member that the path names.
fn one(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Outcome {
    let named = collection.key(call.params).to_owned();
    let found = find(call.store, table, &named).map(|(key, row)| (key, row.clone()));
    let (key, mut row) = match (found, operation.role) {
        (Some(found), _) => found,
        (None, Role::Put) => {
            let mut new = row(body.clone());
            let field = collection.key_field();
            new.insert(field.clone(), key_value(collection, &field, &named));
            collection.fill_in(&mut new, call.params);
            collection.stamp(&mut new, true);
            call.store.table_mut(table).put_as(&named, new.clone());
            return Ok(reply::of_one(operation, call, table, &named, &new));
        }
        (None, _) if call.any_id => return Ok(reply::sample(operation, call, &body)),
        (None, _) => return Err(operation.absent(call.params)),
    };
    if operation.role == Role::Get && states::poll(collection, &mut row) {
        call.store.table_mut(table).put_as(&key, row.clone());
    }
    let row = match operation.role {
        Role::Update | Role::Put => change(call.store, collection, table, &key, body, true),
        Role::Edit => change(call.store, collection, table, &key, body, false),
        Role::Delete => {
            remove(call.store, table, &key);
            row
        }
        _ => row,
    };
    Ok(reply::of_one(operation, call, table, &key, &row))
}

/// The key in the type of the item's schema: a path only has text.
fn key_value(collection: &Collection, field: &str, key: &str) -> Value {
    match collection
        .item()
        .field(field)
        .map(|field| field.schema.value().clone())
    {
        Some(Schema::Integer | Schema::Number) => {
            key.parse::<i64>().map_or_else(|_| key.into(), Value::from)
        }
        _ => key.into(),
    }
}
