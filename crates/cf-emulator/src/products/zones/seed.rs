//! The zones in a seed.

use serde_json::{Value, json};

use crate::engine::seed::{SeedError, check_id, list_mut, set_id};
use crate::engine::{Engine, lock};
use crate::http::json::object;
use crate::store::Store;
use crate::store::identity::ZONES;

pub(super) fn seed(engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
    for account in list_mut(seed, "accounts")? {
        let account_id = account["id"].as_str().unwrap_or_default().to_owned();
        for zone in list_mut(account, "zones")? {
            let name = zone["name"].as_str();
            let name = name.ok_or_else(|| SeedError::new("a zone", "it has no name"))?;
            let id = add(&mut lock(&engine.store), &account_id, name, &zone["id"])?;
            set_id(zone, id);
        }
    }
    Ok(())
}

/// Adds an active zone with the identifier `id`, or a new one if that is `null`.
pub(crate) fn add(
    store: &mut Store,
    account_id: &str,
    name: &str,
    id: &Value,
) -> Result<String, SeedError> {
    let what = format!("zone {name}");
    check_id(store, ZONES, id, &what)?;
    let account = json!({ "id": account_id });
    let body = json!({ "id": id, "name": name, "account": account, "status": "active" });
    super::add(store, object(body)).map_err(|error| SeedError::refused(&what, &error))
}
