//! Policies. Those of an account can be reused by many applications; others
//! belong to one.

use serde_json::{Value, json};

use super::{INVALID, attached, duration, found, invalid, listed, rules, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::store::{Object, clock, text};

const HERE: &str = "policies";
const DECISIONS: [&str; 4] = ["allow", "deny", "non_identity", "bypass"];

/// A policy from a body, checked and completed.
pub(super) fn completed(
    call: &Call<'_>,
    mut policy: Object,
    known: Option<&Object>,
) -> Result<Object, ApiError> {
    policy.retain(|_, value| !value.is_null());
    if text(&policy, "name").trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    if !DECISIONS.contains(&text(&policy, "decision")) {
        return Err(invalid("unrecognized policy decision"));
    }
    rules::check(call, &mut policy)?;
    match text(&policy, "session_duration") {
        "" => drop(policy.insert("session_duration".to_owned(), "24h".into())),
        given => drop(duration("session_duration", given)?),
    }
    let now = clock::now();
    let kept = |field: &str, fresh: String| known.map_or(fresh, |row| text(row, field).to_owned());
    let id = kept("id", ids::dashed(&ids::hex32()));
    policy.insert("uid".to_owned(), id.as_str().into());
    policy.insert("id".to_owned(), id.into());
    policy.insert(
        "created_at".to_owned(),
        kept("created_at", now.clone()).into(),
    );
    policy.insert("updated_at".to_owned(), now.into());
    Ok(policy)
}

/// A policy with the number of applications that use it.
fn show(call: &Call<'_>, policy: &Object) -> Value {
    let mut shown = policy.clone();
    let users = attached::users_of(call, text(policy, "id"));
    shown.insert("app_count".to_owned(), json!(users));
    Value::Object(shown)
}

fn put(call: &mut Call<'_>, known: Option<&Object>) -> Result<Value, ApiError> {
    let body = call.described(INVALID)?;
    let mut policy = completed(call, body, known)?;
    policy.insert("reusable".to_owned(), true.into());
    policy.remove("precedence");
    let table = format!("{}/{HERE}", scope(call));
    call.store.table_mut(&table).put(policy.clone());
    Ok(show(call, &policy))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    listed(call, HERE, |row| show(call, row))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::Created(put(call, None)?))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let (_, policy) = found(call, HERE, "policy")?;
    Ok(Reply::result(show(call, &policy)))
}

pub(super) fn replace(call: &mut Call<'_>) -> Outcome {
    let (_, known) = found(call, HERE, "policy")?;
    Ok(Reply::result(put(call, Some(&known))?))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, policy) = found(call, HERE, "policy")?;
    let id = text(&policy, "id");
    let users = attached::users_of(call, id);
    if users > 0 {
        return Err(invalid(format!("policy is used by {users} applications")));
    }
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
