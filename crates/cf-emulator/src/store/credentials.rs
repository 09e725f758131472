//! The credentials that the emulator accepts. They are kept apart from the
//! objects that replies consist of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Where a token's object is stored.
#[derive(Debug, Clone)]
pub(crate) struct TokenRef {
    pub(crate) table: String,
    pub(crate) id: String,
    /// Permits everything, even where no permission group is known.
    pub(crate) unlimited: bool,
}

/// Sorted, so that equal states have equal snapshots.
#[derive(Default, Clone)]
pub(crate) struct Credentials {
    tokens: BTreeMap<String, TokenRef>,
    api_keys: BTreeMap<String, String>,
    service_keys: BTreeSet<String>,
}

impl Credentials {
    pub(crate) fn add_token(&mut self, value: String, token: TokenRef) {
        self.tokens.insert(value, token);
    }

    pub(crate) fn token(&self, value: &str) -> Option<&TokenRef> {
        self.tokens.get(value)
    }

    /// The value of a token that permits everything.
    pub(crate) fn unlimited(&self) -> Option<String> {
        let mut all = self.tokens.iter().filter(|(_, token)| token.unlimited);
        all.next().map(|(value, _)| value.clone())
    }

    /// Gives the same token another value; the old one is void.
    pub(crate) fn roll_token(&mut self, table: &str, id: &str, value: String) {
        let unlimited = self
            .tokens
            .values()
            .any(|t| t.table == table && t.id == id && t.unlimited);
        self.remove_token(table, id);
        let token = TokenRef {
            table: table.to_owned(),
            id: id.to_owned(),
            unlimited,
        };
        self.tokens.insert(value, token);
    }

    pub(crate) fn remove_token(&mut self, table: &str, id: &str) {
        self.tokens
            .retain(|_, token| token.table != table || token.id != id);
    }

    /// Forgets the tokens that an account owned.
    pub(crate) fn remove_table(&mut self, table: &str) {
        self.tokens.retain(|_, token| token.table != table);
    }

    /// Every secret.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        let keys = self.api_keys.values().chain(&self.service_keys);
        self.tokens.keys().chain(keys).map(String::as_str)
    }

    /// All secrets, for a snapshot.
    pub(crate) fn to_json(&self) -> Value {
        let tokens = self.tokens.iter().map(|(value, token)| {
            json!({ "value": value, "table": token.table, "id": token.id, "unlimited": token.unlimited })
        });
        let tokens: Vec<_> = tokens.collect();
        json!({ "tokens": tokens, "api_keys": self.api_keys, "service_keys": self.service_keys })
    }

    /// What [`to_json`](Self::to_json) wrote.
    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        let mut credentials = Self::default();
        for token in json["tokens"].as_array()? {
            let text = |field: &str| token[field].as_str().map(str::to_owned);
            let reference = TokenRef {
                table: text("table")?,
                id: text("id")?,
                unlimited: token["unlimited"].as_bool()?,
            };
            credentials.add_token(text("value")?, reference);
        }
        for (email, key) in json["api_keys"].as_object()? {
            credentials.add_api_key(email, key.as_str()?);
        }
        for key in json["service_keys"].as_array()? {
            credentials.add_service_key(key.as_str()?);
        }
        Some(credentials)
    }

    pub(crate) fn add_api_key(&mut self, email: &str, key: impl Into<String>) {
        self.api_keys.insert(email.to_lowercase(), key.into());
    }

    pub(crate) fn has_api_key(&self, email: &str, key: &str) -> bool {
        self.api_keys
            .get(&email.to_lowercase())
            .is_some_and(|known| known == key)
    }

    pub(crate) fn add_service_key(&mut self, key: impl Into<String>) {
        self.service_keys.insert(key.into());
    }

    pub(crate) fn has_service_key(&self, key: &str) -> bool {
        self.service_keys.contains(key)
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("tokens", &self.tokens.len())
            .field("api_keys", &self.api_keys.len())
            .field("service_keys", &self.service_keys.len())
            .finish()
    }
}
