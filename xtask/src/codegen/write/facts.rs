//! Writes the facts of a field or parameter, in a line below the sentence.

use serde_json::Value;

use crate::codegen::items::types::Field;
use crate::codegen::plan::PlannedParameter;
use crate::codegen::plan::definition::Definition;
use crate::codegen::words::vocabulary::{FORMATS, meaning};
use crate::description::Place;
use crate::description::facts::Facts;

/// A sentence with the facts below it, or either alone.
pub fn below(said: Option<&str>, facts: Option<String>) -> Vec<String> {
    let said = said.map(str::to_owned);
    match (said, facts) {
        (Some(said), Some(facts)) => vec![said, String::new(), facts],
        (said, facts) => said.into_iter().chain(facts).collect(),
    }
}

/// The line for a field. Its JSON name is in it only if it is not the Rust name that stands above, or if there is
/// nothing else to say; `None` if the sentence says all.
pub fn of_field(definition: &Definition, field: &Field, is_said: bool) -> Option<String> {
    let facts = field_facts(definition, field);
    let is_name_told = field.name == field.json;
    if is_name_told && !facts.is_empty() {
        return Some(capitalized(&format!("{}.", facts.join(", "))));
    }
    if is_name_told && is_said {
        return None;
    }
    Some(line(&format!("`{}`", field.json), &facts))
}

/// The text with a capital at its start.
fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// The line for a parameter.
pub fn of_param(param: &PlannedParameter) -> String {
    let wire = &param.parameter.name;
    let name = match param.parameter.place {
        Place::Path => format!("`{wire}` in the path"),
        Place::Header => format!("Header `{wire}`"),
        Place::Query => format!("Query parameter `{wire}`"),
    };
    let is_required = param.parameter.required && param.parameter.place != Place::Path;
    let mut all: Vec<String> = is_required
        .then(|| "required".to_owned())
        .into_iter()
        .collect();
    all.extend(values(&param.parameter.facts));
    all.extend(flag(&param.parameter.facts, "deprecated", "deprecated"));
    line(&name, &all)
}

fn field_facts(definition: &Definition, field: &Field) -> Vec<String> {
    let facts = &field.facts;
    let mut all = Vec::new();
    if definition.is_sent && field.read_only {
        all.push("only in replies".to_owned());
    } else if let Some(value) = &field.constant {
        all.push(format!("always `{value}`"));
    } else if field.required {
        all.push("required".to_owned());
    } else if definition.is_sent && asks_for(definition, &field.json) {
        all.push("required in a new one".to_owned());
    }
    all.extend(values(facts));
    all.extend(flag(facts, "nullable", "can be null"));
    if !definition.is_sent {
        all.extend(flag(facts, "readOnly", "read-only"));
    }
    all.extend(flag(facts, "writeOnly", "never given back"));
    all.extend(flag(facts, "deprecated", "deprecated"));
    all
}

/// Whether a new value of the type needs a field.
fn asks_for(definition: &Definition, json: &String) -> bool {
    let constructor = &definition.constructor;
    constructor.arguments().contains(json) || constructor.needs().contains(json)
}

fn flag(facts: &Facts, keyword: &str, said: &str) -> Option<String> {
    facts.is(keyword).then(|| said.to_owned())
}

/// The values that a field can have.
fn values(facts: &Facts) -> Vec<String> {
    let format = facts.get("format").and_then(Value::as_str);
    let format = format.and_then(|format| meaning(&FORMATS, format));
    let pattern = facts.get("pattern").and_then(Value::as_str);
    let pattern = pattern.filter(|pattern| !pattern.contains('`'));
    let default = facts.get("default").map(|value| match value {
        Value::String(text) if text.is_empty() => "empty by default".to_owned(),
        Value::String(text) => format!("`{text}` by default"),
        value => format!("`{value}` by default"),
    });
    [
        numbers(facts),
        range(facts.get("minLength"), facts.get("maxLength"), "character"),
        range(facts.get("minItems"), facts.get("maxItems"), "element"),
        format.map(str::to_owned),
        pattern.map(|pattern| format!("matches `{pattern}`")),
        default,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// “60 to 86400 or 1”
fn numbers(facts: &Facts) -> Option<String> {
    let above = facts.get("exclusiveMinimum");
    let above = above.map(|least| format!("more than {least}"));
    let said = range(facts.get("minimum"), facts.get("maximum"), "").or(above)?;
    let others = facts.get("or").and_then(Value::as_array);
    let others = others.into_iter().flatten();
    Some(others.fold(said, |said, other| format!("{said} or {other}")))
}

/// “1 to 512 characters”
fn range(least: Option<&Value>, most: Option<&Value>, unit: &str) -> Option<String> {
    let unit = |number: &Value| match unit {
        "" => String::new(),
        unit if number.as_u64() == Some(1) => format!(" {unit}"),
        unit => format!(" {unit}s"),
    };
    Some(match (least, most) {
        (Some(least), Some(most)) if least == most => format!("{most}{}", unit(most)),
        (Some(least), Some(most)) => format!("{least} to {most}{}", unit(most)),
        (Some(least), None) => format!("at least {least}{}", unit(least)),
        (None, Some(most)) => format!("at most {most}{}", unit(most)),
        (None, None) => return None,
    })
}

/// “`ttl`; required, 60 to 86400.”
fn line(name: &str, facts: &[String]) -> String {
    match facts {
        [] => format!("{name}."),
        facts => format!("{name}; {}.", facts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::range;
    use serde_json::json;

    #[test]
    fn ranges_are_said_in_words() {
        let said = |least: Option<u64>, most: Option<u64>| {
            let (least, most) = (least.map(|n| json!(n)), most.map(|n| json!(n)));
            range(least.as_ref(), most.as_ref(), "character").unwrap_or_default()
        };
        assert_eq!(said(Some(1), Some(32)), "1 to 32 characters");
        assert_eq!(said(Some(32), Some(32)), "32 characters");
        assert_eq!(said(None, Some(32)), "at most 32 characters");
        assert_eq!(said(Some(1), None), "at least 1 character");
        assert_eq!(said(None, None), "");
    }
}
