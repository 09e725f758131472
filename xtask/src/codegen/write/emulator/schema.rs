//! Schemas as text.
//!
//! | text                | schema                                         |
//! |---------------------|------------------------------------------------|
//! | `*` `0` `b` `i` `n` | anything, null, boolean, integer, number       |
//! | `s` `t` `d` `x` `u` | text, date and time, date, bytes, UUID         |
//! | `=["a",1]`          | one of these values                            |
//! | `[s` `%s`           | list, map                                      |
//! | `{a!s,b?i}`         | object with a required and an optional field   |
//! | `{a!~s}`            | object with a field that no reply has          |
//! | `\|(s,i)` `&(#1,#2)` | either of, all of                             |
//! | `#0c94a1b7`         | the schema in the line with this key           |

use std::collections::HashSet;

use crate::description::json::Json;

/// The keyword of a field that no reply has.
pub const WRITE_ONLY: &str = "writeOnly";

/// A schema as text; `reference` writes what it refers to.
pub fn render(json: &Json, reference: &mut dyn FnMut(&str) -> String) -> String {
    if let Some(target) = json.str("$ref") {
        return reference(target.rsplit('/').next().unwrap_or(target));
    }
    let parts = |mark: char, all: &Json, reference: &mut dyn FnMut(&str) -> String| {
        let parts: Vec<_> = all
            .elements()
            .iter()
            .map(|part| render(part, reference))
            .collect();
        format!("{mark}({})", parts.join(","))
    };
    if let Some(all) = json.get("allOf") {
        return parts('&', all, reference);
    }
    if let Some(all) = json.get("anyOf").or_else(|| json.get("oneOf")) {
        return parts('|', all, reference);
    }
    if let Some(value) = json.get("const") {
        return format!("=[{}]", value);
    }
    if let Some(values) = json.get("enum") {
        let values: Vec<_> = values.elements().iter().map(ToString::to_string).collect();
        return format!("=[{}]", values.join(","));
    }
    match json.get("type") {
        Some(Json::Str(name)) => of_type(name, json, reference),
        Some(Json::Array(names)) => {
            let names = names.iter().filter_map(Json::as_str);
            let all: Vec<_> = names.map(|name| of_type(name, json, reference)).collect();
            format!("|({})", all.join(","))
        }
        _ => "*".to_owned(),
    }
}

fn of_type(name: &str, json: &Json, reference: &mut dyn FnMut(&str) -> String) -> String {
    match name {
        "null" => "0".to_owned(),
        "boolean" => "b".to_owned(),
        "integer" => "i".to_owned(),
        "number" => "n".to_owned(),
        "string" => match json.str("format") {
            Some("date-time") => "t",
            Some("date") => "d",
            Some("binary" | "byte") => "x",
            Some("uuid") => "u",
            _ => "s",
        }
        .to_owned(),
        "array" => {
            let items = json
                .get("items")
                .map_or_else(|| "*".to_owned(), |items| render(items, reference));
            format!("[{items}")
        }
        "object" => object(json, reference),
        _ => "*".to_owned(),
    }
}

fn object(json: &Json, reference: &mut dyn FnMut(&str) -> String) -> String {
    let properties = json
        .get("properties")
        .map(Json::members)
        .unwrap_or_default();
    if properties.is_empty() {
        let values = json.get("additionalProperties");
        return format!(
            "%{}",
            values.map_or_else(|| "*".to_owned(), |values| render(values, reference))
        );
    }
    let required: HashSet<String> = json.strings("required").into_iter().collect();
    let mut out = String::from("{");
    for (index, (property, schema)) in properties.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let mark = if required.contains(property) {
            '!'
        } else {
            '?'
        };
        let secret = if schema.flag(WRITE_ONLY) { "~" } else { "" };
        let schema = render(schema, reference);
        out += &format!("{separator}{}{mark}{secret}{schema}", name(property));
    }
    out.push('}');
    out
}

/// A field's name, quoted if it has unusual characters.
pub fn name(text: &str) -> String {
    let usual = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !text.is_empty() && text.chars().all(usual) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
