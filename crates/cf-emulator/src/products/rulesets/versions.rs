//! The versions of rulesets, entry points among them.

use super::entry_points::entry;
use super::{find, is_dry_run, missing, table, versions_of, without_rules};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Store, text};

fn versions_shown(store: &Store, table: &str, id: &str) -> Reply {
    let mut all: Vec<_> = store
        .rows(&versions_of(table, id))
        .map(without_rules)
        .collect();
    all.reverse();
    Reply::result(all)
}

fn one_version(call: &Call<'_>, id: &str) -> Outcome {
    let version = call.param("ruleset_version");
    let found = call.store.get(&versions_of(&table(call), id), version);
    let missing = || missing(&format!("version {version} of ruleset {id}"));
    Ok(Reply::result(found.ok_or_else(missing)?.clone()))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("ruleset_id");
    find(call, id)?;
    Ok(versions_shown(call.store, &table(call), id))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("ruleset_id");
    find(call, id)?;
    one_version(call, id)
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (id, version) = (
        call.params.get("ruleset_id"),
        call.params.get("ruleset_version"),
    );
    if text(find(call, id)?, "version") == version {
        return Err(ApiError::bad_request(
            20018,
            "the latest version cannot be deleted",
        ));
    }
    one_version(call, id)?;
    let versions = versions_of(&table(call), id);
    if !is_dry_run(call)? {
        call.store.table_mut(&versions).remove(version);
    }
    Ok(Reply::Empty)
}

pub(super) fn of_entry_point(call: &mut Call<'_>) -> Outcome {
    let id = text(entry(call)?, "id").to_owned();
    Ok(versions_shown(call.store, &table(call), &id))
}

pub(super) fn one_of_entry_point(call: &mut Call<'_>) -> Outcome {
    let id = text(entry(call)?, "id").to_owned();
    one_version(call, &id)
}
