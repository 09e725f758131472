//! The products of the API, a module each.

mod access;
pub(crate) mod accounts;
mod cache;
#[cfg(feature = "sqlite")]
pub(crate) mod d1;
pub(crate) mod dns;
mod ips;
mod kv;
mod lists;
mod load_balancers;
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

use crate::router::Route;

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
