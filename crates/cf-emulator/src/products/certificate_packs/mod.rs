//! Certificate packs: <https://developers.cloudflare.com/api/resources/ssl/subresources/certificate_packs/>.

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging::{self, PageSize};
use crate::store::{Object, Store, pending};

/// The code for an order that cannot be carried out; the emulator's own.
const INVALID: u32 = 1400;

pub(super) struct CertificatePacks;

impl Product for CertificatePacks {
    fn name(&self) -> &'static str {
        "certificate_packs"
    }

    fn title(&self) -> &'static str {
        "Certificate packs"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["zones/{}/ssl/certificate_packs"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("SSL and Certificates Read"), Group("SSL and Certificates Write"));
    vec![
        Route::new(Method::GET, "zones/{zone_id}/ssl/certificate_packs", read, list),
        Route::new(Method::POST, "zones/{zone_id}/ssl/certificate_packs/order", write, order),
        Route::new(Method::GET, "zones/{zone_id}/ssl/certificate_packs/{certificate_pack_id}", read, get).with("certificate_pack_id", Param::Name),
        Route::new(Method::PATCH, "zones/{zone_id}/ssl/certificate_packs/{certificate_pack_id}", write, restart).with("certificate_pack_id", Param::Name),
        Route::new(Method::DELETE, "zones/{zone_id}/ssl/certificate_packs/{certificate_pack_id}", write, delete).with("certificate_pack_id", Param::Name),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("zones/{}/ssl/certificate_packs", call.param("zone_id"))
}

fn found(call: &Call<'_>) -> Result<Object, ApiError> {
    let pack = call
        .store
        .get(&table(call), call.param("certificate_pack_id"));
    pack.cloned()
        .ok_or_else(|| ApiError::not_found(1408, "Certificate pack not found"))
}

fn show(pack: &Object) -> Value {
    let mut shown = pack.clone();
    shown.remove(pending::FIELD);
    Value::Object(shown)
}

/// Begins the validation.
fn begin(store: &Store, pack: &mut Object) {
    let status = match pending::begin(store, pack) {
        true => "pending_validation",
        false => "active",
    };
    pack.insert("status".to_owned(), status.into());
}

/// Unless `status=all` is asked for, the API lists active packs only.
fn list(call: &mut Call<'_>) -> Outcome {
    let all = call.query.get("status") == Some("all");
    let table = table(call);
    let rows = call.store.rows(&table);
    let rows: Vec<_> = rows
        .filter(|pack| all || pack["status"] == "active")
        .collect();
    let size = PageSize {
        default: 20,
        min: 5,
        max: 50,
    };
    paging::page(&call.query, size, &rows, show)
}

fn order(call: &mut Call<'_>) -> Outcome {
    let mut pack = call.described(INVALID)?;
    let hosts = pack["hosts"].as_array().map_or(0, Vec::len);
    if !(1..=50).contains(&hosts) {
        return Err(ApiError::invalid_because("hosts", "must have 1 to 50 names").coded(INVALID));
    }
    pack.extend(object(json!({
        "id": ids::dashed(&ids::hex32()),
        "certificates": [],
        "primary_certificate": "0",
    })));
    begin(call.store, &mut pack);
    let table = table(call);
    call.store.table_mut(&table).put(pack.clone());
    Ok(Reply::result(show(&pack)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let mut pack = found(call)?;
    if pending::is_marked(&pack) {
        if !pending::poll(&mut pack) {
            pack.insert("status".to_owned(), "active".into());
        }
        let table = table(call);
        call.store.table_mut(&table).put(pack.clone());
    }
    Ok(Reply::result(show(&pack)))
}

/// Validates once more.
fn restart(call: &mut Call<'_>) -> Outcome {
    let mut pack = found(call)?;
    let changes = call.described(INVALID)?;
    if let Some(branding) = changes.get("cloudflare_branding") {
        pack.insert("cloudflare_branding".to_owned(), branding.clone());
    }
    begin(call.store, &mut pack);
    let table = table(call);
    call.store.table_mut(&table).put(pack.clone());
    Ok(Reply::result(show(&pack)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, id) = (table(call), call.params.get("certificate_pack_id"));
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
