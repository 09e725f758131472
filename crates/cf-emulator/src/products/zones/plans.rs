//! The plans a zone can have.

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::{self, Group};
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::text;

/// Whoever can read the zone can see the plans available.
const READ: Permission = Group("Zone Read|Billing Read");

/// The short name of a new zone's plan.
pub(super) const FREE: &str = "free";

/// Identifier, short name, name, price in dollars per month.
const PLANS: &[(&str, &str, &str, u32)] = &[
    ("0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", FREE, "Free Website", 0),
    ("1feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "pro", "Pro Website", 20),
    (
        "2feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        "business",
        "Business Website",
        200,
    ),
    (
        "94f3b7b768b0458b56d2cac4fe5ec0f9",
        "enterprise",
        "Enterprise Website",
        0,
    ),
];

pub(super) fn routes() -> Vec<Route> {
    let one = "zones/{zone_id}/available_plans/{plan_identifier}";
    vec![
        Route::new(Method::GET, "zones/{zone_id}/available_plans", READ, list),
        Route::new(Method::GET, one, READ, get),
    ]
}

/// The short name of the plan with this identifier or short name.
pub(super) fn find(named: &str) -> Option<&'static str> {
    let mut plans = PLANS.iter();
    plans
        .find(|(id, short, ..)| *id == named || *short == named)
        .map(|(_, short, ..)| *short)
}

pub(super) fn short_name(named: &str) -> &'static str {
    find(named).unwrap_or(FREE)
}

/// A plan as zones show it.
pub(super) fn show(named: &str) -> Value {
    let short = short_name(named);
    PLANS
        .iter()
        .find(|plan| plan.1 == short)
        .map(|plan| describe(plan, true))
        .unwrap_or_default()
}

fn describe((id, short, name, price): &(&str, &str, &str, u32), subscribed: bool) -> Value {
    json!({
        "id": id,
        "name": name,
        "price": price,
        "currency": "USD",
        "frequency": if *price == 0 { "" } else { "monthly" },
        "is_subscribed": subscribed,
        "can_subscribe": *short != "enterprise",
        "legacy_id": short,
        "legacy_discount": false,
        "externally_managed": false,
    })
}

fn available(call: &Call<'_>) -> Vec<Value> {
    let current = super::found(call).map_or(FREE, |zone| short_name(text(zone, "plan")));
    let offer = |plan| {
        let mut offer = describe(plan, plan.1 == current);
        offer["frequency"] = "monthly".into();
        offer
    };
    PLANS.iter().map(offer).collect()
}

fn list(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(available(call)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.param("plan_identifier");
    let plan = available(call)
        .into_iter()
        .find(|plan| plan["id"] == id || plan["legacy_id"] == id);
    Ok(Reply::result(plan.ok_or_else(|| {
        ApiError::not_found(1003, "Plan not found")
    })?))
}
