//! From names to the IDs that nearly every call needs.

mod by_name;

use cf_types::{AccountId, Call, Operation, ZoneId};
use serde_json::Value;

use crate::client::Client;
use crate::domain_name::DomainName;
use crate::error::{Cause, Error, RequestInfo};
use crate::id_cache::{lock, recall, remember};

use by_name::{Accounts, AccountsByName, ByName, ZonesByName};

/// Most accounts that an error names.
const SHOWN: usize = 10;

impl Client {
    /// The ID of the zone with this name, like `example.com`. It is looked up once, and then cached for all clones of
    /// this client.
    ///
    /// Neither case nor a trailing dot matters, nor which spelling an internationalized name has: `with-ümlaut.de` is
    /// `xn--with-mlaut-eeb.de`.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// let zone = client.zone_id("example.com").await?;
    /// let zone: serde_json::Value = client
    ///     .request(http::Method::GET, format!("/zones/{zone}"))
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As any call; [`ErrorKind::Lookup`](crate::ErrorKind::Lookup) when the credential sees no such
    /// zone, or several of that name (in several accounts): the message names their IDs.
    #[doc(alias = "zone id")]
    #[doc(alias = "find zone")]
    pub async fn zone_id(&self, name: &str) -> Result<ZoneId, Error> {
        let name = DomainName::new(name);
        let found = &self.0.ids.zones;
        if let Some(id) = recall(found, &name) {
            return Ok(id);
        }
        let id = self.find_zone(&name).await?;
        let id = id.ok_or_else(|| missing::<ZonesByName>(name.as_str()))?;
        Ok(remember(found, name, id))
    }

    /// The ID of the zone that a host belongs to: for `www.shop.example.com` that of `shop.example.com`, if there is
    /// such a zone, else that of `example.com`. It is looked up once, and then cached for all clones of this client.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// let zone = client.zone_of("_acme-challenge.www.example.com").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Same as [`zone_id`](Self::zone_id).
    pub async fn zone_of(&self, host: &str) -> Result<ZoneId, Error> {
        let host = DomainName::new(host);
        let found = &self.0.ids.zones_of_hosts;
        if let Some(id) = recall(found, &host) {
            return Ok(id);
        }
        let mut name = host.clone();
        // No top-level domain is a zone.
        while let Some(parent) = name.parent() {
            if let Some(id) = self.find_zone(&name).await? {
                return Ok(remember(found, host, id));
            }
            name = parent;
        }
        let host = host.as_str();
        let message = format!(
            "the credential sees no zone that {host:?} belongs to; check the name, and that the \
             token's resources include the zone"
        );
        Err(Error::new(Cause::Lookup(message)).unsent(RequestInfo::of(ZonesByName::META)))
    }

    /// The ID of the account with this name, as the dashboard shows it. It is looked up once, and then cached for all
    /// clones of this client.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// let account = client.account_id("My Company").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Same as [`zone_id`](Self::zone_id).
    pub async fn account_id(&self, name: &str) -> Result<AccountId, Error> {
        let name = name.to_owned();
        let found = &self.0.ids.accounts;
        if let Some(id) = recall(found, &name) {
            return Ok(id);
        }
        let id = self.find::<AccountsByName>(&name).await?;
        let id = id.ok_or_else(|| missing::<AccountsByName>(&name))?;
        Ok(remember(found, name, AccountId::from(id)))
    }

    /// The ID of the account, for credentials that see just one, as most tokens do. It is looked up once, and then
    /// cached for all clones of this client.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// let account = client.only_account_id().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As any call; [`ErrorKind::Lookup`](crate::ErrorKind::Lookup) when the credential sees no
    /// account, or several: the message names them.
    pub async fn only_account_id(&self) -> Result<AccountId, Error> {
        let known = lock(&self.0.ids.only_account).clone();
        if let Some(id) = known {
            return Ok(id);
        }
        let mut accounts = Call::new(self, Accounts).items();
        let mut seen = Vec::new();
        while let Some(account) = accounts.next().await {
            let account = account?.to_value();
            let text = |key: &str| account.get(key).and_then(Value::as_str).unwrap_or_default();
            if !text("id").is_empty() {
                seen.push((text("id").to_owned(), text("name").to_owned()));
            }
            if seen.len() > SHOWN {
                break;
            }
        }
        let message = match &seen[..] {
            [(id, _)] => {
                let id = AccountId::from(&**id);
                *lock(&self.0.ids.only_account) = Some(id.clone());
                return Ok(id);
            }
            [] => "the credential sees no account; check the token's resources".to_owned(),
            several => {
                let mut shown: Vec<_> = several
                    .iter()
                    .take(SHOWN)
                    .map(|(id, name)| format!("{name:?} ({id})"))
                    .collect();
                if several.len() > SHOWN {
                    shown.push("…".to_owned());
                }
                format!(
                    "the credential sees several accounts; say which is meant: {}",
                    shown.join(", ")
                )
            }
        };
        Err(Error::new(Cause::Lookup(message)).unsent(RequestInfo::of(Accounts::META)))
    }

    /// Forgets the IDs that [`zone_id`](Self::zone_id), [`zone_of`](Self::zone_of),
    /// [`account_id`](Self::account_id) and [`only_account_id`](Self::only_account_id) found: for
    /// programs that delete and create zones and accounts.
    pub fn forget_ids(&self) {
        lock(&self.0.ids.zones).clear();
        lock(&self.0.ids.zones_of_hosts).clear();
        lock(&self.0.ids.accounts).clear();
        *lock(&self.0.ids.only_account) = None;
    }

    /// The API names zones in Unicode. It does not say whether it knows the ASCII spelling as well, so that is tried
    /// second.
    async fn find_zone(&self, name: &DomainName) -> Result<Option<ZoneId>, Error> {
        let mut id = self.find::<ZonesByName>(name.as_str()).await?;
        if let (None, Some(ascii)) = (&id, name.to_ascii()) {
            id = self.find::<ZonesByName>(&ascii).await?;
        }
        Ok(id.map(ZoneId::from))
    }

    /// The ID of the one thing with this name, if there is one.
    async fn find<O: ByName>(&self, name: &str) -> Result<Option<String>, Error> {
        if name.trim().is_empty() {
            let message = format!("the name of the {} is empty", O::THING);
            return Err(Error::input(message).unsent(RequestInfo::of(O::META)));
        }
        let mut items = Call::new(self, O::by_name(name)).items();
        let mut ids = Vec::new();
        while let Some(item) = items.next().await {
            let item = item?.to_value();
            let text = |key: &str| item.get(key).and_then(Value::as_str);
            // The API may match parts of names, or ignore the name.
            let (Some(id), Some(given)) = (text("id"), text("name")) else {
                continue;
            };
            if O::is_same(given, name) {
                let owner = item.pointer("/account/name").and_then(Value::as_str);
                let owner = owner.map_or(String::new(), |owner| format!(" (account {owner:?})"));
                ids.push((id.to_owned(), owner));
            }
        }
        match &ids[..] {
            [] => Ok(None),
            [(id, _)] => Ok(Some(id.clone())),
            several => {
                let shown: Vec<_> = several
                    .iter()
                    .map(|(id, owner)| format!("{id}{owner}"))
                    .collect();
                let message = format!(
                    "there are {} {}s named {name:?}; use the ID of the right one: {}",
                    several.len(),
                    O::THING,
                    shown.join(", ")
                );
                Err(Error::new(Cause::Lookup(message)).unsent(RequestInfo::of(O::META)))
            }
        }
    }
}

fn missing<O: ByName>(name: &str) -> Error {
    let message = format!(
        "the credential sees no {} {name:?}; check the name, and that the token's resources include it",
        O::THING
    );
    Error::new(Cause::Lookup(message)).unsent(RequestInfo::of(O::META))
}
