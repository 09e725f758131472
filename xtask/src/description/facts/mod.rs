//! What is known of fields and parameters beyond their types, from `xtask/api/facts/`; its README has the format.

pub mod files;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Facts of a field or parameter, by the keywords of JSON Schema.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Facts(BTreeMap<String, Value>);

impl Facts {
    /// The value of a keyword.
    pub fn get(&self, keyword: &str) -> Option<&Value> {
        self.0.get(keyword).filter(|value| !value.is_null())
    }

    /// Whether a keyword is true.
    pub fn is(&self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    /// These facts, for a field that can be null.
    #[must_use]
    pub fn nullable(mut self) -> Facts {
        self.0.insert("nullable".to_owned(), Value::Bool(true));
        self
    }

    /// Adds what is known of the same field elsewhere. Of two ranges, the wider one holds; of two other values,
    /// neither.
    pub fn join(&mut self, others: &Facts) {
        for (keyword, other) in &others.0 {
            let Some(known) = self.0.get_mut(keyword) else {
                self.0.insert(keyword.clone(), other.clone());
                continue;
            };
            let is_lower = known.as_f64() > other.as_f64();
            match keyword.as_str() {
                _ if known == other => {}
                "minimum" | "minLength" | "minItems" if is_lower => *known = other.clone(),
                "maximum" | "maxLength" | "maxItems" if !is_lower => *known = other.clone(),
                "minimum" | "minLength" | "minItems" | "maximum" | "maxLength" | "maxItems" => {}
                // Unknown, and no later value can change that.
                _ => *known = Value::Null,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(json: Value) -> Facts {
        Facts(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn of_two_ranges_the_wider_holds_and_of_two_values_none() {
        let mut known = facts(json!({"minimum": 1, "maximum": 5, "default": 2, "format": "uri"}));
        known.join(&facts(json!({"minimum": 0, "maximum": 4, "default": 3})));
        known.join(&facts(json!({"default": 3, "readOnly": true})));
        assert_eq!(known.get("minimum"), Some(&json!(0)));
        assert_eq!(known.get("maximum"), Some(&json!(5)));
        assert_eq!(known.get("default"), None);
        assert_eq!(known.get("format"), Some(&json!("uri")));
        assert!(known.is("readOnly") && !known.is("nullable"));
    }
}
