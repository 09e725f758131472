//! Permission groups, as the API lists them.

use std::collections::HashSet;

use crate::error::Error;

/// A permission group: what a token is given, like "DNS Write".
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PermissionGroup {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The kinds of resources it applies to, like `com.cloudflare.api.account.zone`.
    pub scopes: Vec<String>,
    /// The group of products it belongs to, like `dns_and_zones`, where the API says so.
    pub category: Option<String>,
}

/// The permission groups that a token may be given: what
/// [`Tokens::permission_groups`](super::Tokens::permission_groups) returns.
///
/// ```no_run
/// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
/// let groups = client.user_tokens().permission_groups().await?;
/// for group in groups.named("DNS") {
///     println!("{} {} {:?}", group.id, group.name, group.scopes);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups(pub(super) Vec<PermissionGroup>);

/// A kind of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    User,
    Account,
    Zone,
    Bucket,
}

impl Scope {
    /// What the API calls it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Scope::User => "com.cloudflare.api.user",
            Scope::Account => "com.cloudflare.api.account",
            Scope::Zone => "com.cloudflare.api.account.zone",
            Scope::Bucket => "com.cloudflare.edge.r2.bucket",
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        match self {
            Scope::User => "users",
            Scope::Account => "accounts",
            Scope::Zone => "zones",
            Scope::Bucket => "buckets",
        }
    }
}

impl PermissionGroup {
    pub(crate) fn applies_to(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|of| of == scope.key())
    }
}

impl Groups {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &PermissionGroup> {
        self.0.iter()
    }

    /// Those whose name has `part` in it, in whatever case.
    pub fn named(&self, part: &str) -> impl Iterator<Item = &PermissionGroup> {
        let part = part.to_lowercase();
        self.iter()
            .filter(move |group| group.name.to_lowercase().contains(&part))
    }

    /// The group of exactly this name. Some names stand for two, one for accounts and one for
    /// zones; this is the first.
    pub fn get(&self, name: &str) -> Option<&PermissionGroup> {
        self.iter().find(|group| group.name == name)
    }

    pub(crate) fn find(&self, name: &str, scope: Scope) -> Option<&PermissionGroup> {
        self.iter()
            .find(|group| group.name == name && group.applies_to(scope))
    }

    /// The group of this name for such resources, or what is wrong with the name.
    pub(super) fn resolve(&self, name: &str, scope: Scope) -> Result<&PermissionGroup, Error> {
        if let Some(group) = self.find(name, scope) {
            return Ok(group);
        }
        if let Some(other) = self.get(name) {
            return Err(Error::input(format!(
                "the permission group \"{name}\" is not for {} but for {}",
                scope.plural(),
                other.scopes.join(", ")
            )));
        }
        let near = self.like(name, scope);
        Err(Error::input(if near.is_empty() {
            format!("there is no permission group \"{name}\"; `permission_groups()` lists them all")
        } else {
            format!("there is no permission group \"{name}\"; did you mean one of {near:?}?")
        }))
    }

    /// The names closest to `name`, the closest first.
    fn like(&self, name: &str, scope: Scope) -> Vec<&str> {
        let asked = pieces(name);
        let mut near: Vec<_> = self
            .iter()
            .filter(|group| group.applies_to(scope))
            .map(|group| {
                let pieces = pieces(&group.name);
                let shared = pieces.intersection(&asked).count();
                (2 * shared, pieces.len() + asked.len(), group.name.as_str())
            })
            .filter(|(shared, all, _)| 2 * shared > *all)
            .collect();
        // By the share of common pieces; fractions compared without division.
        near.sort_by(|a, b| (b.0 * a.1).cmp(&(a.0 * b.1)));
        near.into_iter().take(3).map(|(.., name)| name).collect()
    }
}

/// All runs of three letters.
fn pieces(name: &str) -> HashSet<[u8; 3]> {
    let name = name.to_lowercase();
    let bytes = name.as_bytes().windows(3);
    bytes.filter_map(|piece| piece.try_into().ok()).collect()
}
