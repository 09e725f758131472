//! The settings of a script besides its code.

use serde_json::Value;

use super::upload::SETTINGS;
use super::{found, secrets, table, upload, versions};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, clock};

/// Settings that all versions share.
const OF_SCRIPT: &[&str] = &["logpush", "observability", "tags", "tail_consumers"];

fn picked(script: &Object, fields: &[&str]) -> Value {
    let named = |field: &&str| Some(((*field).to_owned(), script.get(*field)?.clone()));
    Value::Object(fields.iter().filter_map(named).collect())
}

/// Settings with all bindings, secrets without their text.
fn show(call: &Call<'_>, script: &Object) -> Value {
    let bindings = script.get("bindings").and_then(Value::as_array);
    let mut bindings = bindings.cloned().unwrap_or_default();
    bindings.extend(call.store.rows(&secrets::table(call)).map(secrets::show));
    let mut settings = picked(script, SETTINGS);
    settings["bindings"] = bindings.into();
    settings
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let script = found(call)?;
    Ok(Reply::result(show(call, script)))
}

/// The settings in a body, which is a form with one part, or JSON.
fn read(call: &Call<'_>) -> Result<Object, ApiError> {
    let Some(form) = &call.request.form else {
        return call.object();
    };
    let part = form.part("settings");
    let part = part.ok_or_else(|| upload::refused("the form has no part `settings`"))?;
    match part.json()? {
        Some(Value::Object(settings)) => Ok(settings),
        _ => Err(upload::refused("the part `settings` is not a JSON object")),
    }
}

/// Whether the script has this binding and the body gives only its name and type: it
/// stays as it is then, as if its type were `inherit`.
fn is_kept(call: &Call<'_>, script: &Object, binding: &Value) -> bool {
    let bare = binding.as_object().is_some_and(|fields| fields.len() == 2);
    let same = |known: &Value| known["name"] == binding["name"] && known["type"] == binding["type"];
    let old = script.get("bindings").and_then(Value::as_array);
    let mut secrets = call.store.rows(&secrets::table(call)).map(secrets::show);
    bare && (old.is_some_and(|old| old.iter().any(same)) || secrets.any(|known| same(&known)))
}

/// The new bindings; inherited ones stay as they were.
fn bindings(
    call: &mut Call<'_>,
    script: &Object,
    mut settings: Object,
) -> Result<Vec<Value>, ApiError> {
    if let Some(Value::Array(asked)) = settings.get_mut("bindings") {
        for binding in asked {
            if is_kept(call, script, binding) {
                binding["type"] = "inherit".into();
            }
        }
    }
    let mut all = upload::bindings(call, &settings)?;
    let asked = settings.get("bindings").and_then(Value::as_array);
    let inherited = asked
        .into_iter()
        .flatten()
        .filter(|binding| binding["type"] == "inherit");
    for binding in inherited {
        let old = script.get("bindings").and_then(Value::as_array);
        let same = |known: &&Value| known["name"] == binding["name"];
        let secret = binding["name"].as_str().unwrap_or_default();
        match old.and_then(|old| old.iter().find(same)) {
            Some(known) => all.push(known.clone()),
            None if call.store.get(&secrets::table(call), secret).is_some() => {}
            None => {
                return Err(upload::refused(format!(
                    "there is no binding {} to inherit",
                    binding["name"]
                )));
            }
        }
    }
    Ok(all)
}

/// Changes what the body names, as a version that gets all traffic.
pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut script = found(call)?.clone();
    let settings = read(call)?;
    for field in SETTINGS {
        if let Some(value) = settings.get(*field) {
            script.insert((*field).to_owned(), value.clone());
        }
    }
    if settings.contains_key("bindings") {
        let bindings = bindings(call, &script, settings)?;
        script.insert("bindings".to_owned(), bindings.into());
    }
    script.insert("modified_on".to_owned(), clock::now().into());
    let version = versions::add(call, &script);
    versions::send_all_to(call, &version);
    script.insert("deployment_id".to_owned(), version.into());
    let table = table(call);
    call.store.table_mut(&table).put(script.clone());
    Ok(Reply::result(show(call, &script)))
}

pub(super) fn get_shared(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(picked(found(call)?, OF_SCRIPT)))
}

/// Changes the shared settings, without a new version.
pub(super) fn edit_shared(call: &mut Call<'_>) -> Outcome {
    let mut script = found(call)?.clone();
    let body = call.described(10021)?;
    for field in OF_SCRIPT {
        if let Some(value) = body.get(*field) {
            script.insert((*field).to_owned(), value.clone());
        }
    }
    let table = table(call);
    call.store.table_mut(&table).put(script.clone());
    Ok(Reply::result(picked(&script, OF_SCRIPT)))
}
