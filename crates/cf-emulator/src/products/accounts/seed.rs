//! The accounts in a seed.

use serde_json::{Value, json};

use crate::engine::seed::{SeedError, check_id, list_mut, set_id};
use crate::engine::{Engine, lock};
use crate::http::json::object;
use crate::store::identity::ACCOUNTS;

/// An account without a name stands for the initial one.
pub(super) fn seed(engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
    for account in list_mut(seed, "accounts")? {
        let id = match account["name"].as_str() {
            Some(name) => {
                let mut store = lock(&engine.store);
                check_id(&store, ACCOUNTS, &account["id"], &format!("account {name}"))?;
                super::add(&mut store, name, object(json!({ "id": account["id"] })))
            }
            None => engine.account_id.clone(),
        };
        set_id(account, id);
    }
    Ok(())
}
