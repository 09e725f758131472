//! The user's keys in a seed.

use serde_json::Value;

use crate::engine::seed::{SeedError, list, texts};
use crate::engine::{Engine, lock};

pub(super) fn seed(engine: &Engine, seed: &Value) -> Result<(), SeedError> {
    let mut store = lock(&engine.store);
    for key in list(seed, "api_keys")? {
        match (key["email"].as_str(), key["key"].as_str()) {
            (Some(email), Some(key)) => store.credentials_mut().add_api_key(email, key),
            _ => return Err(SeedError::new("an API key", "it needs email and key")),
        }
    }
    for key in texts(seed, "user_service_keys")? {
        store.credentials_mut().add_service_key(key);
    }
    Ok(())
}
