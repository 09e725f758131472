//! The configuration of a project's deployments, one for production and one
//! for previews.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::store::Object;

pub(super) const ENVIRONMENTS: [&str; 2] = ["production", "preview"];

/// The initial configuration of both environments.
pub(super) fn initial() -> Value {
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let one = json!({
        "env_vars": {},
        "fail_open": true,
        "always_use_latest_compatibility_date": false,
        "compatibility_date": today,
        "compatibility_flags": [],
        "build_image_major_version": 3,
        "usage_model": "standard",
    });
    json!({ "production": one, "preview": one })
}

/// Applies `changes`: in variables and bindings, `null` removes one.
pub(super) fn change(configs: &mut Value, changes: &Value) {
    for environment in ENVIRONMENTS {
        let (Some(target), Some(changes)) = (
            configs[environment].as_object_mut(),
            changes[environment].as_object(),
        ) else {
            continue;
        };
        for (field, value) in changes {
            match (target.get_mut(field), value) {
                (_, Value::Null) => drop(target.remove(field)),
                (Some(Value::Object(known)), Value::Object(named)) => apply(known, named),
                (_, Value::Object(named)) => {
                    let mut fresh = Object::new();
                    apply(&mut fresh, named);
                    target.insert(field.clone(), fresh.into());
                }
                (_, value) => drop(target.insert(field.clone(), value.clone())),
            }
        }
    }
}

fn apply(known: &mut Object, named: &Object) {
    for (name, value) in named {
        match value {
            Value::Null => drop(known.remove(name)),
            value => drop(known.insert(name.clone(), value.clone())),
        }
    }
}

/// Variables as replies show them: secret ones have no value.
pub(super) fn shown_variables(variables: &Value) -> Value {
    let mut shown = variables.clone();
    for variable in shown
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        if variable["type"] == "secret_text" {
            variable["value"] = "".into();
        }
    }
    shown
}

/// Both environments without their secrets.
pub(super) fn show(configs: &Value) -> Value {
    let mut shown = configs.clone();
    for environment in ENVIRONMENTS {
        if let Some(variables) = shown[environment].get_mut("env_vars") {
            *variables = shown_variables(variables);
        }
    }
    shown
}
