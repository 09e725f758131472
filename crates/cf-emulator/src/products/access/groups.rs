//! Groups: rules with a name.

use serde_json::Value;

use super::{INVALID, conflict, found, invalid, listed, rules, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::store::{Object, clock, text};

const HERE: &str = "groups";

fn checked(call: &Call<'_>) -> Result<Object, ApiError> {
    let mut body = call.described(INVALID)?;
    if text(&body, "name").trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    rules::check(call, &mut body)?;
    Ok(body)
}

fn put(call: &mut Call<'_>, mut group: Object, id: &str, created: &str) -> Object {
    let table = format!("{}/{HERE}", scope(call));
    for (field, value) in [
        ("id", id),
        ("uid", id),
        ("created_at", created),
        ("updated_at", &clock::now()),
    ] {
        group.insert(field.to_owned(), value.into());
    }
    call.store.table_mut(&table).put(group.clone());
    group
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    listed(call, HERE, |row| Value::Object(row.clone()))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let group = checked(call)?;
    let made = put(call, group, &ids::dashed(&ids::hex32()), &clock::now());
    Ok(Reply::Created(made.into()))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call, HERE, "group")?.1))
}

pub(super) fn replace(call: &mut Call<'_>) -> Outcome {
    let (_, known) = found(call, HERE, "group")?;
    let group = checked(call)?;
    Ok(Reply::result(put(
        call,
        group,
        text(&known, "id"),
        text(&known, "created_at"),
    )))
}

/// A group that rules name cannot be deleted.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, group) = found(call, HERE, "group")?;
    let id = text(&group, "id");
    let scope = format!("{}/", scope(call));
    let tables = call
        .store
        .tables()
        .filter(|(path, _)| path.starts_with(&scope));
    if tables
        .flat_map(|(_, rows)| rows.rows())
        .any(|row| rules::name_group(row, id))
    {
        return Err(conflict(INVALID, "group_in_use"));
    }
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
