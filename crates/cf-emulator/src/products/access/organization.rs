//! The organization that people sign in to, and its signing keys.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{INVALID, conflict, duration, invalid, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::merge_deep;
use crate::store::{Object, clock, text};

/// The domain of every organization.
const DOMAIN: &str = ".cloudflareaccess.com";
/// Days between two rotations of the keys.
const INTERVALS: std::ops::RangeInclusive<u64> = 21..=365;
const USUAL_INTERVAL: u64 = 42;

fn path(call: &Call<'_>) -> String {
    format!("{}/organizations", scope(call))
}

fn known(call: &Call<'_>) -> Result<Value, ApiError> {
    let known = call.store.document(&path(call)).cloned();
    // If it was never set up.
    let missing = || ApiError::forbidden(9999, "access.api.error.not_enabled").of_state();
    known.ok_or_else(missing)
}

fn checked(call: &Call<'_>, organization: &Value) -> Result<(), ApiError> {
    let field = |name: &str| organization[name].as_str().unwrap_or_default();
    if field("name").trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    let domain = field("auth_domain");
    let label = domain.strip_suffix(DOMAIN).unwrap_or_default();
    if label.is_empty()
        || !label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Err(invalid(format!(
            "auth_domain must be a name below {DOMAIN}"
        )));
    }
    for name in ["session_duration", "warp_auth_session_duration"] {
        if !field(name).is_empty() {
            duration(name, field(name))?;
        }
    }
    let own = path(call);
    let mut others = call
        .store
        .documents()
        .filter(|(path, _)| path.ends_with("/access/organizations") && *path != own);
    match others.any(|(_, other)| other["auth_domain"] == domain) {
        true => Err(conflict(INVALID, "auth_domain_taken")),
        false => Ok(()),
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(known(call)?))
}

fn put(call: &mut Call<'_>, mut organization: Value) -> Result<Value, ApiError> {
    checked(call, &organization)?;
    organization["updated_at"] = clock::now().into();
    let path = path(call);
    call.store.set_document(path, organization.clone());
    Ok(organization)
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    if known(call).is_ok() {
        return Err(conflict(INVALID, "organization_already_exists"));
    }
    let mut organization = json!({
        "created_at": clock::now(),
        "login_design": {},
        "is_ui_read_only": false,
        "allow_authenticate_via_warp": false,
        "auto_redirect_to_identity": false,
        "session_duration": "24h",
    });
    merge_deep(&mut organization, body.into());
    Ok(Reply::Created(put(call, organization)?))
}

/// Changes what the body names.
pub(super) fn change(call: &mut Call<'_>) -> Outcome {
    let mut organization = known(call)?;
    merge_deep(&mut organization, call.described(INVALID)?.into());
    Ok(Reply::result(put(call, organization)?))
}

pub(super) fn revoke_user(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    match text(&body, "email").contains('@') {
        true => Ok(Reply::result(true)),
        false => Err(invalid("email must be an address")),
    }
}

fn keys_path(call: &Call<'_>) -> String {
    format!("{}/keys", scope(call))
}

/// Interval and last rotation.
fn keys_of(call: &Call<'_>) -> (u64, String) {
    let known = call.store.document(&keys_path(call));
    let interval = known.and_then(|keys| keys["key_rotation_interval_days"].as_u64());
    let last = known.and_then(|keys| keys["last_key_rotation_at"].as_str());
    (
        interval.unwrap_or(USUAL_INTERVAL),
        last.map_or_else(clock::now, str::to_owned),
    )
}

fn put_keys(call: &mut Call<'_>, interval: u64, last: &str) -> Outcome {
    let since = last
        .parse::<Timestamp>()
        .map_or(SignedDuration::ZERO, |last| {
            last.duration_until(Timestamp::now())
        });
    let days = u64::try_from(since.as_hours() / 24).unwrap_or_default();
    let keys = json!({
        "key_rotation_interval_days": interval,
        "last_key_rotation_at": last,
        "days_until_next_rotation": interval.saturating_sub(days),
    });
    let path = keys_path(call);
    call.store.set_document(path, keys.clone());
    Ok(Reply::result(keys))
}

pub(super) fn keys(call: &mut Call<'_>) -> Outcome {
    let (interval, last) = keys_of(call);
    put_keys(call, interval, &last)
}

pub(super) fn set_keys(call: &mut Call<'_>) -> Outcome {
    let body: Object = call.described(INVALID)?;
    let interval = body["key_rotation_interval_days"]
        .as_f64()
        .unwrap_or_default() as u64;
    if !INTERVALS.contains(&interval) {
        return Err(invalid("key_rotation_interval_days must be from 21 to 365"));
    }
    let (_, last) = keys_of(call);
    put_keys(call, interval, &last)
}

pub(super) fn rotate_keys(call: &mut Call<'_>) -> Outcome {
    let (interval, _) = keys_of(call);
    put_keys(call, interval, &clock::now())
}
