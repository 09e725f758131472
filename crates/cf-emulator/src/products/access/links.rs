//! The policies of an application, in order of precedence: its own, and
//! reusable ones of the account.

use serde_json::Value;

use super::attached::{links, set};
use super::{INVALID, PAGE, account, found, invalid, missing, policies, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::paging;
use crate::store::{Object, text};

/// Where an application's own policies are.
fn own(call: &Call<'_>, app: &str) -> String {
    format!("{}/apps/{app}/policies", scope(call))
}

fn reusable(call: &Call<'_>) -> String {
    format!("accounts/{}/access/policies", account(call))
}

/// The policies of an application in full.
pub(super) fn show(call: &Call<'_>, app: &Object) -> Vec<Object> {
    let (own, shared) = (own(call, text(app, "id")), reusable(call));
    let whole = |(id, precedence): (String, u64)| {
        let policy = call
            .store
            .get(&own, &id)
            .or_else(|| call.store.get(&shared, &id));
        let mut policy = policy?.clone();
        policy.insert("precedence".to_owned(), precedence.into());
        policy.entry("reusable").or_insert(false.into());
        Some(policy)
    };
    links(app).into_iter().filter_map(whole).collect()
}

/// Takes over the policies in the body of an application: identifiers of
/// reusable ones, or objects, which become its own.
pub(super) fn take(call: &mut Call<'_>, app: &mut Object, given: &[Value]) -> Result<(), ApiError> {
    let own = own(call, text(app, "id"));
    let (mut taken, mut new) = (Vec::<(String, u64)>::new(), Vec::new());
    for (index, one) in given.iter().enumerate() {
        let precedence = one["precedence"].as_u64().unwrap_or(index as u64 + 1);
        if taken.iter().any(|(_, known)| *known == precedence) {
            return Err(invalid(format!(
                "two policies have the precedence {precedence}"
            )));
        }
        let named = one.as_str().or_else(|| one["id"].as_str());
        let known = named.and_then(|id| call.store.get(&own, id)).cloned();
        match (named, one.as_object()) {
            (Some(id), fields)
                if known.is_none()
                    || fields.is_none_or(|fields| !fields.contains_key("decision")) =>
            {
                if known.is_none() && call.store.get(&reusable(call), id).is_none() {
                    return Err(invalid(format!("policy {id} does not exist")));
                }
                taken.push((id.to_owned(), precedence));
            }
            (_, Some(fields)) => {
                let policy = policies::completed(call, fields.clone(), known.as_ref())?;
                taken.push((text(&policy, "id").to_owned(), precedence));
                new.push(policy);
            }
            _ => return Err(invalid("policies must be identifiers or objects")),
        }
    }
    for policy in new {
        call.store.table_mut(&own).put(policy);
    }
    let gone: Vec<String> = call
        .store
        .rows(&own)
        .map(|row| text(row, "id").to_owned())
        .filter(|id| !taken.iter().any(|(kept, _)| kept == id))
        .collect();
    for id in gone {
        call.store.table_mut(&own).remove(&id);
    }
    set(app, taken);
    Ok(())
}

/// The precedence in a body, or the one after all others.
fn precedence(app: &Object, body: &Object, but: &str) -> Result<u64, ApiError> {
    let others: Vec<u64> = links(app)
        .into_iter()
        .filter(|(id, _)| id != but)
        .map(|(_, at)| at)
        .collect();
    match body.get("precedence").and_then(Value::as_u64) {
        Some(wanted) if others.contains(&wanted) => Err(invalid(format!(
            "another policy has the precedence {wanted}"
        ))),
        Some(wanted) => Ok(wanted),
        None => Ok(others.into_iter().max().unwrap_or_default() + 1),
    }
}

/// The application in the path, and its policy there.
fn one(call: &Call<'_>) -> Result<(String, Object, Object), ApiError> {
    let (table, app) = found(call, "apps", "app")?;
    let mut all = show(call, &app).into_iter();
    let policy = all.find(|policy| text(policy, "id") == call.param("policy"));
    Ok((table, app, policy.ok_or_else(missing)?))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let (_, app) = found(call, "apps", "app")?;
    let all = show(call, &app);
    let rows: Vec<&Object> = all.iter().collect();
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

/// Stores an application's own policy, and its precedence.
fn put(
    call: &mut Call<'_>,
    table: &str,
    mut app: Object,
    known: Option<&Object>,
) -> Result<Value, ApiError> {
    let mut body = call.object().map_err(|error| error.coded(INVALID))?;
    let but = known.map_or("", |known| text(known, "id"));
    // Without a precedence, it keeps the one it has.
    if let (Some(at), false) = (
        known.and_then(|known| known.get("precedence")),
        body.contains_key("precedence"),
    ) {
        body.insert("precedence".to_owned(), at.clone());
    }
    let precedence = precedence(&app, &body, but)?;
    let mut policy = policies::completed(call, body, known)?;
    policy.insert("reusable".to_owned(), false.into());
    policy.insert("precedence".to_owned(), precedence.into());
    let id = text(&policy, "id").to_owned();
    let mut all: Vec<_> = links(&app)
        .into_iter()
        .filter(|(known, _)| *known != id)
        .collect();
    all.push((id, precedence));
    set(&mut app, all);
    let own = own(call, text(&app, "id"));
    call.store.table_mut(&own).put(policy.clone());
    call.store.table_mut(table).put(app);
    Ok(policy.into())
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let (table, app) = found(call, "apps", "app")?;
    Ok(Reply::Created(put(call, &table, app, None)?))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(one(call)?.2))
}

pub(super) fn replace(call: &mut Call<'_>) -> Outcome {
    let (table, app, policy) = one(call)?;
    if policy["reusable"] == true {
        return Err(invalid("reusable policies are changed in the account"));
    }
    Ok(Reply::result(put(call, &table, app, Some(&policy))?))
}

/// A policy of the account is only detached.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, mut app, policy) = one(call)?;
    let id = text(&policy, "id");
    let rest = links(&app)
        .into_iter()
        .filter(|(known, _)| known != id)
        .collect();
    set(&mut app, rest);
    let own = own(call, text(&app, "id"));
    call.store.table_mut(&own).remove(id);
    call.store.table_mut(&table).put(app);
    Ok(Reply::id(id))
}
