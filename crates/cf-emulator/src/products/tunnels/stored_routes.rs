//! Routes, as the store has them: deleted ones stay.

use super::is_deleted;
use crate::engine::call::Call;
use crate::store::{Object, Store, clock, text};

pub(super) fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/teamnet/routes", call.param("account_id"))
}

pub(super) fn alive<'a>(
    store: &'a Store,
    table: &str,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    store.rows(table).filter(|route| !is_deleted(route))
}

/// The routes through a tunnel.
pub(super) fn through(call: &Call<'_>, tunnel: &str) -> Vec<String> {
    let routes = alive(call.store, &table(call)).filter(|route| text(route, "tunnel_id") == tunnel);
    routes.map(|route| text(route, "id").to_owned()).collect()
}

pub(super) fn in_network(call: &Call<'_>, network: &str) -> bool {
    alive(call.store, &table(call)).any(|route| text(route, "virtual_network_id") == network)
}

pub(super) fn mark_deleted(call: &mut Call<'_>, id: &str) {
    let table = table(call);
    if let Some(route) = call.store.table_mut(&table).get_mut(id) {
        route.insert("deleted_at".to_owned(), clock::now().into());
    }
}
