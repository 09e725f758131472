//! DNSSEC of a zone.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::Method;
use serde_json::{Value, json};

use super::zone;
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::merge_deep;
use crate::store::clock;

pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("DNS Read"), Group("DNS Write"));
    vec![
        Route::new(Method::GET, "zones/{zone_id}/dnssec", read, get),
        Route::new(Method::PATCH, "zones/{zone_id}/dnssec", write, edit),
        Route::new(Method::DELETE, "zones/{zone_id}/dnssec", write, delete),
    ]
}

fn document(call: &Call<'_>) -> String {
    format!("zones/{}/dnssec", call.param("zone_id"))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let disabled = || json!({ "status": "disabled", "modified_on": null });
    Ok(Reply::result(
        call.store
            .document(&document(call))
            .cloned()
            .unwrap_or_else(disabled),
    ))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let mut changes = call.json()?;
    let status = match changes.remove("status").as_ref().map(Value::as_str) {
        None => None,
        // No registry publishes a DS record for the emulator: the key counts as
        // published at once.
        Some(Some(status @ ("active" | "disabled"))) => Some(status.to_owned()),
        Some(_) => return Err(ApiError::invalid("status")),
    };
    for flag in [
        "dnssec_multi_signer",
        "dnssec_presigned",
        "dnssec_use_nsec3",
    ] {
        if changes.get(flag).is_some_and(|value| !value.is_boolean()) {
            return Err(ApiError::invalid(flag));
        }
    }
    let path = document(call);
    let name = zone(call.store, call.param("zone_id"))?.name;
    let mut dnssec = call
        .store
        .document(&path)
        .cloned()
        .unwrap_or_else(|| json!({}));
    merge_deep(&mut dnssec, Value::Object(changes));
    if status.as_deref() == Some("active") {
        merge_deep(&mut dnssec, key(&name));
    }
    if let Some(status) = status {
        dnssec["status"] = status.into();
    } else if dnssec.get("status").is_none() {
        dnssec["status"] = "disabled".into();
    }
    dnssec["modified_on"] = clock::now().into();
    call.store.set_document(path, dnssec.clone());
    Ok(Reply::result(dnssec))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let path = document(call);
    let off = json!({ "status": "disabled", "modified_on": clock::now() });
    call.store.set_document(path, off);
    // The API returns the deleted record as text.
    Ok(Reply::result(""))
}

/// A key of the right form, the same for each zone name. It signs nothing.
fn key(zone: &str) -> Value {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (zone, salt).hash(&mut hasher);
        hasher.finish()
    };
    let digest: String = (0..4).map(|salt| format!("{:016X}", hash(salt))).collect();
    let tag = hash(4) % 65536;
    json!({
        "flags": 257,
        "algorithm": "13",
        "key_type": "ECDSAP256SHA256",
        "digest_type": "2",
        "digest_algorithm": "SHA256",
        "digest": digest,
        "ds": format!("{zone}. 3600 IN DS {tag} 13 2 {digest}"),
        "key_tag": tag,
        "public_key": BASE64_STANDARD.encode((5..13).flat_map(|salt| hash(salt).to_be_bytes()).collect::<Vec<_>>()),
    })
}
