//! Seeds as text: JSON, or YAML if the feature is on.

use serde_json::{Map, Value, json};

use super::{SeedError, TokenSpec, check_id};
use crate::http::json::object;
use crate::products::accounts;
use crate::server::{Shared, lock};
use crate::store::identity::ACCOUNTS;

/// The lists that a seed can have.
const PARTS: &[&str] = &["accounts", "tokens", "api_keys", "user_service_keys"];

fn parse(text: &str) -> Result<Value, SeedError> {
    // JSON begins with a bracket, and its own reader says best what is wrong.
    let data: Result<Value, String> = match text.trim_start().starts_with('{') {
        true => crate::http::json::parse(text.as_bytes()).map_err(|error| error.to_string()),
        false => yaml(text),
    };
    let data = data.map_err(|why| SeedError::new("the seed", why))?;
    let Value::Object(parts) = &data else {
        return Err(SeedError::new("the seed", "it is not an object"));
    };
    match parts.keys().find(|part| !PARTS.contains(&part.as_str())) {
        Some(unknown) => {
            let why = format!("there is no {unknown}; there are {}", PARTS.join(", "));
            Err(SeedError::new("the seed", why))
        }
        None => Ok(data),
    }
}

#[cfg(feature = "yaml")]
fn yaml(text: &str) -> Result<Value, String> {
    // A text without anything in it is an empty seed.
    let parsed: Option<Value> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    Ok(parsed.unwrap_or_else(|| Value::Object(Map::new())))
}

#[cfg(not(feature = "yaml"))]
fn yaml(text: &str) -> Result<Value, String> {
    match text.trim().is_empty() {
        true => Ok(Value::Object(Map::new())),
        false => Err("it is not a JSON object, and the feature `yaml` is off".to_owned()),
    }
}

fn list<'a>(data: &'a Value, field: &str) -> Result<&'a [Value], SeedError> {
    match &data[field] {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(SeedError::new(field, "it is not a list")),
    }
}

fn texts<'a>(data: &'a Value, field: &str) -> Result<Vec<&'a str>, SeedError> {
    let all = list(data, field)?.iter().map(Value::as_str);
    all.collect::<Option<_>>()
        .ok_or_else(|| SeedError::new(field, "it is not a list of texts"))
}

impl Shared {
    pub(crate) fn seed(&self, text: &str) -> Result<(), SeedError> {
        let data = parse(text)?;
        for account in list(&data, "accounts")? {
            self.seed_account(account)?;
        }
        for token in list(&data, "tokens")? {
            self.seed_token(token)?;
        }
        for key in list(&data, "api_keys")? {
            match (key["email"].as_str(), key["key"].as_str()) {
                (Some(email), Some(key)) => self.add_api_key(email, key),
                _ => return Err(SeedError::new("an API key", "it needs email and key")),
            }
        }
        for key in texts(&data, "user_service_keys")? {
            self.add_user_service_key(key);
        }
        Ok(())
    }

    fn seed_account(&self, account: &Value) -> Result<(), SeedError> {
        let account_id = match account["name"].as_str() {
            Some(name) => {
                let mut store = lock(&self.store);
                let what = format!("account {name}");
                check_id(&store, ACCOUNTS, &account["id"], &what)?;
                let fields = object(json!({ "id": account["id"] }));
                accounts::add(&mut store, name, fields)
            }
            None => self.account_id.clone(),
        };
        for zone in list(account, "zones")? {
            let name = zone["name"].as_str();
            let name = name.ok_or_else(|| SeedError::new("a zone", "it has no name"))?;
            let zone_id = self.add_zone_as(&account_id, name, &zone["id"])?;
            for record in list(zone, "records")? {
                self.add_record(&zone_id, record.clone())?;
            }
        }
        Ok(())
    }

    fn seed_token(&self, token: &Value) -> Result<(), SeedError> {
        let mut spec = TokenSpec::new(texts(token, "permissions")?);
        if let Some(name) = token["name"].as_str() {
            spec = spec.name(name);
        }
        if let Some(value) = token["value"].as_str() {
            spec = spec.value(value);
        }
        if let Some(time) = token["expires_on"].as_str() {
            spec = spec.expires_on(time);
        }
        if !token["zones"].is_null() {
            spec = spec.zones(texts(token, "zones")?);
        }
        self.add_token(spec).map(|_| ())
    }
}
