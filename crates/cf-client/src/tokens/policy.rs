//! What a token may do, and on what.

use cf_types::{AccountId, ZoneId};
use serde_json::{Map, Value, json};

use super::groups::{Groups, Scope};
use crate::error::Error;

/// What a token may do on which resources: starts with [`zone`], [`account`], [`user`] and the like, and continues with
/// permissions.
///
/// Permissions are named as the API names them ("DNS Write"), less the last word; the common ones have methods. Names
/// are looked up when the token is created, and a wrong one is an error then.
///
/// ```
/// use cf_client::tokens::{account, zone};
///
/// let records = zone("023e105f4ecef8ad9ca31a8372d0c353").dns().edit().zone_settings().read();
/// let workers = account("01a7362d577a6c3019a474fd6f485823").workers_scripts().edit();
/// let other = account("01a7362d577a6c3019a474fd6f485823").permission("Magic Firewall").read();
/// # let _ = (records, workers, other);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Policy {
    pub(crate) on: Vec<Resource>,
    pub(crate) groups: Vec<Wanted>,
}

/// A resource, or all of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    User,
    Account(AccountId),
    AllAccounts,
    Zone(ZoneId),
    ZonesOf(AccountId),
    AllZones,
    Bucket(String),
}

/// A permission group that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Named(String),
    Id(String),
}

/// On one zone.
pub fn zone(id: impl Into<ZoneId>) -> Policy {
    Policy::on([Resource::Zone(id.into())])
}

/// On several zones.
///
/// ```
/// use cf_client::tokens::zones;
/// let policy = zones(["023e105f4ecef8ad9ca31a8372d0c353", "5a7805061c76ada191ed06f989cc3dac"]).dns().read();
/// # let _ = policy;
/// ```
pub fn zones(ids: impl IntoIterator<Item = impl Into<ZoneId>>) -> Policy {
    Policy::on(ids.into_iter().map(|id| Resource::Zone(id.into())))
}

/// On all zones of an account, including future ones.
pub fn zones_of(account: impl Into<AccountId>) -> Policy {
    Policy::on([Resource::ZonesOf(account.into())])
}

/// On all zones that the token's owner can reach.
pub fn all_zones() -> Policy {
    Policy::on([Resource::AllZones])
}

/// On one account.
pub fn account(id: impl Into<AccountId>) -> Policy {
    Policy::on([Resource::Account(id.into())])
}

/// On several accounts.
pub fn accounts(ids: impl IntoIterator<Item = impl Into<AccountId>>) -> Policy {
    Policy::on(ids.into_iter().map(|id| Resource::Account(id.into())))
}

/// On all accounts that the token's owner is a member of.
pub fn all_accounts() -> Policy {
    Policy::on([Resource::AllAccounts])
}

/// On the user who creates the token. Tokens that an account owns cannot have it.
pub fn user() -> Policy {
    Policy::on([Resource::User])
}

/// On one R2 bucket. `jurisdiction` is `default` unless the bucket was made in another, like `eu`.
///
/// ```
/// use cf_client::tokens::bucket;
/// let policy = bucket("01a7362d577a6c3019a474fd6f485823", "default", "photos")
///     .permission("Workers R2 Storage Bucket Item")
///     .read();
/// # let _ = policy;
/// ```
pub fn bucket(account: impl Into<AccountId>, jurisdiction: &str, name: &str) -> Policy {
    let account = account.into();
    Policy::on([Resource::Bucket(format!("{account}_{jurisdiction}_{name}"))])
}

macro_rules! permissions {
    ($($method:ident $name:literal,)*) => {
        $(
            #[doc = concat!("Of \"", $name, "\".")]
            pub fn $method(self) -> Permission {
                self.permission($name)
            }
        )*
    };
}

/// What a policy permits.
impl Policy {
    pub(crate) fn on(resources: impl IntoIterator<Item = Resource>) -> Self {
        Policy {
            on: resources.into_iter().collect(),
            groups: Vec::new(),
        }
    }

    /// The permission with this name in the API, without "Read" or "Write".
    pub fn permission(self, name: impl Into<String>) -> Permission {
        Permission {
            policy: self,
            name: name.into(),
        }
    }

    /// A permission group by its full name, for those that neither read nor write ("Cache Purge").
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.push(Wanted::Named(name.into()));
        self
    }

    /// A permission group by its ID.
    pub fn group_id(mut self, id: impl Into<String>) -> Self {
        self.groups.push(Wanted::Id(id.into()));
        self
    }

    /// Purging the cache.
    pub fn cache_purge(self) -> Self {
        self.group("Cache Purge")
    }

    permissions! {
        account_settings "Account Settings",
        analytics "Analytics",
        api_tokens "API Tokens",
        billing "Billing",
        d1 "D1",
        dns "DNS",
        firewall_services "Firewall Services",
        kv "Workers KV Storage",
        load_balancers "Load Balancers",
        logs "Logs",
        memberships "Memberships",
        page_rules "Page Rules",
        pages "Pages",
        queues "Queues",
        r2 "Workers R2 Storage",
        ssl "SSL and Certificates",
        user_details "User Details",
        workers_routes "Workers Routes",
        workers_scripts "Workers Scripts",
        zone_settings "Zone Settings",
        zone_waf "Zone WAF",
        zones "Zone",
    }

    /// The kind of its resources.
    fn scope(&self) -> Result<Scope, Error> {
        let mut scopes = self.on.iter().map(Resource::scope);
        scopes.next().ok_or_else(|| {
            Error::input("a policy of the token has no resources: name a zone, an account, …")
        })
    }

    /// As the API takes it. `user` is the user's ID, if one of the policies needs it.
    pub(crate) fn to_json(
        &self,
        effect: &str,
        groups: &Groups,
        user: Option<&str>,
    ) -> Result<Value, Error> {
        let scope = self.scope()?;
        if self.groups.is_empty() {
            return Err(Error::input(
                "a policy of the token permits nothing: add a permission, like `.dns().read()`",
            ));
        }
        let mut wanted = Vec::new();
        for group in &self.groups {
            let id = match group {
                Wanted::Id(id) => id.as_str(),
                Wanted::Named(name) => groups.resolve(name, scope)?.id.as_str(),
            };
            wanted.push(json!({ "id": id }));
        }
        let mut resources = Map::new();
        for resource in &self.on {
            let (key, value) = resource.to_json(user)?;
            resources.insert(key, value);
        }
        Ok(json!({ "effect": effect, "resources": resources, "permission_groups": wanted }))
    }
}

/// Half of a permission: `read` or `edit` completes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "say whether it may `read()` or `edit()`"]
pub struct Permission {
    policy: Policy,
    name: String,
}

impl Permission {
    /// May read.
    pub fn read(self) -> Policy {
        self.policy.group(format!("{} Read", self.name))
    }

    /// May read and change.
    pub fn edit(self) -> Policy {
        self.policy.group(format!("{} Write", self.name))
    }
}

impl Resource {
    pub(crate) fn scope(&self) -> Scope {
        match self {
            Resource::User => Scope::User,
            Resource::Account(_) | Resource::AllAccounts => Scope::Account,
            Resource::Zone(_) | Resource::ZonesOf(_) | Resource::AllZones => Scope::Zone,
            Resource::Bucket(_) => Scope::Bucket,
        }
    }

    fn to_json(&self, user: Option<&str>) -> Result<(String, Value), Error> {
        let id = match self {
            Resource::User => user.unwrap_or_default(),
            Resource::Account(id) | Resource::ZonesOf(id) => id.as_str(),
            Resource::Zone(id) => id.as_str(),
            Resource::Bucket(id) => id,
            Resource::AllAccounts | Resource::AllZones => "*",
        };
        // An empty ID, or one with a dot or a star in it, could mean another resource, or all.
        let is_id = match self {
            Resource::AllAccounts | Resource::AllZones => true,
            Resource::Bucket(_) => !id.is_empty(),
            _ => !id.is_empty() && !id.contains(['.', '*']),
        };
        if !is_id {
            return Err(Error::input(format!(
                "`{id}` is not the ID of a resource that a token can be for; {} have IDs of 32 hexadecimal digits",
                self.scope().plural()
            )));
        }
        let all_zones = || json!({ format!("{}.*", Scope::Zone.key()): "*" });
        Ok(match self {
            Resource::ZonesOf(_) => (format!("{}.{id}", Scope::Account.key()), all_zones()),
            _ => (format!("{}.{id}", self.scope().key()), json!("*")),
        })
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Resource::User => f.write_str("the user"),
            Resource::Account(id) => write!(f, "account {id}"),
            Resource::AllAccounts => f.write_str("all accounts"),
            Resource::Zone(id) => write!(f, "zone {id}"),
            Resource::ZonesOf(id) => write!(f, "all zones of account {id}"),
            Resource::AllZones => f.write_str("all zones"),
            Resource::Bucket(id) => write!(f, "bucket {id}"),
        }
    }
}
