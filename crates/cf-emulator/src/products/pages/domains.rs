//! Custom domains of a project.

use http::StatusCode;
use serde_json::{Value, json};

use super::{INVALID, found, home, invalid};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::identity::ZONES;
use crate::store::{Object, clock, text};

fn rows_of(call: &Call<'_>, project: &Object) -> String {
    format!("{}/domains", home(call, project))
}

/// The names of a project besides its own.
pub(super) fn names<'a>(
    call: &'a Call<'_>,
    project: &Object,
) -> impl Iterator<Item = Value> + use<'a> {
    call.store
        .rows(&rows_of(call, project))
        .map(|row| row["name"].clone())
}

/// Where the domains of the project in the path are, and the one in the path.
fn one(call: &Call<'_>) -> Result<(String, Object), ApiError> {
    let rows = rows_of(call, found(call)?);
    let domain = call
        .store
        .get(&rows, &call.param("domain_name").to_lowercase());
    let missing = || {
        ApiError::not_found(
            8_000_021,
            "The custom domain was not found in this project.",
        )
    };
    let domain = domain.ok_or_else(missing)?.clone();
    Ok((rows, domain))
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

/// The zone of the account that contains a name.
fn zone(call: &Call<'_>, name: &str) -> Option<String> {
    let account = call.param("account_id");
    let holds = |zone: &&Object| {
        let below = name.strip_suffix(text(zone, "name"));
        zone["account"]["id"] == account
            && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let zones = call.store.rows(ZONES).filter(holds);
    let closest = zones.max_by_key(|zone| text(zone, "name").len())?;
    Some(text(closest, "id").to_owned())
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let rows = rows_of(call, found(call)?);
    Ok(paging::whole(
        call.store.rows(&rows).cloned().map(Value::Object).collect(),
    ))
}

pub(super) fn add(call: &mut Call<'_>) -> Outcome {
    let rows = rows_of(call, found(call)?);
    let body = call.described(INVALID)?;
    let name = text(&body, "name").to_lowercase();
    if !is_domain(&name) || name.ends_with(".pages.dev") {
        return Err(invalid("name", "must be a domain of your own"));
    }
    let all = call
        .store
        .tables()
        .filter(|(path, _)| path.contains("/pages/of/") && path.ends_with("/domains"));
    if all
        .flat_map(|(_, rows)| rows.rows())
        .any(|row| text(row, "name") == name)
    {
        let message = "You have already added this custom domain.";
        return Err(ApiError::new(StatusCode::CONFLICT, 8_000_018, message));
    }
    let domain = object(json!({
        "id": ids::dashed(&ids::hex32()),
        "domain_id": ids::dashed(&ids::hex32()),
        "name": name,
        "status": "initializing",
        "verification_data": { "status": "pending" },
        "validation_data": { "status": "initializing", "method": "http" },
        "certificate_authority": "google",
        "zone_tag": zone(call, &name).unwrap_or_default(),
        "created_on": clock::now(),
    }));
    call.store.table_mut(&rows).put_as(&name, domain.clone());
    Ok(Reply::result(domain))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(one(call)?.1))
}

/// Checks again: a name in a zone of the account is active, others are pending.
pub(super) fn validate(call: &mut Call<'_>) -> Outcome {
    let (rows, mut domain) = one(call)?;
    let zone = zone(call, text(&domain, "name"));
    let status = if zone.is_some() { "active" } else { "pending" };
    domain.insert("status".to_owned(), status.into());
    domain.insert("verification_data".to_owned(), json!({ "status": status }));
    domain.insert(
        "validation_data".to_owned(),
        json!({ "status": status, "method": "http" }),
    );
    domain.insert("zone_tag".to_owned(), zone.unwrap_or_default().into());
    call.store
        .table_mut(&rows)
        .put_as(text(&domain, "name"), domain.clone());
    Ok(Reply::result(domain))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (rows, domain) = one(call)?;
    call.store.table_mut(&rows).remove(text(&domain, "name"));
    Ok(Reply::result(Value::Null))
}
