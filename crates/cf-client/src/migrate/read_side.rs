//! Which requests show, without changing anything, that a token may do what it is for.

use super::table;
use super::usage::{Usage, Used};

/// A request that reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    /// With account and zone filled in.
    pub(super) path: String,
    /// The operations it stands for.
    pub(super) operations: Vec<String>,
}

/// A request for each operation that has one: itself if it reads, else what reads the same thing, or
/// the list that the thing is in. IDs other than those of accounts and zones are not known. And the
/// operations that have none.
pub(super) fn probes(usage: &Usage, leave_out: impl Fn(&str) -> bool) -> (Vec<Probe>, Vec<String>) {
    let mut probes: Vec<Probe> = Vec::new();
    let mut without = Vec::new();
    for used in &usage.requests {
        let operation = used.name();
        if leave_out(&operation) {
            continue;
        }
        let paths = paths(used, usage);
        if paths.is_empty() {
            without.push(operation.clone());
        }
        for path in paths {
            match probes.iter_mut().find(|probe| probe.path == path) {
                Some(probe) => probe.operations.push(operation.clone()),
                None => probes.push(Probe {
                    path,
                    operations: vec![operation.clone()],
                }),
            }
        }
    }
    (probes, without)
}

fn paths(used: &Used, usage: &Usage) -> Vec<String> {
    let mut path = used.path.as_str();
    loop {
        let readable =
            table::request("GET", path).is_some_and(|row| row.path.split('/').count() > 1);
        let filled = fill(path, usage);
        if readable && filled.iter().all(|path| !table::is_variable(path)) && !filled.is_empty() {
            return filled;
        }
        match path.rsplit_once('/') {
            // The account or zone itself is another permission's matter.
            Some((shorter, _)) if shorter.split('/').count() > 3 => path = shorter,
            _ => return Vec::new(),
        }
    }
}

/// The path for each account or zone that it is for.
fn fill(path: &str, usage: &Usage) -> Vec<String> {
    let (variable, ids) = match path.split('/').nth(1) {
        Some("zones") => ("{zone_id}", &usage.zones),
        Some("accounts") => ("{account_id}", &usage.accounts),
        _ => return vec![path.to_owned()],
    };
    if !path.split('/').nth(2).is_some_and(table::is_variable) {
        return vec![path.to_owned()];
    }
    ids.iter()
        .map(|id| path.replacen(variable, id, 1))
        .collect()
}
