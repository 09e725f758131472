//! The upper part of every query: `viewer`, and the zones and accounts below it.

use serde_json::{Map, Value};

use super::query::{Field, no_arguments_but, selected};
use super::{Failure, datasets};
use crate::access::permissions::Target;
use crate::engine::call::Call;
use crate::http::json::{Object, text};
use crate::store::identity::{ACCOUNTS, ZONES};

const MOST_ZONES: usize = 10;
const OF_ZONES: &str = "Analytics Read";
const OF_ACCOUNTS: &str = "Account Analytics Read";

/// The data of a query.
pub(super) fn root(call: &Call<'_>, fields: &[Field]) -> Result<Value, Failure> {
    each(fields, |field| match field.name.as_str() {
        "viewer" => {
            no_arguments_but(field, &[])?;
            viewer(call, field)
        }
        other => Err(Failure::unknown_field(other)),
    })
}

fn viewer(call: &Call<'_>, viewer: &Field) -> Result<Value, Failure> {
    each(selected(viewer)?, |field| match field.name.as_str() {
        "zones" => zones(call, field, None),
        "accounts" => accounts(call, field),
        other => Err(Failure::unknown_field(other)),
    })
}

/// The zones that a filter names, or the first that the caller may see; those of one account only, if there is one.
fn zones(call: &Call<'_>, field: &Field, account: Option<&str>) -> Result<Value, Failure> {
    no_arguments_but(field, &["filter", "limit", "orderBy"])?;
    let is_here = |zone: &&Object| {
        account.is_none_or(|account| {
            zone.get("account")
                .is_some_and(|owner| owner["id"] == account)
        })
    };
    let may = |zone: &Object| call.access.permits_zone(OF_ZONES, zone);
    let mut visible: Vec<&str> = (call.store.rows(ZONES))
        .filter(is_here)
        .filter(|zone| may(zone))
        .map(|zone| text(zone, "id"))
        .collect();
    visible.sort_unstable();
    let ids = match tags(field, "zoneTag")? {
        Tags::All => visible.into_iter().take(MOST_ZONES).collect(),
        Tags::After(tag) => {
            let after = visible.into_iter().filter(|id| *id > tag.as_str());
            after.take(MOST_ZONES).collect()
        }
        Tags::These(tags) => {
            if tags.len() > MOST_ZONES {
                let message = format!("cannot request more than {MOST_ZONES} zones");
                return Err(Failure::new(message));
            }
            let hidden = |tag: &&&str| !visible.contains(*tag);
            let refused: Vec<&str> = tags.iter().filter(hidden).copied().collect();
            if !refused.is_empty() {
                let message = format!("zones [{}] are not authorized", refused.join(" "));
                return Err(Failure::unauthorized(message));
            }
            tags
        }
    };
    list(field, &ids, |inner, id| match inner.name.as_str() {
        "zoneTag" => Ok(id.into()),
        _ => datasets::read(call.store, &format!("zones/{id}"), inner),
    })
}

fn accounts(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    no_arguments_but(field, &["filter", "limit", "orderBy"])?;
    let Tags::These(tags) = tags(field, "accountTag")? else {
        return Err(Failure::new(
            "error parsing args for \"accounts\": filter: accountTag is required",
        ));
    };
    let [tag] = tags.as_slice() else {
        return Err(Failure::new("cannot request more than 1 account"));
    };
    let may = call.access.permits(OF_ACCOUNTS, Target::Account(tag));
    if !may || call.store.get(ACCOUNTS, tag).is_none() {
        return Err(Failure::unauthorized("not authorized for that account"));
    }
    list(field, &tags, |inner, id| match inner.name.as_str() {
        "accountTag" => Ok(id.into()),
        "zones" => zones(call, inner, Some(id)),
        _ => datasets::read(call.store, &format!("accounts/{id}"), inner),
    })
}

/// Which zones or accounts a filter names.
enum Tags<'a> {
    All,
    After(String),
    These(Vec<&'a str>),
}

fn tags<'a>(field: &'a Field, name: &str) -> Result<Tags<'a>, Failure> {
    let filter = match field.arguments.get("filter") {
        None | Some(Value::Null) => return Ok(Tags::All),
        Some(Value::Object(filter)) => filter,
        Some(_) => return Err(bad_filter(field, "an object is expected")),
    };
    let mut entries = filter.iter();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        return Err(bad_filter(field, "one condition is expected"));
    };
    let operator = key.strip_prefix(name);
    match (operator, value) {
        (Some("" | "_in"), Value::String(tag)) => Ok(Tags::These(vec![tag])),
        (Some("_gt"), Value::String(tag)) => Ok(Tags::After(tag.clone())),
        (Some("_in"), Value::Array(tags)) => {
            let tags: Option<Vec<&str>> = tags.iter().map(Value::as_str).collect();
            tags.map(Tags::These)
                .ok_or_else(|| bad_filter(field, "a list of strings is expected"))
        }
        (Some("" | "_gt" | "_in"), _) => Err(bad_filter(field, "a string is expected")),
        _ => Err(bad_filter(field, &format!("unknown arg \"{key}\""))),
    }
}

fn bad_filter(field: &Field, why: &str) -> Failure {
    let name = &field.name;
    Failure::new(format!("error parsing args for \"{name}\": filter: {why}"))
}

/// An object with the value of each field.
fn each(
    fields: &[Field],
    mut value: impl FnMut(&Field) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let mut object = Map::new();
    for field in fields {
        let value = value(field).map_err(|failure| failure.within(&field.key))?;
        object.insert(field.key.clone(), value);
    }
    Ok(Value::Object(object))
}

/// A list with an object for each of `ids`.
fn list(
    field: &Field,
    ids: &[&str],
    mut value: impl FnMut(&Field, &str) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let fields = selected(field)?;
    let objects = ids.iter().enumerate().map(|(index, id)| {
        each(fields, |field| value(field, id)).map_err(|failure| failure.within(index.to_string()))
    });
    objects.collect()
}
