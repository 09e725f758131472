//! Client certificates (mTLS).

use serde_json::{Value, json};

use super::{INVALID, conflict, found, invalid, listed, scope};
use crate::engine::call::Call;
use crate::http::certificate::Certificate;
use crate::http::envelope::{Outcome, Reply};
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, clock, text};

const HERE: &str = "certificates";

/// A certificate without its text.
fn show(certificate: &Object) -> Value {
    let mut shown = certificate.clone();
    shown.remove("certificate");
    Value::Object(shown)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    listed(call, HERE, show)
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let (name, pem) = (text(&body, "name"), text(&body, "certificate"));
    if name.trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    let certificate = Certificate::parse(pem);
    let certificate = certificate.ok_or_else(|| invalid("certificate must be in PEM format"))?;
    let table = format!("{}/{HERE}", scope(call));
    let fingerprint = certificate.fingerprint();
    if call
        .store
        .rows(&table)
        .any(|row| text(row, "fingerprint") == fingerprint)
    {
        return Err(conflict(INVALID, "certificate_already_exists"));
    }
    let now = clock::now();
    let row = object(json!({
        "id": ids::dashed(&ids::hex32()),
        "name": name,
        "certificate": pem,
        "fingerprint": fingerprint,
        "associated_hostnames": body.get("associated_hostnames").cloned().unwrap_or_else(|| json!([])),
        "expires_on": format!("{:.0}", certificate.expires),
        "created_at": now,
        "updated_at": now,
    }));
    call.store.table_mut(&table).put(row.clone());
    Ok(Reply::Created(show(&row)))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(&found(call, HERE, "certificate")?.1)))
}

pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let (table, mut certificate) = found(call, HERE, "certificate")?;
    let body = call.described(INVALID)?;
    for field in ["name", "associated_hostnames"] {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            certificate.insert(field.to_owned(), value.clone());
        }
    }
    certificate.insert("updated_at".to_owned(), clock::now().into());
    call.store.table_mut(&table).put(certificate.clone());
    Ok(Reply::result(show(&certificate)))
}

/// A certificate that hostnames require cannot be deleted.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, certificate) = found(call, HERE, "certificate")?;
    if certificate["associated_hostnames"]
        .as_array()
        .is_some_and(|all| !all.is_empty())
    {
        return Err(conflict(
            INVALID,
            "conflict: certificate has active associations",
        ));
    }
    let id = text(&certificate, "id");
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
