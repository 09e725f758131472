//! Where the emulator stores what credentials are about: the user, accounts and zones.

use serde_json::Value;

use super::Store;

/// The document of the user.
pub(crate) const USER: &str = "user";
/// The table of accounts.
pub(crate) const ACCOUNTS: &str = "accounts";
/// The table of zones.
pub(crate) const ZONES: &str = "zones";

/// The identifier of the user.
pub(crate) fn user_id(store: &Store) -> &str {
    let user = store.document(USER).unwrap_or(&Value::Null);
    user["id"].as_str().unwrap_or_default()
}
