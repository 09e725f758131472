//! The products of the API, a module each.

mod access;
pub(crate) mod accounts;
mod cache;
#[cfg(feature = "sqlite")]
pub(crate) mod d1;
pub(crate) mod dns;
mod encoded;
mod ips;
mod kv;
mod lists;
mod load_balancers;
mod members;
mod memberships;
mod pages;
mod queues;
mod r2;
mod rulesets;
pub(crate) mod tokens;
mod tunnels;
mod turnstile;
pub(crate) mod user;
mod workers;
pub(crate) mod zones;

use serde_json::Value;

use crate::router::Route;
use crate::store::Object;

/// Every operation there is.
pub(crate) fn routes() -> Vec<Route> {
    [
        access::routes(),
        accounts::routes(),
        cache::routes(),
        #[cfg(feature = "sqlite")]
        d1::routes(),
        dns::routes(),
        ips::routes(),
        kv::routes(),
        lists::routes(),
        load_balancers::routes(),
        members::routes(),
        memberships::routes(),
        pages::routes(),
        queues::routes(),
        r2::routes(),
        rulesets::routes(),
        tokens::routes(),
        tunnels::routes(),
        turnstile::routes(),
        user::routes(),
        workers::routes(),
        zones::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Takes the fields of `changes` over into `object`, all but the `fixed` ones.
fn merge(object: &mut Object, changes: Object, fixed: &[&str]) {
    for (field, value) in changes {
        if !fixed.contains(&field.as_str()) {
            object.insert(field, value);
        }
    }
}

/// Like [`merge`], but an object in `changes` changes only what it names.
pub(crate) fn merge_deep(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (field, value) in changes {
                merge_deep(target.entry(field).or_insert(Value::Null), value);
            }
        }
        (target, changes) => *target = changes,
    }
}
