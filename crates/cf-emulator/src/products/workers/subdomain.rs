//! The subdomain of `workers.dev` that an account has, and whether a script is
//! available there.

use http::StatusCode;
use serde_json::{Value, json};

use super::{found, home};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::identity::ACCOUNTS;
use crate::store::text;

fn path(account: &str) -> String {
    format!("accounts/{account}/workers/subdomain")
}

/// The subdomain of an account. It has one from the start, until it is deleted.
fn of(call: &Call<'_>, account: &str) -> Option<String> {
    match call.store.document(&path(account)) {
        Some(set) => set["subdomain"].as_str().map(str::to_owned),
        None => Some(format!("account-{}", account.get(..8)?)),
    }
}

fn is_taken(call: &Call<'_>, name: &str) -> bool {
    let own = call.param("account_id");
    let others = call.store.rows(ACCOUNTS).map(|account| text(account, "id"));
    others
        .filter(|other| *other != own)
        .any(|other| of(call, other).as_deref() == Some(name))
}

fn unavailable() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        10031,
        "workers.api.error.subdomain_unavailable",
    )
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let missing = || ApiError::not_found(10007, "workers.api.error.subdomain_not_found");
    let name = of(call, call.param("account_id")).ok_or_else(missing)?;
    Ok(Reply::result(json!({ "subdomain": name })))
}

pub(super) fn put(call: &mut Call<'_>) -> Outcome {
    let body = call.described(10021)?;
    let name = text(&body, "subdomain").to_lowercase();
    let usual = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if name.is_empty()
        || name.len() > 63
        || !name.bytes().all(usual)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        return Err(ApiError::invalid_because("subdomain", "is not a valid name").coded(10021));
    }
    if is_taken(call, &name) {
        return Err(unavailable());
    }
    let set = json!({ "subdomain": name });
    call.store
        .set_document(path(call.params.get("account_id")), set.clone());
    Ok(Reply::result(set))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    call.store.set_document(
        path(call.params.get("account_id")),
        json!({ "subdomain": null }),
    );
    Ok(Reply::Empty)
}

/// Whether a subdomain is available: an error says that it is.
pub(super) fn look_up(call: &mut Call<'_>) -> Outcome {
    let name = call.param("name");
    match is_taken(call, name) || of(call, call.param("account_id")).as_deref() == Some(name) {
        true => Err(unavailable()),
        false => Err(ApiError::not_found(
            10032,
            "workers.api.error.subdomain_not_found",
        )),
    }
}

fn switches(call: &Call<'_>) -> String {
    format!("{}/subdomain", home(call))
}

pub(super) fn of_script(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let set = call.store.document(&switches(call));
    let is = |what: &str| set.is_some_and(|set| set[what] == true);
    Ok(Reply::result(
        json!({ "enabled": is("enabled"), "previews_enabled": is("previews_enabled") }),
    ))
}

/// Previews follow the script itself unless the body says otherwise.
pub(super) fn switch(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = call.described(10021)?;
    let enabled = body.get("enabled") == Some(&Value::Bool(true));
    let previews = body
        .get("previews_enabled")
        .and_then(Value::as_bool)
        .unwrap_or(enabled);
    let path = switches(call);
    call.store.set_document(
        path,
        json!({ "enabled": enabled, "previews_enabled": previews }),
    );
    of_script(call)
}

pub(super) fn switch_off(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let path = switches(call);
    call.store.remove_document(&path);
    of_script(call)
}
