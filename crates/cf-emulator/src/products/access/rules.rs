//! Rules: who a group or policy applies to.

use serde_json::Value;

use super::{anywhere, invalid};
use crate::engine::call::Call;
use crate::http::error::ApiError;
use crate::store::Object;

/// What a rule can select by.
const SELECTORS: &[&str] = &[
    "any_valid_service_token",
    "auth_context",
    "auth_method",
    "azureAD",
    "certificate",
    "cloudflare_account_member",
    "common_name",
    "device_posture",
    "email",
    "email_domain",
    "email_list",
    "everyone",
    "external_evaluation",
    "geo",
    "github-organization",
    "group",
    "gsuite",
    "ip",
    "ip_list",
    "linked_app_token",
    "login_method",
    "oidc",
    "okta",
    "saml",
    "service_token",
    "user_risk_score",
];

/// Checks the three lists of rules of a group or policy; the first must not
/// be empty. Missing ones become empty.
pub(super) fn check(call: &Call<'_>, body: &mut Object) -> Result<(), ApiError> {
    for list in ["include", "exclude", "require"] {
        let rules = body.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if rules.is_null() {
            *rules = Value::Array(Vec::new());
        }
        let rules = rules
            .as_array()
            .ok_or_else(|| invalid(format!("{list} must be a list of rules")))?;
        if list == "include" && rules.is_empty() {
            return Err(invalid("include must have at least one rule"));
        }
        for rule in rules {
            one(call, list, rule)?;
        }
    }
    Ok(())
}

fn one(call: &Call<'_>, list: &str, rule: &Value) -> Result<(), ApiError> {
    let fields = rule.as_object().filter(|fields| fields.len() == 1);
    let only = fields.and_then(|fields| fields.iter().next());
    let (selector, value) =
        only.ok_or_else(|| invalid(format!("a rule in {list} must have one selector")))?;
    if !SELECTORS.contains(&selector.as_str()) {
        return Err(invalid(format!("{selector} in {list} is not a selector")));
    }
    if !value.is_object() {
        return Err(invalid(format!("{selector} in {list} must be an object")));
    }
    // What a rule refers to must exist.
    let (collection, field) = match selector.as_str() {
        "group" => ("groups", "id"),
        "service_token" => ("service_tokens", "token_id"),
        "login_method" => ("identity_providers", "id"),
        _ => return Ok(()),
    };
    let id = value[field].as_str().unwrap_or_default();
    match (anywhere(call, collection, id), selector.as_str()) {
        (Some(_), _) => Ok(()),
        (None, "group") => Err(ApiError::bad_request(
            11020,
            "access.api.error.failed_to_load_group",
        )),
        (None, _) => Err(invalid(format!("{selector} {id} in {list} does not exist"))),
    }
}

/// Whether one of the rules of a group or policy names the group.
pub(super) fn name_group(row: &Object, group: &str) -> bool {
    ["include", "exclude", "require"]
        .iter()
        .filter_map(|list| row.get(*list)?.as_array())
        .flatten()
        .any(|rule| rule["group"]["id"] == group)
}
