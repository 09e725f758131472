//! Cache purges: <https://developers.cloudflare.com/api/resources/cache/>.
//! There is no cache; requests are checked as if there were.

use http::Method;
use serde_json::Value;

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;

/// What a request can purge by.
const WAYS: &[&str] = &["files", "hosts", "prefixes", "tags"];
/// How many entries a request may have.
const MOST: usize = 100;

pub(super) struct Cache;

impl Product for Cache {
    fn name(&self) -> &'static str {
        "cache"
    }

    fn title(&self) -> &'static str {
        "Cache"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &[]
    }
}

fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::POST,
        "zones/{zone_id}/purge_cache",
        Group("Cache Purge"),
        purge,
    )]
}

fn purge(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let all = match body.get("purge_everything") {
        None | Some(Value::Null) | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(ApiError::invalid("purge_everything")),
    };
    let mut ways = usize::from(all);
    for way in WAYS {
        let entries = match body.get(*way) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(ApiError::invalid(way)),
        };
        let is_entry = |entry: &Value| {
            let text = if *way == "files" {
                entry["url"].as_str().or(entry.as_str())
            } else {
                entry.as_str()
            };
            text.is_some_and(|text| !text.is_empty() && (*way != "files" || text.contains("://")))
        };
        if let Some(bad) = entries.iter().find(|entry| !is_entry(entry)) {
            return Err(ApiError::bad_request(
                1016,
                format!("Unable to purge {bad}, which is an invalid entry of {way}"),
            ));
        }
        if entries.len() > MOST {
            return Err(ApiError::bad_request(
                1094,
                format!("Unable to purge more than {MOST} {way} at once"),
            ));
        }
        ways += usize::from(!entries.is_empty());
    }
    if ways != 1 {
        let message = "Request must contain one of \"purge_everything\" or \"files\" or \"tags\" or \"hosts\" or \"prefixes\"";
        return Err(ApiError::bad_request(1012, message));
    }
    Ok(Reply::id(call.param("zone_id")))
}
