//! The settings of a zone:
//! <https://developers.cloudflare.com/api/resources/zones/subresources/settings/>.

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, clock};

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Zone Settings Read"), Group("Zone Settings Write"));
    vec![
        Route::new(Method::GET, "zones/{zone_id}/settings", read, list),
        Route::new(Method::PATCH, "zones/{zone_id}/settings", write, edit_many),
        Route::new(Method::GET, "zones/{zone_id}/settings/{setting_id}", read, get).with("setting_id", Param::Name),
        Route::new(Method::PATCH, "zones/{zone_id}/settings/{setting_id}", write, edit).with("setting_id", Param::Name),
    ]
}

/// The values that a setting accepts. The first is the default of a new zone.
enum Values {
    Off,
    On,
    OneOf(&'static [&'static str]),
    Number(u64),
    /// Any value; the default as JSON.
    Any(&'static str),
}

use Values::{Any, Number, Off, On, OneOf};

const SETTINGS: &[(&str, Values)] = &[
    ("0rtt", Off),
    ("advanced_ddos", On),
    ("aegis", Any(r#"{"enabled":false}"#)),
    ("always_online", Off),
    ("always_use_https", Off),
    ("automatic_https_rewrites", On),
    (
        "automatic_platform_optimization",
        Any(r#"{"enabled":false}"#),
    ),
    ("brotli", On),
    ("browser_cache_ttl", Number(14400)),
    ("browser_check", On),
    ("cache_level", OneOf(&["aggressive", "basic", "simplified"])),
    ("challenge_ttl", Number(1800)),
    ("china_network_enabled", Off),
    ("ciphers", Any("[]")),
    (
        "cname_flattening",
        OneOf(&["flatten_at_root", "flatten_all"]),
    ),
    ("content_converter", Off),
    ("development_mode", Off),
    ("early_hints", Off),
    ("edge_cache_ttl", Number(7200)),
    ("email_obfuscation", On),
    ("h2_prioritization", OneOf(&["off", "on", "custom"])),
    ("hotlink_protection", Off),
    ("http2", On),
    ("http3", On),
    ("image_resizing", OneOf(&["off", "on", "open"])),
    ("ip_geolocation", On),
    ("ipv6", On),
    ("max_upload", Number(100)),
    ("min_tls_version", OneOf(&["1.0", "1.1", "1.2", "1.3"])),
    ("mirage", Off),
    ("nel", Any(r#"{"enabled":false}"#)),
    ("opportunistic_encryption", On),
    ("opportunistic_onion", On),
    ("orange_to_orange", Off),
    ("origin_error_page_pass_thru", Off),
    ("origin_h2_max_streams", Number(200)),
    ("origin_max_http_version", OneOf(&["2", "1"])),
    ("polish", OneOf(&["off", "lossless", "lossy"])),
    ("pre_render", Off),
    ("prefetch_preload", Off),
    ("privacy_pass", On),
    ("proxy_read_timeout", Number(100)),
    (
        "pseudo_ipv4",
        OneOf(&["off", "add_header", "overwrite_header"]),
    ),
    ("redirects_for_ai_training", Off),
    ("replace_insecure_js", On),
    ("response_buffering", Off),
    ("rocket_loader", Off),
    ("search_for_agents", Off),
    (
        "security_header",
        Any(r#"{"strict_transport_security":{"enabled":false}}"#),
    ),
    (
        "security_level",
        OneOf(&[
            "medium",
            "off",
            "essentially_off",
            "low",
            "high",
            "under_attack",
        ]),
    ),
    ("server_side_exclude", On),
    ("sha1_support", Off),
    ("sort_query_string_for_cache", Off),
    ("ssl", OneOf(&["off", "flexible", "full", "strict"])),
    ("ssl_recommender", Off),
    ("tls_1_2_only", Off),
    ("tls_1_3", OneOf(&["on", "off", "zrt"])),
    ("tls_client_auth", Off),
    ("transformations", OneOf(&["off", "on", "open"])),
    ("transformations_allowed_origins", Any("\"\"")),
    ("true_client_ip_header", Off),
    ("waf", Off),
    ("webmcp_enabled", Off),
    ("webmcp_packs", Any("\"\"")),
    ("webp", Off),
    ("websockets", On),
];

impl Values {
    fn initial(&self) -> Value {
        match self {
            Off => "off".into(),
            On => "on".into(),
            OneOf(values) => values.first().copied().into(),
            Number(number) => (*number).into(),
            Any(json) => serde_json::from_str(json).unwrap_or_default(),
        }
    }

    fn takes(&self, value: &Value) -> bool {
        match self {
            Off | On => value == "on" || value == "off",
            OneOf(values) => value.as_str().is_some_and(|value| values.contains(&value)),
            Number(_) => value.is_u64(),
            Any(_) => !value.is_null(),
        }
    }
}

fn values(id: &str) -> Result<&'static Values, ApiError> {
    let unknown = || ApiError::bad_request(1006, format!("Undefined zone setting: {id}"));
    SETTINGS
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, v)| v)
        .ok_or_else(unknown)
}

pub(super) fn is_known(id: &str) -> bool {
    values(id).is_ok()
}

fn document(zone_id: &str, id: &str) -> String {
    format!("zones/{zone_id}/settings/{id}")
}

fn show(call: &Call<'_>, id: &str) -> Outcome {
    let values = values(id)?;
    let stored = call
        .store
        .document(&document(call.param("zone_id"), id))
        .cloned();
    Ok(Reply::result(
        stored.unwrap_or_else(|| setting(id, values.initial(), None)),
    ))
}

fn setting(id: &str, value: Value, modified_on: Option<String>) -> Value {
    let mut setting =
        json!({ "id": id, "value": value, "editable": true, "modified_on": modified_on });
    if id == "development_mode" {
        setting["time_remaining"] = if setting["value"] == "on" { 10800 } else { 0 }.into();
    }
    setting
}

fn change(call: &mut Call<'_>, id: &str, body: &Object) -> Result<Value, ApiError> {
    let invalid = || ApiError::bad_request(1007, format!("Invalid value for zone setting {id}"));
    // A few settings have `enabled` instead of a value.
    let value = match (body.get("value"), body.get("enabled")) {
        (Some(value), _) => value.clone(),
        (None, Some(Value::Bool(enabled))) => if *enabled { "on" } else { "off" }.into(),
        _ => return Err(invalid()),
    };
    if !values(id)?.takes(&value) {
        return Err(invalid());
    }
    let mut setting = setting(id, value, Some(clock::now()));
    if let Some(enabled) = body.get("enabled") {
        setting["enabled"] = enabled.clone();
    }
    call.store
        .set_document(document(call.params.get("zone_id"), id), setting.clone());
    Ok(setting)
}

fn get(call: &mut Call<'_>) -> Outcome {
    show(call, call.params.get("setting_id"))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("setting_id");
    values(id)?;
    let body = call.json()?;
    if body.is_empty() {
        return show(call, id);
    }
    Ok(Reply::result(change(call, id, &body)?))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let zone_id = call.param("zone_id");
    let all: Vec<_> = SETTINGS
        .iter()
        .map(|(id, values)| {
            let stored = call.store.document(&document(zone_id, id)).cloned();
            stored.unwrap_or_else(|| setting(id, values.initial(), None))
        })
        .collect();
    Ok(Reply::result(all))
}

fn edit_many(call: &mut Call<'_>) -> Outcome {
    // The description has a list; programs that are older than it send an object.
    let body = call.any_json()?;
    let items = body.get("items").unwrap_or(&body).as_array();
    let items = items.ok_or_else(|| ApiError::invalid("items"))?;
    let mut changed = Vec::with_capacity(items.len());
    // All are checked before the first is changed.
    for item in items {
        let id = item["id"]
            .as_str()
            .ok_or_else(|| ApiError::invalid("items.id"))?;
        if !values(id)?.takes(&item["value"]) {
            return Err(ApiError::bad_request(
                1007,
                format!("Invalid value for zone setting {id}"),
            ));
        }
        changed.push((id, item.as_object().cloned().unwrap_or_default()));
    }
    let changed = changed
        .into_iter()
        .map(|(id, item)| change(call, id, &item))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::result(changed))
}
