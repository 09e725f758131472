//! The rules in a ruleset, each with an identifier that survives changes.

use serde_json::{Value, json};

use super::{find, missing, publish};
use crate::engine::call::Call;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::ids;
use crate::store::{Object, clock, text};

/// The version of a rule that has changed since its ruleset was last published.
const UNDATED: &str = "";

/// The rules in a body. Those with the `id` or `ref` of a known one are that one.
pub(super) fn checked(rules: Option<&Value>, known: &[Value]) -> Result<Value, ApiError> {
    let rules = match rules {
        None | Some(Value::Null) => return Ok(json!([])),
        Some(Value::Array(rules)) => rules,
        Some(_) => return Err(ApiError::invalid("rules")),
    };
    let checked = rules.iter().enumerate().map(|(index, rule)| {
        let at = |field: &str| format!("rules.{index}.{field}");
        let rule = rule
            .as_object()
            .ok_or_else(|| ApiError::invalid(&format!("rules.{index}")))?;
        let same = |field: &str| {
            let wanted = text(rule, field);
            known
                .iter()
                .find(|old| !wanted.is_empty() && old[field] == wanted)
        };
        let old = same("id")
            .or_else(|| same("ref"))
            .and_then(Value::as_object);
        one(rule.clone(), old, &at).map(Value::Object)
    });
    Ok(Value::Array(checked.collect::<Result<_, _>>()?))
}

/// One rule, checked and completed.
fn one(
    mut rule: Object,
    old: Option<&Object>,
    at: &dyn Fn(&str) -> String,
) -> Result<Object, ApiError> {
    for field in ["expression", "action"] {
        if text(&rule, field).is_empty() {
            return Err(ApiError::invalid(&at(field)));
        }
    }
    if !is_balanced(text(&rule, "expression")) {
        let message = format!(
            "{}: parse error: brackets or quotes do not match",
            at("expression")
        );
        return Err(ApiError::bad_request(20127, message));
    }
    if rule
        .get("enabled")
        .is_some_and(|enabled| !enabled.is_boolean())
    {
        return Err(ApiError::invalid(&at("enabled")));
    }
    let id = old.map_or_else(ids::hex32, |old| text(old, "id").to_owned());
    rule.remove("position");
    rule.entry("enabled").or_insert_with(|| true.into());
    rule.entry("ref").or_insert_with(|| id.as_str().into());
    rule.insert("id".to_owned(), id.into());
    let kept = ["version", "last_updated"];
    let changed = old.is_none_or(|old| {
        let plain = |rule: &Object| {
            rule.iter()
                .filter(|(field, _)| !kept.contains(&field.as_str()))
                .map(|(f, v)| (f.clone(), v.clone()))
                .collect::<Object>()
        };
        plain(old) != plain(&rule)
    });
    match old {
        Some(old) if !changed => {
            for field in kept {
                rule.insert(
                    field.to_owned(),
                    old.get(field).cloned().unwrap_or_default(),
                );
            }
        }
        _ => {
            rule.insert("version".to_owned(), UNDATED.into());
            rule.insert("last_updated".to_owned(), clock::now().into());
        }
    }
    Ok(rule)
}

/// Whether brackets and quotes in an expression are balanced.
fn is_balanced(expression: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    for c in expression.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !quoted
}

/// Gives the rules that changed the version of their ruleset.
pub(super) fn date(ruleset: &mut Object, version: &str) {
    let rules = ruleset.get_mut("rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        if rule["version"] == UNDATED {
            rule["version"] = version.into();
        }
    }
}

fn ruleset(call: &Call<'_>) -> Result<(Object, Vec<Value>), ApiError> {
    let mut ruleset = find(call, call.params.get("ruleset_id"))?.clone();
    let rules = match ruleset.remove("rules") {
        Some(Value::Array(rules)) => rules,
        _ => Vec::new(),
    };
    Ok((ruleset, rules))
}

fn position_of(rules: &[Value], id: &str) -> Result<usize, ApiError> {
    let found = rules.iter().position(|rule| rule["id"] == id);
    found.ok_or_else(|| missing(&format!("rule {id}")))
}

/// Puts a rule at `position`: before or after another, or at an index
/// that counts from one.
fn place(
    rules: &mut Vec<Value>,
    rule: Value,
    position: &Value,
    otherwise: usize,
) -> Result<(), ApiError> {
    let index = match (
        position["before"].as_str(),
        position["after"].as_str(),
        position["index"].as_u64(),
    ) {
        (Some(""), ..) => 0,
        (Some(id), ..) => position_of(rules, id)?,
        (_, Some(""), _) => rules.len(),
        (_, Some(id), _) => position_of(rules, id)? + 1,
        (.., Some(index)) => match usize::try_from(index) {
            Ok(index) if (1..=rules.len() + 1).contains(&index) => index - 1,
            _ => return Err(ApiError::invalid("position.index")),
        },
        _ => otherwise.min(rules.len()),
    };
    rules.insert(index, rule);
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let (mut ruleset, mut rules) = ruleset(call)?;
    let position = body.get("position").cloned().unwrap_or_default();
    let end = rules.len();
    let rule = one(body, None, &str::to_owned)?;
    place(&mut rules, Value::Object(rule), &position, end)?;
    ruleset.insert("rules".to_owned(), rules.into());
    publish(call, ruleset)
}

pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let (mut ruleset, mut rules) = ruleset(call)?;
    let index = position_of(&rules, call.params.get("rule_id"))?;
    let old = rules.remove(index);
    let old = old.as_object().cloned().unwrap_or_default();
    let position = body.get("position").cloned().unwrap_or_default();
    let mut new = old.clone();
    new.extend(body.into_iter().filter(|(field, _)| field != "id"));
    let rule = one(new, Some(&old), &str::to_owned)?;
    place(&mut rules, Value::Object(rule), &position, index)?;
    ruleset.insert("rules".to_owned(), rules.into());
    publish(call, ruleset)
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (mut ruleset, mut rules) = ruleset(call)?;
    rules.remove(position_of(&rules, call.params.get("rule_id"))?);
    ruleset.insert("rules".to_owned(), rules.into());
    publish(call, ruleset)
}
