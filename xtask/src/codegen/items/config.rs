//! What the description does not say, or gets wrong.

use crate::codegen::words::vocabulary::ENUMS;

/// The ID type of a field or parameter: by its own name, or by the model that it identifies.
pub fn id_type(model: Option<&str>, name: &str) -> Option<&'static str> {
    match (model, name) {
        (_, "zone_id") | (Some("zones.Zone"), "id") => Some("ZoneId"),
        (_, "account_id") => Some("AccountId"),
        // Also in a model that only says whose something is, like `ZoneAccount`.
        (Some(model), "id") if model.ends_with("Account") => Some("AccountId"),
        _ => None,
    }
}

/// Names for enums that occur in many places unnamed.
pub fn enum_name(values: &[String]) -> Option<&'static str> {
    let mut sorted: Vec<&str> = values.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let values = sorted.join(" ");
    let mut known = ENUMS.iter();
    known
        .find(|(_, known)| *known == values)
        .map(|(name, _)| *name)
}
