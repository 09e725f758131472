//! Deployments of a project. Nothing is built: they succeed at once, or when their time has come.

use serde_json::{Value, json};

use super::{configs, found, home, invalid, page, table};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, clock, pending, text};

const STAGES: [&str; 5] = ["queued", "initialize", "clone_repo", "build", "deploy"];
/// The stage that takes time.
const BUILD: usize = 3;
/// The length of a branch name in an alias.
const LONGEST_ALIAS: usize = 28;

fn rows_of(call: &Call<'_>, project: &Object) -> String {
    format!("{}/deployments", home(call, project))
}

/// The deployment that visitors of the project's own domain get.
pub(super) fn canonical(call: &Call<'_>, project: &Object) -> Option<Value> {
    let id = text(project, "canonical_id");
    let deployment = call.store.get(&rows_of(call, project), id)?;
    Some(show(project, deployment))
}

pub(super) fn latest(call: &Call<'_>, project: &Object) -> Option<Value> {
    let deployment = call.store.rows(&rows_of(call, project)).last()?;
    Some(show(project, deployment))
}

fn show(project: &Object, deployment: &Object) -> Value {
    let mut shown = deployment.clone();
    shown.remove(pending::FIELD);
    shown.insert("project_name".to_owned(), project["name"].clone());
    shown.insert(
        "env_vars".to_owned(),
        configs::shown_variables(&deployment["env_vars"]),
    );
    Value::Object(shown)
}

/// The project and the deployment in the path.
fn one(call: &Call<'_>) -> Result<(Object, Object), ApiError> {
    let project = found(call)?;
    let deployment = call
        .store
        .get(&rows_of(call, project), call.param("deployment"));
    let missing = || {
        let message = "Deployment not found. The specified deployment ID does not match any of this project's deployments.";
        ApiError::not_found(8_000_009, message)
    };
    Ok((project.clone(), deployment.ok_or_else(missing)?.clone()))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let project = found(call)?;
    let environment = call.query.one_of("env", &configs::ENVIRONMENTS);
    let environment = environment.map_err(|error| error.coded(super::INVALID))?;
    let mut rows: Vec<&Object> = call
        .store
        .rows(&rows_of(call, project))
        .filter(|row| environment.is_none_or(|wanted| text(row, "environment") == wanted))
        .collect();
    rows.reverse();
    page(call, &rows, |row| show(project, row))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let (project, mut deployment) = one(call)?;
    if pending::is_marked(&deployment) {
        if !pending::poll(&mut deployment) {
            finish(call, &project, &mut deployment);
        }
        let rows = rows_of(call, &project);
        call.store.table_mut(&rows).put(deployment.clone());
    }
    Ok(Reply::result(show(&project, &deployment)))
}

/// Ends a deployment well: visitors get it, if it is one to production.
fn finish(call: &mut Call<'_>, project: &Object, deployment: &mut Object) {
    set_stages(deployment, STAGES.len());
    let table = table(call);
    if text(deployment, "environment") == "production"
        && let Some(row) = call.store.table_mut(&table).get_mut(text(project, "name"))
    {
        row.insert("canonical_id".to_owned(), deployment["id"].clone());
    }
}

/// The stages: so many are done, and the next one is under way.
fn set_stages(deployment: &mut Object, done: usize) {
    let now = clock::now();
    let stage = |(index, name): (usize, &&str)| {
        let (status, ended) = match index {
            index if index < done => ("success", json!(now)),
            index if index == done => ("active", Value::Null),
            _ => ("idle", Value::Null),
        };
        let started = if index <= done {
            json!(now)
        } else {
            Value::Null
        };
        json!({ "name": name, "status": status, "started_on": started, "ended_on": ended })
    };
    let stages: Vec<Value> = STAGES.iter().enumerate().map(stage).collect();
    let latest = stages[done.min(STAGES.len() - 1)].clone();
    deployment.insert("latest_stage".to_owned(), latest);
    deployment.insert("stages".to_owned(), stages.into());
}

/// A branch as a subdomain of the project's: `feature/Login` is `feature-login`.
fn alias(branch: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let slug: String = branch.chars().take(LONGEST_ALIAS).map(plain).collect();
    slug.trim_matches('-').to_owned()
}

/// Activates a new deployment.
fn deploy(call: &mut Call<'_>, project: &Object, trigger: Value, uses_functions: bool) -> Outcome {
    let (id, now) = (ids::dashed(&ids::hex32()), clock::now());
    let (short, subdomain) = (&id[..8], text(project, "subdomain"));
    let branch = trigger["metadata"]["branch"].as_str().unwrap_or_default();
    let is_production = branch == text(project, "production_branch");
    let environment = if is_production {
        "production"
    } else {
        "preview"
    };
    let aliases = match is_production {
        true => json!([]),
        false => json!([format!("https://{}.{subdomain}", alias(branch))]),
    };
    let mut deployment = object(json!({
        "id": id,
        "short_id": short,
        "project_id": project["id"],
        "project_name": project["name"],
        "environment": environment,
        "url": format!("https://{short}.{subdomain}"),
        "aliases": aliases,
        "created_on": now,
        "modified_on": now,
        "deployment_trigger": trigger,
        "build_config": project["build_config"],
        "env_vars": project["deployment_configs"][environment]["env_vars"],
        "is_skipped": false,
        "uses_functions": uses_functions,
    }));
    if let Some(source) = project.get("source") {
        deployment.insert("source".to_owned(), source.clone());
    }
    if pending::begin(call.store, &mut deployment) {
        set_stages(&mut deployment, BUILD);
    } else {
        finish(call, project, &mut deployment);
    }
    let (rows, table) = (rows_of(call, project), table(call));
    if let Some(row) = call.store.table_mut(&table).get_mut(text(project, "name")) {
        row.insert("uses_functions".to_owned(), uses_functions.into());
    }
    call.store.table_mut(&rows).put(deployment.clone());
    Ok(Reply::result(show(project, &deployment)))
}

/// The files of the site, each with the hash of its content.
fn checked_manifest(text: &str) -> Result<(), ApiError> {
    let manifest: Option<Object> = crate::http::json::parse(text.as_bytes()).ok();
    match manifest.is_some_and(|manifest| manifest.values().all(Value::is_string)) {
        true => Ok(()),
        false => Err(invalid("manifest", "must be an object of paths and hashes")),
    }
}

/// The form describes the deployment. A project without a repository needs the
/// files; others are built from the branch.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let project = found(call)?.clone();
    let form = call.request.form_or_empty();
    let form = form.ok_or_else(|| invalid("body", "must be multipart/form-data"))?;
    match form.text("manifest")? {
        Some(manifest) => checked_manifest(&manifest)?,
        None if project.contains_key("source") => {}
        None => {
            let message =
                "A \"manifest\" field was expected in the request body but was not provided.";
            return Err(ApiError::bad_request(8_000_096, message));
        }
    }
    let branch = form.text("branch")?.filter(|branch| !branch.is_empty());
    let dirty = match form.text("commit_dirty")?.as_deref() {
        None | Some("false" | "") => false,
        Some("true") => true,
        Some(_) => return Err(invalid("commit_dirty", "must be true or false")),
    };
    let trigger = json!({
        "type": "ad_hoc",
        "metadata": {
            "branch": branch.as_deref().unwrap_or_else(|| text(&project, "production_branch")),
            "commit_hash": form.text("commit_hash")?.unwrap_or_default(),
            "commit_message": form.text("commit_message")?.unwrap_or_default(),
            "commit_dirty": dirty,
        },
    });
    let scripts = ["_worker.bundle", "_worker.js"];
    let uses_functions = scripts.iter().any(|name| form.part(name).is_some());
    deploy(call, &project, trigger, uses_functions)
}

/// Deploys the same again.
pub(super) fn retry(call: &mut Call<'_>) -> Outcome {
    let (project, old) = one(call)?;
    let uses_functions = old["uses_functions"] == true;
    deploy(
        call,
        &project,
        old["deployment_trigger"].clone(),
        uses_functions,
    )
}

/// Rolls back to an earlier production deployment.
pub(super) fn roll_back(call: &mut Call<'_>) -> Outcome {
    let (project, deployment) = one(call)?;
    if text(&deployment, "environment") != "production" {
        return Err(invalid(
            "deployment_id",
            "only deployments to production can be rolled back to",
        ));
    }
    if project.get("canonical_id") == deployment.get("id") {
        return Err(invalid("deployment_id", "the deployment is already active"));
    }
    let table = table(call);
    if let Some(row) = call.store.table_mut(&table).get_mut(text(&project, "name")) {
        row.insert("canonical_id".to_owned(), deployment["id"].clone());
    }
    Ok(Reply::result(show(&project, &deployment)))
}

/// The active deployment cannot be deleted, the current one of a branch only with `force`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (project, deployment) = one(call)?;
    let rows = rows_of(call, &project);
    if project.get("canonical_id") == deployment.get("id") {
        let message = "This deployment is the active production deployment and cannot be deleted.";
        return Err(ApiError::bad_request(8_000_034, message));
    }
    let of_branch = |row: &&Object| row["aliases"] == deployment["aliases"];
    let aliased = text(&deployment, "environment") == "preview"
        && call.store.rows(&rows).filter(of_branch).last() == Some(&deployment);
    if aliased && call.query.get("force") != Some("true") {
        let message = "You cannot delete an aliased deployment without a `?force=true` parameter in the API request URL.";
        return Err(ApiError::bad_request(8_000_035, message));
    }
    call.store.table_mut(&rows).remove(text(&deployment, "id"));
    Ok(Reply::result(Value::Null))
}

pub(super) fn logs(call: &mut Call<'_>) -> Outcome {
    let (_, deployment) = one(call)?;
    let stages = deployment["stages"].as_array();
    let lines: Vec<Value> = stages
        .into_iter()
        .flatten()
        .map(|stage| {
            let line = format!(
                "Stage {}: {}",
                stage["name"].as_str().unwrap_or_default(),
                stage["status"].as_str().unwrap_or_default()
            );
            json!({ "ts": stage["ended_on"], "line": line })
        })
        .collect();
    Ok(Reply::result(
        json!({ "total": lines.len(), "includes_container_logs": true, "data": lines }),
    ))
}

/// No events ever come from the address.
pub(super) fn tail(call: &mut Call<'_>) -> Outcome {
    let (project, deployment) = one(call)?;
    let id = ids::hex32();
    let rows = format!(
        "{}/{}/tails",
        rows_of(call, &project),
        text(&deployment, "id")
    );
    let tail = object(
        json!({ "id": id, "url": format!("wss://tail.developers.workers.dev/{id}"), "expires_at": clock::now() }),
    );
    call.store.table_mut(&rows).put(tail.clone());
    Ok(Reply::result(tail))
}

pub(super) fn end_tail(call: &mut Call<'_>) -> Outcome {
    let (project, deployment) = one(call)?;
    let rows = format!(
        "{}/{}/tails",
        rows_of(call, &project),
        text(&deployment, "id")
    );
    let ended = call.store.table_mut(&rows).remove(call.params.get("tail"));
    ended.ok_or_else(|| ApiError::not_found(8_000_009, "Tail not found."))?;
    Ok(Reply::result(Value::Null))
}
