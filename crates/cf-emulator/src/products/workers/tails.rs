//! Tails: clients that receive the events of a script.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{found, name};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::path::CONTROL_PATH;
use crate::store::text;

/// How long a tail lives.
const LIFE: SignedDuration = SignedDuration::from_hours(6);

/// Where the tails of a script are.
pub(super) fn table(account_id: &str, script: &str) -> String {
    format!("accounts/{account_id}/workers/scripts/{script}/tails")
}

fn own_table(call: &Call<'_>) -> String {
    table(call.param("account_id"), name(call))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let shown = call.store.rows(&own_table(call)).map(
        |tail| json!({ "id": tail["id"], "url": tail["url"], "expires_at": tail["expires_at"] }),
    );
    Ok(Reply::result(shown.collect::<Vec<_>>()))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let filters = match call.request.body.is_empty() {
        true => None,
        false => call.object()?.remove("filters"),
    };
    let id = ids::hex32();
    let url = format!("{}{CONTROL_PATH}/tails/{id}", call.request.origin("ws"));
    let expires_at = format!("{:.0}", Timestamp::now() + LIFE);
    let tail = json!({ "id": id, "url": url, "expires_at": expires_at, "filters": filters });
    let table = own_table(call);
    call.store.table_mut(&table).put(object(tail));
    Ok(Reply::result(
        json!({ "id": id, "url": url, "expires_at": expires_at }),
    ))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, id) = (own_table(call), call.params.get("id"));
    let tail = call.store.table_mut(&table).remove(id);
    let tail = tail.ok_or_else(|| ApiError::not_found(10057, "Tail not found."))?;
    Ok(Reply::id(text(&tail, "id")))
}
