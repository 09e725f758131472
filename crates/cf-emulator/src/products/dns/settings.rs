//! DNS settings of a zone and the defaults that an account has for them.

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::merge_deep;

pub(super) fn routes() -> Vec<Route> {
    let zone = (
        Group("Zone DNS Settings Read"),
        Group("Zone DNS Settings Write"),
    );
    let account = (
        Group("Account DNS Settings Read"),
        Group("Account DNS Settings Write"),
    );
    vec![
        Route::new(Method::GET, "zones/{zone_id}/dns_settings", zone.0, get),
        Route::new(Method::PATCH, "zones/{zone_id}/dns_settings", zone.1, edit),
        Route::new(
            Method::GET,
            "accounts/{account_id}/dns_settings",
            account.0,
            get,
        ),
        Route::new(
            Method::PATCH,
            "accounts/{account_id}/dns_settings",
            account.1,
            edit,
        ),
    ]
}

fn initial(of_account: bool) -> Value {
    let settings = json!({
        "nameservers": { "type": "cloudflare.standard", "ns_set": 1 },
        "foundation_dns": false,
        "multi_provider": false,
        "secondary_overrides": false,
        "soa": {
            "mname": null,
            "rname": "dns.cloudflare.com",
            "refresh": 10000,
            "retry": 2400,
            "expire": 604800,
            "min_ttl": 1800,
            "ttl": 3600,
        },
        "ns_ttl": 86400,
        "zone_mode": "standard",
        "internal_dns": { "reference_zone_id": null },
        "flatten_all_cnames": false,
    });
    if of_account {
        json!({ "zone_defaults": settings })
    } else {
        settings
    }
}

fn document(call: &Call<'_>) -> String {
    match call.params.find("account_id") {
        Some(id) => format!("accounts/{id}/dns_settings"),
        None => format!("zones/{}/dns_settings", call.param("zone_id")),
    }
}

fn current(call: &Call<'_>) -> Value {
    let of_account = call.params.find("account_id").is_some();
    call.store
        .document(&document(call))
        .cloned()
        .unwrap_or_else(|| initial(of_account))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(current(call)))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let changes = call.json()?;
    check(
        changes
            .get("zone_defaults")
            .and_then(Value::as_object)
            .unwrap_or(&changes),
    )?;
    let mut settings = current(call);
    merge_deep(&mut settings, Value::Object(changes));
    call.store.set_document(document(call), settings.clone());
    Ok(Reply::result(settings))
}

fn check(settings: &crate::store::Object) -> Result<(), ApiError> {
    for flag in [
        "foundation_dns",
        "multi_provider",
        "secondary_overrides",
        "flatten_all_cnames",
    ] {
        if settings.get(flag).is_some_and(|value| !value.is_boolean()) {
            return Err(ApiError::invalid(flag));
        }
    }
    if settings
        .get("ns_ttl")
        .is_some_and(|ttl| !matches!(ttl.as_u64(), Some(30..=86400)))
    {
        return Err(ApiError::invalid("ns_ttl"));
    }
    let modes = ["standard", "cdn_only", "dns_only"];
    let mode = settings
        .get("zone_mode")
        .map(|mode| mode.as_str().unwrap_or_default());
    if mode.is_some_and(|mode| !modes.contains(&mode)) {
        return Err(ApiError::invalid("zone_mode"));
    }
    Ok(())
}
