//! Putting data into an emulator from a program.

mod start;
mod text;
mod token;

use serde_json::{Value, json};

use crate::access;
use crate::access::permissions;
use crate::emulator::Emulator;
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::products::{accounts, dns, tokens, zones};
use crate::server::{Shared, lock};
use crate::store::clock;
use crate::store::identity::ZONES;
use crate::store::{Object, Store};
pub(crate) use start::{basics, resume};
pub use token::{Token, TokenSpec};

/// Data that the emulator would also have refused over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot add {what}: {why}")]
#[non_exhaustive]
pub struct SeedError {
    /// What was to be added.
    pub what: String,
    /// Why that is not possible, with the API's code where it has one.
    pub why: String,
}

impl SeedError {
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }

    fn refused(what: &str, error: &ApiError) -> Self {
        Self::new(what, error.summary())
    }
}

impl Emulator {
    /// Adds an account of the user and gives its identifier.
    pub fn add_account(&self, name: &str) -> String {
        let id = self.shared.add_account(name);
        // What cannot be written down now is the error of `stop`.
        let _ = self.shared.save();
        id
    }

    /// Adds an active zone to an account and gives its identifier.
    ///
    /// # Errors
    /// If there is no such account, or it has a zone of that name. Where the
    /// state is in a directory, also if it cannot be written.
    pub fn add_zone(&self, account_id: &str, name: &str) -> Result<String, SeedError> {
        let id = self.shared.add_zone(account_id, name)?;
        self.saved().map(|()| id)
    }

    /// Adds a DNS record, given as for the API, to a zone and gives its
    /// identifier.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use serde_json::json;
    ///
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// let zone = emulator.add_zone(emulator.account_id(), "example.com")?;
    /// let id = emulator.add_record(&zone, json!({
    ///     "type": "A", "name": "www", "content": "192.0.2.1", "proxied": true,
    /// }))?;
    /// assert_eq!(id.len(), 32);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such zone, or the API would refuse the record. Where the
    /// state is in a directory, also if it cannot be written.
    pub fn add_record(&self, zone_id: &str, record: Value) -> Result<String, SeedError> {
        let id = self.shared.add_record(zone_id, record)?;
        self.saved().map(|()| id)
    }

    /// Adds an API token of the user.
    ///
    /// # Errors
    /// If it names a permission group or a zone that is not there, a time that
    /// is none, or a value that cannot be a token or is taken.
    pub fn add_token(&self, spec: TokenSpec) -> Result<Token, SeedError> {
        let token = self.shared.add_token(spec)?;
        self.saved().map(|()| token)
    }

    /// Adds a legacy API key for `X-Auth-Email` and `X-Auth-Key`.
    pub fn add_api_key(&self, email: &str, key: &str) {
        self.shared.add_api_key(email, key);
        let _ = self.shared.save();
    }

    /// Adds a key for `X-Auth-User-Service-Key`.
    pub fn add_user_service_key(&self, key: &str) {
        self.shared.add_user_service_key(key);
        let _ = self.shared.save();
    }

    /// Adds what a JSON or YAML text describes, for example:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// emulator.seed(r#"{ "accounts": [{
    ///     "name": "Ada's account",
    ///     "zones": [{
    ///         "name": "example.com",
    ///         "records": [{ "type": "A", "name": "www", "content": "192.0.2.1" }]
    ///     }]
    /// }] }"#)?;
    /// # #[cfg(feature = "yaml")]
    /// emulator.seed("
    /// tokens:
    ///   - value: reader
    ///     permissions: [DNS Read]
    /// ")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The crate's front page shows all that a seed can have. An account
    /// without a name stands for the one that is there already. Accounts, zones
    /// and records may bring an `id` of 32 hexadecimal digits.
    ///
    /// # Errors
    /// If the text is not of that form or the API would refuse a part of it;
    /// what came before that part stays.
    pub fn seed(&self, text: &str) -> Result<(), SeedError> {
        self.shared.seed(text)?;
        self.saved()
    }

    /// Writes down what was added, where the state is written down at all.
    pub(crate) fn saved(&self) -> Result<(), SeedError> {
        let saved = self.shared.save();
        saved.map_err(|why| SeedError::new("it to the state", &*why))
    }
}

/// The work behind the methods of [`Emulator`] above.
impl Shared {
    pub(crate) fn add_account(&self, name: &str) -> String {
        accounts::add(&mut lock(&self.store), name, Object::new())
    }

    pub(crate) fn add_zone(&self, account_id: &str, name: &str) -> Result<String, SeedError> {
        self.add_zone_as(account_id, name, &Value::Null)
    }

    fn add_zone_as(&self, account_id: &str, name: &str, id: &Value) -> Result<String, SeedError> {
        let what = format!("zone {name}");
        let mut store = lock(&self.store);
        check_id(&store, ZONES, id, &what)?;
        let account = json!({ "id": account_id });
        let body = json!({ "id": id, "name": name, "account": account, "status": "active" });
        zones::add(&mut store, object(body)).map_err(|error| SeedError::refused(&what, &error))
    }

    pub(crate) fn add_record(&self, zone_id: &str, record: Value) -> Result<String, SeedError> {
        let what = format!("record {}", record["name"]);
        let Value::Object(record) = record else {
            return Err(SeedError::new("record", "it is not a JSON object"));
        };
        let mut store = lock(&self.store);
        let id = record.get("id").unwrap_or(&Value::Null);
        check_id(&store, &dns::table(zone_id), id, &what)?;
        dns::add(&mut store, zone_id, record).map_err(|error| SeedError::refused(&what, &error))
    }

    pub(crate) fn add_token(&self, spec: TokenSpec) -> Result<Token, SeedError> {
        let mut store = lock(&self.store);
        let what = format!("token {}", spec.name);
        let mut groups = Vec::with_capacity(spec.groups.len());
        for named in &spec.groups {
            let why = || SeedError::new(&what, format!("no permission group {named}"));
            groups.push(permissions::group(named).ok_or_else(why)?);
        }
        for zone in spec.zones.iter().flatten() {
            if store.get(ZONES, zone).is_none() {
                return Err(SeedError::new(&what, format!("no zone {zone}")));
            }
        }
        if let Some(time) = spec
            .expires_on
            .as_deref()
            .filter(|time| !clock::is_time(time))
        {
            return Err(SeedError::new(&what, format!("{time} is no RFC 3339 time")));
        }
        let mut fields = object(json!({
            "name": spec.name,
            "status": spec.status,
            "policies": permissions::policies(&groups, spec.zones.as_deref()),
        }));
        if let Some(time) = spec.expires_on {
            fields.insert("expires_on".to_owned(), time.into());
        }
        let value = match spec.value {
            Some(value) if !access::is_token(&value) => {
                return Err(SeedError::new(what, "its value cannot be a token"));
            }
            Some(value) if store.credentials().token(&value).is_some() => {
                return Err(SeedError::new(what, "its value is taken"));
            }
            Some(value) => value,
            None => ids::secret("cfut_", 48),
        };
        let id = tokens::add(&mut store, tokens::OF_USER, fields, value.clone(), false);
        Ok(Token { id, value })
    }

    pub(crate) fn add_api_key(&self, email: &str, key: &str) {
        lock(&self.store).credentials_mut().add_api_key(email, key);
    }

    pub(crate) fn add_user_service_key(&self, key: &str) {
        lock(&self.store).credentials_mut().add_service_key(key);
    }
}

/// Whether a seed may use `id` (`null` for none) in a table.
fn check_id(store: &Store, table: &str, id: &Value, what: &str) -> Result<(), SeedError> {
    match id {
        Value::Null => Ok(()),
        Value::String(id) if store.get(table, id).is_some() => {
            Err(SeedError::new(what, format!("its id {id} is taken")))
        }
        Value::String(id) if ids::is_id(id) => Ok(()),
        _ => Err(SeedError::new(
            what,
            "its id is not of 32 hexadecimal digits",
        )),
    }
}
