//! Turnstile widgets: <https://developers.cloudflare.com/api/resources/turnstile/>.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge, object};
use crate::http::paging::{self, PageSize};
use crate::store::{Object, clock, text};

/// The code for all invalid requests.
const INVALID: u32 = 10400;
const LONGEST_NAME: usize = 254;
const MOST_DOMAINS: usize = 10;
/// How long a secret stays valid after it was rotated.
const GRACE: SignedDuration = SignedDuration::from_hours(2);

const PAGE: PageSize = PageSize {
    default: 25,
    min: 5,
    max: 1000,
};

pub(super) struct Turnstile;

impl Product for Turnstile {
    fn name(&self) -> &'static str {
        "turnstile"
    }

    fn title(&self) -> &'static str {
        "Turnstile"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/challenges"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Turnstile Sites Read"), Group("Turnstile Sites Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/challenges/widgets", read, list),
        Route::new(Method::POST, "accounts/{account_id}/challenges/widgets", write, create),
        Route::new(Method::GET, "accounts/{account_id}/challenges/widgets/{sitekey}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/challenges/widgets/{sitekey}", write, update),
        Route::new(Method::DELETE, "accounts/{account_id}/challenges/widgets/{sitekey}", write, delete),
        Route::new(Method::POST, "accounts/{account_id}/challenges/widgets/{sitekey}/rotate_secret", write, rotate),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/challenges/widgets", call.param("account_id"))
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let widget = call.store.get(&table(call), call.param("sitekey"));
    widget.ok_or_else(|| ApiError::not_found(10404, "widget not found"))
}

/// A widget with or without its secret; the expiry of an older one is not shown.
fn show(widget: &Object, with_secret: bool) -> Value {
    let mut shown = widget.clone();
    shown.remove("rotated_until");
    if !with_secret {
        shown.remove("secret");
    }
    Value::Object(shown)
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.split('.').all(label)
}

/// The body of a request that replaces a whole widget.
fn checked(call: &Call<'_>) -> Result<Object, ApiError> {
    let mut body = call.described(INVALID)?;
    body.retain(|_, value| !value.is_null());
    let refused =
        |field: &str, why: &str| Err(ApiError::invalid_because(field, why).coded(INVALID));
    let name = text(&body, "name");
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return refused("name", "must have 1 to 254 characters");
    }
    let domains = body.get("domains").and_then(Value::as_array);
    let domains: Vec<&str> = domains
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if domains.len() > MOST_DOMAINS {
        return refused("domains", "there can be 10 at most");
    }
    if let Some(bad) = domains.iter().find(|domain| !is_domain(domain)) {
        return refused(
            "domains",
            &format!("{bad:?} must be a hostname without scheme, port and path"),
        );
    }
    Ok(body)
}

/// The widgets that match `field:text` in the query.
fn list(call: &mut Call<'_>) -> Outcome {
    let table = table(call);
    let filter = call
        .query
        .get("filter")
        .map(|filter| match filter.split_once(':') {
            Some((field @ ("name" | "sitekey"), wanted)) => Ok((field, wanted.to_lowercase())),
            _ => Err(
                ApiError::invalid_because("filter", "must be name:TEXT or sitekey:TEXT")
                    .coded(INVALID),
            ),
        });
    let filter = filter.transpose()?;
    let mut rows: Vec<&Object> = call
        .store
        .rows(&table)
        .filter(|row| {
            filter
                .as_ref()
                .is_none_or(|(field, wanted)| text(row, field).to_lowercase().contains(wanted))
        })
        .collect();
    let fields = ["id", "sitekey", "name", "created_on", "modified_on"];
    paging::sort(&call.query, &fields, None, &mut rows)?;
    paging::page(&call.query, PAGE, &rows, |row| show(row, false))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = checked(call)?;
    let (table, sitekey, now) = (table(call), ids::secret("0x4AAAAAAA", 14), clock::now());
    let mut widget = object(json!({
        "sitekey": sitekey,
        "secret": ids::secret("0x4AAAAAAA", 25),
        "created_on": now,
        "modified_on": now,
        "bot_fight_mode": false,
        "clearance_level": "no_clearance",
        "ephemeral_id": false,
        "offlabel": false,
        "region": "world",
        "deployed_via": "api",
        "last_modified_via": "api",
    }));
    merge(
        &mut widget,
        body,
        &["sitekey", "secret", "created_on", "modified_on"],
    );
    call.store
        .table_mut(&table)
        .put_as(&sitekey, widget.clone());
    Ok(Reply::result(show(&widget, true)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(found(call)?, true)))
}

fn put(call: &mut Call<'_>, mut widget: Object) -> Outcome {
    let table = table(call);
    widget.insert("modified_on".to_owned(), clock::now().into());
    call.store
        .table_mut(&table)
        .put_as(call.params.get("sitekey"), widget.clone());
    Ok(Reply::result(show(&widget, true)))
}

/// The region cannot be changed.
fn update(call: &mut Call<'_>) -> Outcome {
    let mut widget = found(call)?.clone();
    let body = checked(call)?;
    if body
        .get("region")
        .is_some_and(|region| *region != widget["region"])
    {
        return Err(ApiError::invalid_because("region", "cannot be changed").coded(INVALID));
    }
    merge(
        &mut widget,
        body,
        &["sitekey", "secret", "created_on", "modified_on"],
    );
    put(call, widget)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let shown = show(found(call)?, true);
    let table = table(call);
    call.store
        .table_mut(&table)
        .remove(call.params.get("sitekey"));
    Ok(Reply::result(shown))
}

/// The old secret stays valid for a while unless it is invalidated at once;
/// during that time there is no other rotation.
fn rotate(call: &mut Call<'_>) -> Outcome {
    let mut widget = found(call)?.clone();
    let body = call.described(INVALID)?;
    let until = text(&widget, "rotated_until");
    if !until.is_empty() && !clock::is_past(until) {
        let message = "the secret cannot be rotated again while the one before is still valid";
        return Err(ApiError::bad_request(INVALID, message));
    }
    widget.insert("secret".to_owned(), ids::secret("0x4AAAAAAA", 25).into());
    match body.get("invalidate_immediately") {
        Some(Value::Bool(true)) => drop(widget.remove("rotated_until")),
        _ => {
            let until = Timestamp::now()
                .saturating_add(GRACE)
                .unwrap_or(Timestamp::MAX);
            widget.insert("rotated_until".to_owned(), format!("{until:.6}").into());
        }
    }
    put(call, widget)
}
