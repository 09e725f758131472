//! Writes what the description says of a field or parameter, in a line below the sentence.

use crate::codegen::items::types::Field;
use crate::codegen::plan::PlannedParameter;
use crate::codegen::plan::definition::Definition;
use crate::description::Place;

/// A sentence with the facts below it, or either alone.
pub fn below(said: Option<&str>, facts: Option<String>) -> Vec<String> {
    let said = said.map(str::to_owned);
    match (said, facts) {
        (Some(said), Some(facts)) => vec![said, String::new(), facts],
        (said, facts) => said.into_iter().chain(facts).collect(),
    }
}

/// The line for a field; none where it would be the name alone, and a sentence stands above.
pub fn of_field(definition: &Definition, field: &Field, is_said: bool) -> Option<String> {
    let facts = field_facts(definition, field);
    if is_said && facts.is_empty() && field.name == field.json {
        return None;
    }
    Some(line(&format!("`{}`", field.json), &facts))
}

fn field_facts(definition: &Definition, field: &Field) -> Vec<String> {
    let mut facts = Vec::new();
    if definition.is_sent && field.read_only {
        facts.push("only in replies".to_owned());
        return facts;
    }
    if let Some(value) = &field.constant {
        facts.push(format!("always `{value}`"));
    } else if field.required {
        facts.push("required".to_owned());
    } else if definition.is_sent && asks_for(definition, &field.json) {
        facts.push("required in a new one".to_owned());
    }
    facts
}

/// Whether the type's constructor wants a field.
fn asks_for(definition: &Definition, json: &String) -> bool {
    let constructor = &definition.constructor;
    constructor.arguments().contains(json) || constructor.needs().contains(json)
}

/// The line for a parameter.
pub fn of_param(param: &PlannedParameter) -> String {
    let wire = &param.parameter.name;
    let name = match param.parameter.place {
        Place::Path => format!("`{wire}` in the path"),
        Place::Header => format!("Header `{wire}`"),
        Place::Query => format!("Query parameter `{wire}`"),
    };
    let mut facts = Vec::new();
    if param.parameter.required && param.parameter.place != Place::Path {
        facts.push("required".to_owned());
    }
    line(&name, &facts)
}

/// “`ttl`; required, 60 to 86400.”
fn line(name: &str, facts: &[String]) -> String {
    match facts {
        [] => format!("{name}."),
        facts => format!("{name}; {}.", facts.join(", ")),
    }
}
