//! What uses a pool or a monitor, and the search over all three.

use serde_json::{Value, json};

use super::{balancers, monitors, monitors_of, pools, pools_named, pools_of};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::paging;
use crate::store::{Object, text};

fn reference(direction: &str, kind: &str, row: &Object) -> Value {
    let name = match text(row, "name") {
        "" => text(row, "description"),
        name => name,
    };
    json!({
        "reference_type": direction,
        "resource_type": kind,
        "resource_id": row["id"],
        "resource_name": name,
    })
}

fn to_pool(call: &Call<'_>, pool: &Object) -> Vec<Value> {
    let account = call.param("account_id");
    let referrers = balancers(call.store, account)
        .filter(|balancer| pools_named(balancer).contains(text(pool, "id")))
        .map(|balancer| reference("referrer", "load_balancer", balancer));
    let monitor = call.store.get(&monitors_of(account), text(pool, "monitor"));
    referrers
        .chain(monitor.map(|monitor| reference("referral", "monitor", monitor)))
        .collect()
}

fn to_monitor(call: &Call<'_>, monitor: &Object) -> Vec<Value> {
    pools::with_monitor(call, text(monitor, "id"))
        .map(|pool| reference("referrer", "pool", pool))
        .collect()
}

fn to_balancer(call: &Call<'_>, balancer: &Object) -> Vec<Value> {
    let pools = pools_of(call.param("account_id"));
    pools_named(balancer)
        .into_iter()
        .filter_map(|pool| call.store.get(&pools, pool))
        .map(|pool| reference("referral", "pool", pool))
        .collect()
}

pub(super) fn of_pool(call: &mut Call<'_>) -> Outcome {
    Ok(paging::whole(to_pool(call, pools::found(call)?)))
}

pub(super) fn of_monitor(call: &mut Call<'_>) -> Outcome {
    Ok(paging::whole(to_monitor(call, monitors::found(call)?)))
}

/// Load balancers, pools and monitors whose name or description contains the text.
pub(super) fn search(call: &mut Call<'_>) -> Outcome {
    let wanted = call.query.get("query").unwrap_or_default().to_lowercase();
    let direction = call
        .query
        .one_of("references", &["*", "referral", "referrer"])?;
    let account = call.param("account_id");
    let with = |kind: &str, row: &Object, all: Vec<Value>| {
        let mut found = reference("referral", kind, row);
        found["references"] = match direction {
            None => json!([]),
            Some("*") => all.into(),
            Some(direction) => all
                .into_iter()
                .filter(|one| one["reference_type"] == direction)
                .collect(),
        };
        found
    };
    let has = |row: &&Object| {
        ["name", "description", "id"]
            .iter()
            .any(|field| text(row, field).to_lowercase().contains(&wanted))
    };
    let mut found: Vec<Value> = balancers(call.store, account)
        .filter(has)
        .map(|row| with("load_balancer", row, to_balancer(call, row)))
        .collect();
    let (pools, monitors) = (pools_of(account), monitors_of(account));
    found.extend(
        call.store
            .rows(&pools)
            .filter(has)
            .map(|row| with("pool", row, to_pool(call, row))),
    );
    found.extend(
        call.store
            .rows(&monitors)
            .filter(has)
            .map(|row| with("monitor", row, to_monitor(call, row))),
    );
    page(call, found)
}

fn page(call: &Call<'_>, found: Vec<Value>) -> Result<Reply, ApiError> {
    let per_page = paging::positive(&call.query, "per_page")?
        .unwrap_or(25)
        .min(1000);
    let number = paging::positive(&call.query, "page")?.unwrap_or(1);
    let total = found.len();
    let shown: Vec<Value> = found
        .into_iter()
        .skip((number - 1).saturating_mul(per_page))
        .take(per_page)
        .collect();
    let info = json!({
        "page": number,
        "per_page": per_page,
        "count": shown.len(),
        "total_count": total,
        "total_pages": total.div_ceil(per_page),
    });
    // The API returns `resources`; its description has them in an element of `items`.
    let items = match shown.is_empty() {
        true => json!([]),
        false => json!([{ "resources": shown }]),
    };
    Ok(Reply::Enveloped {
        result: json!({ "resources": shown, "items": items }),
        result_info: Some(info),
        messages: Vec::new(),
    })
}
