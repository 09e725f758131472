//! Many changes to records at once, all or none.

use serde_json::{Value, json};

use super::{body, insert, missing, patch, replace, table, zone};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, text};

/// First the deletes, then the patches, the puts and the posts, whatever their
/// order in the body, so that a name can be freed and reused in one batch.
pub(super) fn run(call: &mut Call<'_>) -> Outcome {
    let body = body(call)?;
    let zone_id = call.params.get("zone_id");
    let zone = zone(call.store, zone_id)?;
    let changes = ["deletes", "patches", "puts", "posts"].map(|field| {
        let items = body.get(field).and_then(Value::as_array);
        items.map_or(0, Vec::len)
    });
    let (changes, most) = (changes.iter().sum::<usize>(), zone.limits.batch);
    if changes > most {
        let message = format!("The batch has {changes} changes, exceeding the limit of {most}.");
        return Err(ApiError::bad_request(9303, message));
    }
    let records = call.store.table_mut(&table(zone_id));
    // Changes go to a copy that replaces the table if all succeed.
    let mut draft = records.clone();
    let deletes = each(&body, "deletes", |item| {
        draft.remove(text(&item, "id")).ok_or_else(missing)
    })?;
    let patches = each(&body, "patches", |item| {
        let id = text(&item, "id").to_owned();
        patch(&mut draft, &zone, &id, item)
    })?;
    let puts = each(&body, "puts", |item| {
        let id = text(&item, "id").to_owned();
        replace(&mut draft, &zone, &id, item)
    })?;
    let posts = each(&body, "posts", |item| insert(&mut draft, &zone, item))?;
    *records = draft;
    Ok(Reply::result(json!({
        "deletes": deletes,
        "patches": patches,
        "puts": puts,
        "posts": posts,
    })))
}

fn each(
    body: &Object,
    field: &str,
    mut apply: impl FnMut(Object) -> Result<Object, ApiError>,
) -> Result<Vec<Object>, ApiError> {
    let invalid = || ApiError::bad_request(9207, "Request body is invalid.");
    let items = match body.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(invalid()),
    };
    items
        .iter()
        .map(|item| apply(item.as_object().ok_or_else(invalid)?.clone()))
        .collect()
}
