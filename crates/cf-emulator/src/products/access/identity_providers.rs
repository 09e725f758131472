//! Identity providers, where people sign in.

use serde_json::{Value, json};

use super::{INVALID, conflict, found, invalid, listed, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::store::{Object, text};

const HERE: &str = "identity_providers";
/// What replies have instead of a secret.
const HIDDEN: &str = "**********************************";

/// The types, and the required fields of each one's configuration.
const TYPES: &[(&str, &[&str])] = &[
    ("onetimepin", &[]),
    ("azureAD", &["client_id", "client_secret", "directory_id"]),
    ("saml", &["issuer_url", "sso_target_url"]),
    (
        "centrify",
        &[
            "client_id",
            "client_secret",
            "centrify_account",
            "centrify_app_id",
        ],
    ),
    ("facebook", &["client_id", "client_secret"]),
    ("github", &["client_id", "client_secret"]),
    (
        "google-apps",
        &["client_id", "client_secret", "apps_domain"],
    ),
    ("google", &["client_id", "client_secret"]),
    ("linkedin", &["client_id", "client_secret"]),
    (
        "oidc",
        &[
            "client_id",
            "client_secret",
            "auth_url",
            "token_url",
            "certs_url",
        ],
    ),
    ("okta", &["client_id", "client_secret", "okta_account"]),
    (
        "onelogin",
        &["client_id", "client_secret", "onelogin_account"],
    ),
    ("pingone", &["client_id", "client_secret", "ping_env_id"]),
    ("yandex", &["client_id", "client_secret"]),
];

fn show(provider: &Object) -> Value {
    let mut shown = provider.clone();
    for part in ["config", "scim_config"] {
        for secret in ["client_secret", "secret"] {
            if let Some(value) = shown.get_mut(part).and_then(|part| part.get_mut(secret)) {
                *value = HIDDEN.into();
            }
        }
    }
    Value::Object(shown)
}

fn put(call: &mut Call<'_>, known: Option<&Object>) -> Result<Object, ApiError> {
    let mut body = call.object().map_err(|error| error.coded(INVALID))?;
    let kind = text(&body, "type");
    let rule = TYPES.iter().find(|(name, _)| *name == kind);
    let (kind, fields) =
        rule.ok_or_else(|| invalid(format!("{kind:?} is not an identity provider type")))?;
    if !body.get("name").is_some_and(Value::is_string) {
        return Err(invalid("name must be set"));
    }
    let config = body.get_mut("config").and_then(Value::as_object_mut);
    let config = config.ok_or_else(|| invalid("config must be an object"))?;
    // A caller that sends back the mask wants to keep the secret.
    let old = known.and_then(|known| known.get("config")?.get("client_secret"));
    if let (HIDDEN, Some(old)) = (text(config, "client_secret"), old) {
        config.insert("client_secret".to_owned(), old.clone());
    }
    if let Some(absent) = fields.iter().find(|field| text(config, field).is_empty()) {
        return Err(invalid(format!("config.{absent} must be set")));
    }
    if known.is_some_and(|known| text(known, "type") != *kind) {
        return Err(invalid("type cannot be changed"));
    }
    let id = known.map_or_else(
        || ids::dashed(&ids::hex32()),
        |known| text(known, "id").to_owned(),
    );
    let table = format!("{}/{HERE}", scope(call));
    let other = |row: &Object| text(row, "type") == "onetimepin" && text(row, "id") != id;
    if *kind == "onetimepin" && call.store.rows(&table).any(other) {
        return Err(conflict(INVALID, "identity_provider_already_exists"));
    }
    body.insert("id".to_owned(), id.into());
    let scim = body
        .entry("scim_config")
        .or_insert_with(|| json!({ "enabled": false }));
    if scim["enabled"] == true && scim["secret"].is_null() {
        let old = known
            .and_then(|known| known.get("scim_config")?.get("secret"))
            .cloned();
        scim["secret"] = old.unwrap_or_else(|| ids::secret("", 40).into());
    }
    call.store.table_mut(&table).put(body.clone());
    Ok(body)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    listed(call, HERE, show)
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let provider = put(call, None)?;
    let mut shown = show(&provider);
    // The SCIM secret is shown only now.
    if let Some(secret) = provider["scim_config"].get("secret") {
        shown["scim_config"]["secret"] = secret.clone();
    }
    Ok(Reply::Created(shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(&found(call, HERE, "provider")?.1)))
}

pub(super) fn replace(call: &mut Call<'_>) -> Outcome {
    let (_, known) = found(call, HERE, "provider")?;
    Ok(Reply::result(show(&put(call, Some(&known))?)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, provider) = found(call, HERE, "provider")?;
    let id = text(&provider, "id");
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
