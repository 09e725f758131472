//! What is inside query parameters: `name.contains` of a list is set by `name_contains`.

use crate::codegen::items::types::{Field, Shape, Type};
use crate::codegen::plan::{Plan, PlannedOperation, PlannedParameter};
use crate::codegen::words::phrases;
use crate::description::Place;

/// The fields of a parameter that is an object, each with the name of its setter. A parameter of that name comes first.
pub fn setters<'p>(
    plan: &'p Plan,
    planned: &PlannedOperation,
    param: &PlannedParameter,
) -> Vec<(String, &'p Field)> {
    let (Type::Optional(inner), Place::Query) = (&param.ty, param.parameter.place) else {
        return Vec::new();
    };
    let Type::Item(item) = **inner else {
        return Vec::new();
    };
    let Shape::Model(fields) = &plan.definitions[item].shape else {
        return Vec::new();
    };
    let is_word = |json: &str| json.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let named = fields.iter().filter(|field| is_word(&field.json));
    let named = named.map(|field| {
        let word = phrases::words(&field.json);
        (
            format!("{}_{word}", param.name.trim_end_matches('_')),
            field,
        )
    });
    let is_free = |name: &str| planned.params.iter().all(|other| other.name != name);
    named.filter(|(name, _)| is_free(name)).collect()
}
