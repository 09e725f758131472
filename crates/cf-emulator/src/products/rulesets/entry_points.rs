//! Entry points: the rulesets where phases start.

use super::{change, check_phase, entry_kind, missing, new, publish, table};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, text};

pub(super) fn of_phase<'a>(call: &'a Call<'_>, phase: &str) -> Option<&'a Object> {
    let (table, kind) = (table(call), entry_kind(call));
    let rows = call.store.table(&table)?.rows();
    rows.into_iter()
        .find(|row| text(row, "phase") == phase && text(row, "kind") == kind)
}

/// The entry point of the phase in the path.
pub(super) fn entry<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let phase = call.params.get("ruleset_phase");
    let missing = || missing(&format!("entrypoint ruleset in the {phase} phase"));
    of_phase(call, phase).ok_or_else(missing)
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    check_phase(call.param("ruleset_phase"))?;
    Ok(Reply::result(entry(call)?.clone()))
}

/// An entry point that does not exist is created.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let phase = call.params.get("ruleset_phase");
    check_phase(phase)?;
    let body = call.object()?;
    match entry(call).cloned() {
        Ok(ruleset) => change(call, ruleset, &body),
        Err(_) => {
            let ruleset = new(body, entry_kind(call), phase)?;
            publish(call, ruleset)
        }
    }
}
