//! The health of origins: enabled ones are healthy.

use serde_json::{Value, json};

use super::{INVALID, missing, monitors, pools};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, Store, text};

/// Where probes are said to come from.
const PLACE: &str = "Amsterdam, NL";

/// The health of a pool, seen from one location.
fn health(pool: &Object) -> Value {
    let origins = pool.get("origins").and_then(Value::as_array);
    let origins: Vec<&Value> = origins.into_iter().flatten().collect();
    let on = |origin: &Value| origin["enabled"] != false;
    let healthy = origins.iter().filter(|origin| on(origin)).count() as u64;
    let least = pool
        .get("minimum_origins")
        .and_then(Value::as_u64)
        .unwrap_or(1);
    let shown: Vec<Value> = origins
        .iter()
        .map(|origin| {
            let state = match on(origin) {
                true => json!({ "healthy": true, "rtt": "12.1ms", "failure_reason": "No failures", "response_code": 200 }),
                false => json!({ "healthy": false, "rtt": "0s", "failure_reason": "Origin is disabled", "response_code": 0 }),
            };
            let address = origin["address"].as_str().unwrap_or_default();
            Value::Object([(address.to_owned(), state)].into_iter().collect())
        })
        .collect();
    json!({ "healthy": healthy >= least.max(1), "origins": shown })
}

/// Without a monitor, a pool's health is unknown.
pub(super) fn of_pool(call: &mut Call<'_>) -> Outcome {
    let pool = pools::found(call)?;
    let mut seen = json!({});
    if !text(pool, "monitor").is_empty() {
        seen[PLACE] = health(pool);
    }
    Ok(Reply::result(
        json!({ "pool_id": pool["id"], "pop_health": seen }),
    ))
}

fn table(call: &Call<'_>) -> String {
    format!(
        "accounts/{}/load_balancers/preview",
        call.param("account_id")
    )
}

/// Stores a preview of `pools`, whose result can be asked for.
fn preview(call: &mut Call<'_>, pools: &[Object]) -> Outcome {
    monitors::checked(call.described(INVALID)?)?;
    let (table, id) = (table(call), ids::hex32());
    let ids: Vec<&str> = pools.iter().map(|pool| text(pool, "id")).collect();
    let row = object(json!({ "id": id, "pools": ids }));
    call.store.table_mut(&table).put(row);
    let names: Object = pools
        .iter()
        .map(|pool| (text(pool, "id").to_owned(), pool["name"].clone()))
        .collect();
    Ok(Reply::result(json!({ "preview_id": id, "pools": names })))
}

pub(super) fn preview_pool(call: &mut Call<'_>) -> Outcome {
    let pool = pools::found(call)?.clone();
    preview(call, &[pool])
}

pub(super) fn preview_monitor(call: &mut Call<'_>) -> Outcome {
    monitors::found(call)?;
    let pools: Vec<Object> = pools::with_monitor(call, call.param("monitor_id"))
        .cloned()
        .collect();
    preview(call, &pools)
}

fn results(store: &Store, pools: &str, preview: &Object) -> Object {
    let ids = preview.get("pools").and_then(Value::as_array);
    ids.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|id| Some((id.to_owned(), health(store.get(pools, id)?))))
        .collect()
}

pub(super) fn preview_result(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let preview = call.store.get(&table(call), call.param("preview_id"));
    let preview = preview.ok_or_else(|| missing("preview"))?;
    Ok(Reply::result(results(
        call.store,
        &pools::table(call),
        preview,
    )))
}
