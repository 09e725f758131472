//! Members of collections: created, listed, read, changed, deleted.

use serde_json::{Value, json};

use super::collection::Collection;
use super::operation::{Operation, ReplyKind};
use super::roles::Role;
use super::sample::Sampler;
use super::schema::Schema;
use super::{
    bulk, check, documents, listing, pages, payload, refusals, reply, sample, show, states,
};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
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

pub(super) fn answer(operation: &Operation, call: &mut Call<'_>, body: Value) -> Outcome {
    let Some(collection) = operation.collection.clone() else {
        return Ok(sample(operation, call, &body));
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
            Some((key, row)) => answer_one(operation, call, table, key, row),
            None => reply(operation, Value::Null),
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
        return Ok(sample(operation, call, &Value::Null));
    }
    listing::sort(&call.query, &mut items);
    pages::page(operation, &call.query, items, Sampler::new(table, call))
}

/// What the body says about a member, as an object.
pub(super) fn row(body: Value) -> Object {
    match body {
        Value::Object(object) => object,
        Value::Null => Object::new(),
        other => [("value".to_owned(), other)].into_iter().collect(),
    }
}

pub(super) fn add(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Result<(String, Object), crate::http::error::ApiError> {
    let schema = operation.body().unwrap_or(Schema::Any);
    let schema = match schema.value() {
        Schema::List(items) => items.value().clone(),
        schema => schema.clone(),
    };
    let mut row = row(body);
    let key = collection.complete(&mut row, &schema, call.params, call.store.table(table));
    if let Some(error) = refusals::duplicate(operation, call.store, table, &key, &row) {
        return Err(error);
    }
    states::begin(collection, call.store, &mut row);
    call.store.table_mut(table).put_as(&key, row.clone());
    Ok((key, row))
}

fn create(
    operation: &Operation,
    call: &mut Call<'_>,
    collection: &Collection,
    table: &str,
    body: Value,
) -> Outcome {
    match body {
        Value::Array(bodies) => bulk::add_many(operation, call, collection, table, bodies),
        body => {
            let (key, row) = add(operation, call, collection, table, body)?;
            // Some replies are nothing but the name.
            if *operation.result().value() == Schema::Text {
                return Ok(reply(operation, key.into()));
            }
            Ok(answer_one(operation, call, table, &key, &row))
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
            return Ok(answer_one(operation, call, table, &named, &new));
        }
        (None, _) if call.any_id => return Ok(sample(operation, call, &body)),
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
    Ok(answer_one(operation, call, table, &key, &row))
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

pub(super) fn remove(store: &mut Store, table: &str, key: &str) {
    store.table_mut(table).remove(key);
    store.remove_below(&format!("{table}/{}", key.replace('/', "%2F")));
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

pub(super) fn answer_one(
    operation: &Operation,
    call: &Call<'_>,
    table: &str,
    key: &str,
    row: &Object,
) -> Reply {
    let seed = format!("{table}/{key}");
    let sampler = Sampler::new(&seed, call);
    let schema = operation.result();
    let mut value = match operation.reply {
        ReplyKind::Json => match payload(&schema) {
            Some((name, inner)) => {
                let mut whole = sampler.value(&schema);
                whole[name] = show::show(&inner, row, sampler);
                whole
            }
            None => show::show(&schema, row, sampler),
        },
        _ => show::show(&schema, row, sampler),
    };
    documents::show_children(operation, call, &schema, &mut value);
    reply(operation, value)
}

/// Shows several members: as a list, in the list of an object, or as the
/// object if it is only one.
pub(super) fn answer_many(
    operation: &Operation,
    call: &Call<'_>,
    table: &str,
    rows: &[(String, Object)],
) -> Reply {
    let schema = operation.result();
    let slot = listing::slot(&schema).map(str::to_owned);
    let items = match (schema.value(), &slot) {
        (list @ Schema::List(_), _) => Some(list.clone()),
        (object, Some(slot)) => object.field(slot).map(|field| field.schema.value().clone()),
        _ => None,
    };
    let item = match items {
        Some(Schema::List(items)) => items.value().clone(),
        _ => match rows {
            [(key, row)] if !schema.fields().is_empty() => {
                return answer_one(operation, call, table, key, row);
            }
            _ => return sample(operation, call, &Value::Null),
        },
    };
    let shown = rows.iter().map(|(key, row)| {
        let seed = format!("{table}/{key}");
        if check::fits(&item, &Value::from(key.as_str()))
            && item.fields().is_empty()
            && item != Schema::Any
        {
            return Value::from(key.as_str());
        }
        show::show(&item, row, Sampler::new(&seed, call))
    });
    let shown = Value::Array(shown.collect());
    match slot {
        Some(slot) => {
            let whole: Object = [(slot, shown)].into_iter().collect();
            let sampler = Sampler::new(table, call);
            reply(operation, show::show(&schema, &whole, sampler))
        }
        None => reply(operation, shown),
    }
}
