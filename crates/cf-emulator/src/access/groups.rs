//! The permission groups that tokens can have.

use std::collections::HashMap;
use std::sync::OnceLock;

use md5::{Digest, Md5};

pub(crate) const ACCOUNT: &str = "com.cloudflare.api.account";
pub(crate) const ZONE: &str = "com.cloudflare.api.account.zone";
pub(crate) const USER: &str = "com.cloudflare.api.user";
const BUCKET: &str = "com.cloudflare.edge.r2.bucket";

/// Prefixes of the groups whose absence is reported by the older part of the
/// API: that of zones and of the user.
pub(super) const OLDER_GROUPS: &[&str] = &["Zone", "User", "Memberships", "API Tokens"];

/// A permission group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    /// Some names stand for two groups, one for accounts and one for zones.
    pub(crate) name: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) category: &'static str,
}

#[derive(Debug)]
struct Catalogue {
    groups: Vec<Group>,
    by_id: HashMap<String, usize>,
    by_name: HashMap<&'static str, Vec<usize>>,
}

impl Group {
    /// Parses a line: identifier, scope, category, name.
    fn parse(line: &'static str) -> Option<Self> {
        let mut parts = line.splitn(4, ' ');
        let (id, scope) = (parts.next()?, parts.next()?);
        let (category, name) = (parts.next()?, parts.next()?);
        Some(Self {
            id: match id {
                // The real identifier is unknown.
                "-" => hex::encode(Md5::digest(name)),
                id => id.to_owned(),
            },
            name,
            scope: match scope {
                "account" => ACCOUNT,
                "zone" => ZONE,
                "user" => USER,
                "bucket" => BUCKET,
                _ => return None,
            },
            category,
        })
    }
}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let lines = include_str!("../generated/groups.txt").lines();
        let lines = lines.filter(|line| !line.starts_with('#'));
        let groups: Vec<_> = lines.filter_map(Group::parse).collect();
        let (mut by_id, mut by_name) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (index, group) in groups.iter().enumerate() {
            by_id.insert(group.id.clone(), index);
            by_name.entry(group.name).or_default().push(index);
        }
        Catalogue {
            groups,
            by_id,
            by_name,
        }
    })
}

/// All groups.
pub(crate) fn all() -> &'static [Group] {
    &catalogue().groups
}

/// The group with this identifier.
pub(crate) fn by_id(id: &str) -> Option<&'static Group> {
    let all = catalogue();
    all.by_id.get(id).and_then(|index| all.groups.get(*index))
}

/// The groups with this name.
pub(crate) fn by_name(name: &str) -> impl Iterator<Item = &'static Group> {
    let all = catalogue();
    let found = all.by_name.get(name).into_iter().flatten();
    found.filter_map(|index| all.groups.get(*index))
}
