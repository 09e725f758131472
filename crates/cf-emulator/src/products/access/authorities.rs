//! Certificate authorities of applications, for short-lived SSH certificates.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::{PAGE, conflict, found, missing, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::{Object, text};

fn table(call: &Call<'_>) -> String {
    format!("{}/ca", scope(call))
}

/// That of the application in the path, under the application's identifier.
fn one(call: &Call<'_>) -> Result<Object, ApiError> {
    let (_, app) = found(call, "apps", "app")?;
    call.store
        .get(&table(call), text(&app, "id"))
        .cloned()
        .ok_or_else(missing)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let rows: Vec<&Object> = call.store.rows(&table(call)).collect();
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(one(call)?))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let (_, app) = found(call, "apps", "app")?;
    if one(call).is_ok() {
        return Err(conflict(11010, "ca_already_exists"));
    }
    let key = BASE64_STANDARD.encode(ids::secret("", 78));
    let authority = object(json!({
        "id": ids::dashed(&ids::hex32()),
        "aud": app["aud"],
        "public_key": format!("ecdsa-sha2-nistp256 {key} open-ssh-ca@cloudflareaccess.org"),
    }));
    let table = table(call);
    call.store
        .table_mut(&table)
        .put_as(text(&app, "id"), authority.clone());
    Ok(Reply::Created(authority.into()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let authority = one(call)?;
    let table = table(call);
    call.store.table_mut(&table).remove(call.params.get("app"));
    Ok(Reply::id(text(&authority, "id")))
}
