//! The DNS records in a seed.

use serde_json::Value;

use crate::engine::seed::{SeedError, check_id, list};
use crate::engine::{Engine, lock};
use crate::store::Store;

pub(super) fn seed(engine: &Engine, seed: &Value) -> Result<(), SeedError> {
    for account in list(seed, "accounts")? {
        for zone in list(account, "zones")? {
            let zone_id = zone["id"].as_str().unwrap_or_default();
            for record in list(zone, "records")? {
                add(&mut lock(&engine.store), zone_id, record.clone())?;
            }
        }
    }
    Ok(())
}

/// Adds a record, given as for the API, to a zone and returns its identifier.
pub(crate) fn add(store: &mut Store, zone_id: &str, record: Value) -> Result<String, SeedError> {
    let what = format!("record {}", record["name"]);
    let Value::Object(record) = record else {
        return Err(SeedError::new("record", "it is not a JSON object"));
    };
    let id = record.get("id").unwrap_or(&Value::Null);
    check_id(store, &super::table(zone_id), id, &what)?;
    super::add(store, zone_id, record).map_err(|error| SeedError::refused(&what, &error))
}
