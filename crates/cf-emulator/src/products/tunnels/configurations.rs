//! What a tunnel does with its traffic; every change is a version.

use serde_json::{Value, json};

use super::{INVALID, alive, found, home, table};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, clock, text};

fn path(call: &Call<'_>) -> String {
    format!("{}/configurations", home(call))
}

fn bad(why: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(1056, format!("Bad Configuration: {why}"))
}

/// Whether `service` is a valid target for requests.
fn is_service(service: &str) -> bool {
    const SCHEMES: &[&str] = &[
        "http", "https", "tcp", "ssh", "rdp", "smb", "unix", "unix+tls", "h2mux",
    ];
    let status = |code: &str| {
        code.parse::<u16>()
            .is_ok_and(|code| (100..=999).contains(&code))
    };
    match service.split_once(':') {
        Some(("http_status", code)) => status(code),
        Some((scheme, rest)) => {
            SCHEMES.contains(&scheme) && !rest.trim_start_matches('/').is_empty()
        }
        None => matches!(
            service,
            "hello_world" | "hello-world" | "bastion" | "socks-proxy"
        ),
    }
}

/// Rules are tried in order: the last one must match everything, and no other
/// may.
fn checked_rules(rules: &[Value]) -> Result<(), ApiError> {
    for (index, rule) in rules.iter().enumerate() {
        let number = index + 1;
        let field = |name: &str| rule[name].as_str().unwrap_or_default();
        if !is_service(field("service")) {
            return Err(bad(format!(
                "rule {number}: {:?} is not a service",
                field("service")
            )));
        }
        let (hostname, last) = (field("hostname"), number == rules.len());
        let everything = matches!(hostname, "" | "*") && field("path").is_empty();
        if last && !everything {
            return Err(bad(
                "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)",
            ));
        }
        if !last && everything {
            return Err(bad(format!(
                "rule {number} matches everything, so that the rules after it are never reached"
            )));
        }
        if hostname.trim_start_matches("*.").contains('*') && hostname != "*" {
            return Err(bad(format!(
                "rule {number}: a hostname can have a wildcard at its start only"
            )));
        }
    }
    Ok(())
}

/// The current configuration, or a tunnel's initial one.
pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let tunnel = found(call)?;
    let first = || {
        json!({
            "tunnel_id": tunnel["id"],
            "account_id": tunnel["account_tag"],
            "version": 0,
            "config": {},
            "source": text(tunnel, "config_src"),
            "created_at": tunnel["created_at"],
        })
    };
    let known = call.store.document(&path(call)).cloned();
    Ok(Reply::result(known.unwrap_or_else(first)))
}

/// From then on the tunnel is configured remotely.
pub(super) fn put(call: &mut Call<'_>) -> Outcome {
    let mut tunnel = alive(call)?.clone();
    let body = call.object().map_err(|error| error.coded(INVALID))?;
    let config = body.get("config").and_then(Value::as_object);
    let config = config
        .ok_or_else(|| bad("config must be an object"))?
        .clone();
    match config.get("ingress") {
        None | Some(Value::Null) => {}
        Some(Value::Array(rules)) if !rules.is_empty() => checked_rules(rules)?,
        Some(_) => return Err(bad("ingress must be a list with at least one rule")),
    }
    let path = path(call);
    let last = call
        .store
        .document(&path)
        .and_then(|known| known["version"].as_u64());
    let version = json!({
        "tunnel_id": tunnel["id"],
        "account_id": tunnel["account_tag"],
        "version": last.unwrap_or_default() + 1,
        "config": config,
        "source": "cloudflare",
        "created_at": clock::now(),
    });
    tunnel.insert("config_src".to_owned(), "cloudflare".into());
    tunnel.insert("remote_config".to_owned(), true.into());
    let table = table(call);
    call.store.table_mut(&table).put(tunnel);
    call.store.set_document(path, version.clone());
    Ok(Reply::result(version))
}

/// How several connectors of a site fail over.
pub(super) fn get_warp(call: &mut Call<'_>) -> Outcome {
    let tunnel = found(call)?;
    let first = || {
        json!({
            "tunnel_id": tunnel["id"],
            "configuration_version": 0,
            "ha_mode": "none",
            "created_at": tunnel["created_at"],
        })
    };
    let known = call.store.document(&path(call)).cloned();
    Ok(Reply::result(known.unwrap_or_else(first)))
}

pub(super) fn put_warp(call: &mut Call<'_>) -> Outcome {
    let tunnel = alive(call)?.clone();
    let body: Object = call.described(INVALID)?;
    let path = path(call);
    let known = call.store.document(&path);
    let last = known.and_then(|known| known["configuration_version"].as_u64());
    let first = known.map_or_else(|| clock::now().into(), |known| known["created_at"].clone());
    let mut version = json!({
        "tunnel_id": tunnel["id"],
        "configuration_version": last.unwrap_or_default() + 1,
        "ha_mode": body["ha_mode"],
        "created_at": first,
        "updated_at": clock::now(),
    });
    if let Some(config) = body.get("config").filter(|config| !config.is_null()) {
        version["config"] = config.clone();
    }
    call.store.set_document(path, version.clone());
    Ok(Reply::result(version))
}
