//! Projects.

use http::StatusCode;
use serde_json::{Value, json};

use super::{INVALID, configs, deployments, domains, found, home, invalid, page, table};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge_deep, object};
use crate::store::{Object, clock, text};

const LONGEST_NAME: usize = 58;

/// A project as replies show it, with its domains and deployments.
pub(super) fn show(call: &Call<'_>, project: &Object) -> Value {
    let mut shown = project.clone();
    let mut names = vec![project["subdomain"].clone()];
    names.extend(domains::names(call, project));
    shown.insert("domains".to_owned(), names.into());
    shown.insert(
        "deployment_configs".to_owned(),
        configs::show(&project["deployment_configs"]),
    );
    let canonical = deployments::canonical(call, project);
    shown.insert(
        "canonical_deployment".to_owned(),
        canonical.unwrap_or_default(),
    );
    let latest = deployments::latest(call, project);
    shown.insert("latest_deployment".to_owned(), latest.unwrap_or_default());
    shown.remove("canonical_id");
    Value::Object(shown)
}

fn checked_name(call: &Call<'_>, name: &str) -> Result<(), ApiError> {
    let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty()
        || name.len() > LONGEST_NAME
        || !name.chars().all(usual)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        let why = "must have 1 to 58 lowercase letters, digits and dashes, and neither start nor end with a dash";
        return Err(invalid("name", why));
    }
    match call.store.get(&table(call), name) {
        Some(_) => Err(ApiError::new(
            StatusCode::CONFLICT,
            8_000_002,
            "A project with this name already exists. Choose a different project name.",
        )),
        None => Ok(()),
    }
}

/// The subdomain of `pages.dev`, unique across accounts.
fn subdomain(call: &Call<'_>, name: &str) -> String {
    let wanted = format!("{name}.pages.dev");
    let projects = call
        .store
        .tables()
        .filter(|(path, _)| path.ends_with("/pages/projects"));
    let mut taken = projects.flat_map(|(_, rows)| rows.rows());
    match taken.any(|row| text(row, "subdomain") == wanted) {
        true => format!("{name}-{}.pages.dev", &ids::hex32()[..3]),
        false => wanted,
    }
}

/// The source of a project, completed.
fn source(given: &Value) -> Result<Value, ApiError> {
    let config = given["config"].as_object().cloned().unwrap_or_default();
    for field in ["owner", "repo_name"] {
        if text(&config, field).is_empty() {
            return Err(invalid(&format!("source.config.{field}"), "must be set"));
        }
    }
    let mut whole = json!({
        "type": given["type"],
        "config": {
            "owner_id": "",
            "repo_id": "",
            "production_branch": "main",
            "pr_comments_enabled": true,
            "deployments_enabled": true,
            "production_deployments_enabled": true,
            "preview_deployment_setting": "all",
            "preview_branch_includes": ["*"],
            "preview_branch_excludes": [],
            "path_includes": ["*"],
            "path_excludes": [],
        },
    });
    merge_deep(&mut whole["config"], config.into());
    Ok(whole)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let mut rows: Vec<&Object> = call.store.rows(&table(call)).collect();
    rows.reverse();
    page(call, &rows, |row| show(call, row))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let name = text(&body, "name");
    checked_name(call, name)?;
    let branch = text(&body, "production_branch");
    if branch.is_empty() {
        return Err(invalid("production_branch", "must not be empty"));
    }
    let id = ids::dashed(&ids::hex32());
    let mut project = object(json!({
        "id": id,
        "name": name,
        "subdomain": subdomain(call, name),
        "created_on": clock::now(),
        "production_branch": branch,
        "production_script_name": format!("pages-worker--{}-production", &id[..7]),
        "preview_script_name": format!("pages-worker--{}-preview", &id[..7]),
        "framework": "",
        "framework_version": "",
        "uses_functions": false,
        "build_config": { "build_command": "", "destination_dir": "", "root_dir": "", "build_caching": false },
        "deployment_configs": configs::initial(),
    }));
    if let Some(given) = body.get("source").filter(|source| !source.is_null()) {
        let mut source = source(given)?;
        source["config"]["production_branch"] = branch.into();
        project.insert("source".to_owned(), source);
    }
    set(&mut project, &body);
    let (table, name) = (table(call), name.to_owned());
    call.store.table_mut(&table).put_as(&name, project.clone());
    Ok(Reply::result(show(call, &project)))
}

/// Applies what can be changed at any time.
fn set(project: &mut Object, body: &Object) {
    if let (Some(known), Some(changes)) = (
        project.get_mut("build_config"),
        body.get("build_config")
            .filter(|changes| changes.is_object()),
    ) {
        merge_deep(known, changes.clone());
        known
            .as_object_mut()
            .into_iter()
            .for_each(|known| known.retain(|_, value| !value.is_null()));
    }
    if let (Some(known), Some(changes)) = (
        project.get_mut("deployment_configs"),
        body.get("deployment_configs"),
    ) {
        configs::change(known, changes);
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(call, found(call)?)))
}

pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut project = found(call)?.clone();
    let body = call.described(INVALID)?;
    let (table, old) = (table(call), call.params.get("project_name"));
    let name = match text(&body, "name") {
        "" => old,
        name => name,
    };
    if name != old {
        checked_name(call, name)?;
        project.insert("name".to_owned(), name.into());
    }
    let branch = text(&body, "production_branch");
    if !branch.is_empty() {
        project.insert("production_branch".to_owned(), branch.into());
    }
    match (project.get_mut("source"), body.get("source")) {
        (_, None | Some(Value::Null)) => {}
        (None, Some(_)) => {
            return Err(invalid(
                "source",
                "a project with direct uploads cannot be connected to a repository",
            ));
        }
        (Some(known), Some(changes)) => {
            let mut whole = known.clone();
            merge_deep(&mut whole, changes.clone());
            *known = source(&whole)?;
        }
    }
    set(&mut project, &body);
    if name != old {
        call.store.table_mut(&table).remove(old);
    }
    call.store.table_mut(&table).put_as(name, project.clone());
    Ok(Reply::result(show(call, &project)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let project = found(call)?.clone();
    if domains::names(call, &project).next().is_some() {
        let message = "Must delete custom domains before deleting project";
        return Err(ApiError::bad_request(8_000_028, message));
    }
    let (table, home) = (table(call), home(call, &project));
    call.store
        .table_mut(&table)
        .remove(call.params.get("project_name"));
    call.store.remove_below(&home);
    Ok(Reply::result(Value::Null))
}

pub(super) fn purge_build_cache(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    Ok(Reply::result(Value::Null))
}
