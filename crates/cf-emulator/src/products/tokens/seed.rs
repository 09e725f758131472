//! The API tokens in a seed.

use serde_json::{Value, json};

use super::OF_USER;
use super::spec::{Token, TokenSpec};
use crate::access::{self, permissions};
use crate::engine::seed::{SeedError, list, texts};
use crate::engine::{Engine, lock};
use crate::http::ids;
use crate::http::json::object;
use crate::store::identity::ZONES;
use crate::store::{Store, clock};

pub(super) fn seed(engine: &Engine, seed: &Value) -> Result<(), SeedError> {
    for token in list(seed, "tokens")? {
        let spec = spec(token)?;
        add(&mut lock(&engine.store), spec)?;
    }
    Ok(())
}

fn spec(token: &Value) -> Result<TokenSpec, SeedError> {
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
    Ok(spec)
}

/// Adds an API token of the user.
pub(crate) fn add(store: &mut Store, spec: TokenSpec) -> Result<Token, SeedError> {
    let what = format!("token {}", spec.name);
    let mut groups = Vec::with_capacity(spec.groups.len());
    for named in &spec.groups {
        let found = permissions::named(named);
        if found.is_empty() {
            let why = format!("no permission group {named}");
            return Err(SeedError::new(&what, why));
        }
        groups.extend(found);
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
        return Err(SeedError::new(
            &what,
            format!("{time} is not an RFC 3339 time"),
        ));
    }
    let mut fields = object(json!({
        "name": spec.name,
        "status": spec.status,
        "policies": permissions::policies(groups.iter().copied(), spec.zones.as_deref()),
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
        None => ids::credential(ids::USER_TOKEN),
    };
    let id = super::add(store, OF_USER, fields, value.clone(), false);
    Ok(Token { id, value })
}
