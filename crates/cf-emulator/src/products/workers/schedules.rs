//! Cron triggers of a script. They never fire here.

use serde_json::{Value, json};

use super::{found, home};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::store::{clock, text};

const MOST: usize = 250;

fn path(call: &Call<'_>) -> String {
    format!("{}/schedules", home(call))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let known = call.store.document(&path(call)).cloned();
    Ok(Reply::result(
        json!({ "schedules": known.unwrap_or_else(|| json!([])) }),
    ))
}

/// Five fields of numbers, names, ranges and steps.
fn is_cron(text: &str) -> bool {
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | ',' | '-' | '/' | '#');
    text.split_whitespace().count() == 5
        && text
            .split_whitespace()
            .all(|field| field.chars().all(usual))
}

/// Sets all schedules; known ones keep their creation time.
pub(super) fn put(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let refused = |why: String| ApiError::bad_request(10100, why);
    let Value::Array(all) = call.any_json()? else {
        return Err(refused("the body must be a list of schedules".to_owned()));
    };
    if all.len() > MOST {
        return Err(refused(format!("there can be {MOST} schedules at most")));
    }
    let known = call
        .store
        .document(&path(call))
        .cloned()
        .unwrap_or_default();
    let known = known.as_array().cloned().unwrap_or_default();
    let (mut schedules, now) = (Vec::<Value>::new(), clock::now());
    for one in all {
        let one = object(one);
        let cron = text(&one, "cron");
        if !is_cron(cron) {
            return Err(refused(format!("invalid cron string: {cron:?}")));
        }
        let old = known.iter().find(|known| known["cron"] == cron);
        let created = old.map_or_else(|| now.as_str().into(), |old| old["created_on"].clone());
        if !schedules.iter().any(|known| known["cron"] == cron) {
            schedules.push(json!({ "cron": cron, "created_on": created, "modified_on": now }));
        }
    }
    let path = path(call);
    call.store.set_document(path, schedules.clone().into());
    Ok(Reply::result(json!({ "schedules": schedules })))
}
