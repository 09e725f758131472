//! What the description does not say, or gets wrong.

use crate::codegen::words::vocabulary::{ENUMS, ID_TYPES, matching};

/// The ID type of a field or parameter: by its own name, or by the model that it identifies.
pub fn id_type(model: Option<&str>, name: &str) -> Option<&'static str> {
    let in_model = |model: &str| matching(&ID_TYPES, &format!("{model}.{name}"));
    matching(&ID_TYPES, name).or_else(|| in_model(model?))
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
