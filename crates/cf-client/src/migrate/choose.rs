//! From operations to permission groups: the fewest that suffice.

use std::collections::{BTreeMap, BTreeSet};

use super::question::Question;
use super::table::{self, Needs};
use super::usage::{Usage, Used};
use crate::tokens::{Groups, PermissionGroup, Resource, Scope};

/// What is needed beyond the usage itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    pub(super) permit: BTreeMap<String, String>,
    pub(super) leave_out: BTreeSet<String>,
    pub(super) all_zones: bool,
    /// The account that owns the token.
    pub(super) owner: Option<String>,
}

/// A permission group that the token gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) on: BTreeSet<Resource>,
    /// The operations that need it.
    pub(super) operations: BTreeSet<String>,
}

/// What an operation needs on one resource.
struct Need {
    operation: String,
    resource: Resource,
    /// The groups that would suffice, those of a family from narrow to wide.
    groups: Vec<PermissionGroup>,
}

pub(super) struct Choice<'a> {
    usage: &'a Usage,
    groups: &'a Groups,
    answers: &'a Answers,
    needs: Vec<Need>,
    pub(super) grants: Vec<Grant>,
    pub(super) questions: Vec<Question>,
    /// Operations whose zones or accounts are not known.
    without_owner: BTreeMap<Home, Vec<String>>,
    /// Operations that need no permission.
    pub(super) free: Vec<String>,
    /// Operations whose permission is concluded from similar ones.
    pub(super) inferred: BTreeSet<String>,
}

/// Chooses the permission groups for a usage.
pub(super) fn choose<'a>(usage: &'a Usage, groups: &'a Groups, answers: &'a Answers) -> Choice<'a> {
    let mut choice = Choice {
        usage,
        groups,
        answers,
        needs: Vec::new(),
        grants: Vec::new(),
        questions: Vec::new(),
        without_owner: BTreeMap::new(),
        free: Vec::new(),
        inferred: BTreeSet::new(),
    };
    for used in &usage.requests {
        choice.look_at(used);
    }
    choice.grant();
    for (home, operations) in std::mem::take(&mut choice.without_owner) {
        choice.questions.push(match home {
            Home::Zones => Question::Zones { operations },
            Home::Accounts => Question::Accounts { operations },
        });
    }
    choice
}

/// Where operations take place, if that has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Home {
    Zones,
    Accounts,
}

impl Choice<'_> {
    fn look_at(&mut self, used: &Used) {
        let operation = used.name();
        if self.answers.leave_out.contains(&operation) {
            return;
        }
        let permit = self.answers.permit.get(&operation);
        if let Some(group) = permit {
            self.note_needs(used, &operation, &[group], true);
            return;
        }
        let row = used.row();
        if row.is_some_and(table::Row::is_inferred) {
            self.inferred.insert(operation.clone());
        }
        match row.map_or(Needs::Unknown, table::Row::needs) {
            Needs::Nothing => self.free.push(operation),
            Needs::Unknown => self.questions.push(Question::Permission {
                nearby: owned(&table::used_nearby(&operation)),
                operation,
            }),
            Needs::OneOf(names) => self.note_needs(used, &operation, &names, false),
        }
    }

    /// One of the groups `names` is needed; `said` if the caller says so.
    fn note_needs(&mut self, used: &Used, operation: &str, names: &[&str], said: bool) {
        // If a request does not say what it is about, the permissions do.
        let mut scopes = vec![Scope::Zone, Scope::Account, Scope::User];
        if self.ids("zones", &self.usage.zones).is_empty() && self.accounts().is_ok() {
            scopes.swap(0, 1);
        }
        if let Some(scope) = scope(used) {
            scopes.retain(|other| said && *other != scope);
            scopes.insert(0, scope);
        }
        let groups = self.groups;
        let named = |scope| {
            let found = names.iter().filter_map(|name| groups.find(name, scope));
            (scope, found.cloned().collect::<Vec<_>>())
        };
        let mut found = scopes.into_iter().map(named);
        let Some((scope, groups)) = found.find(|(_, groups)| !groups.is_empty()) else {
            self.questions.push(Question::Unavailable {
                operation: operation.to_owned(),
                groups: owned(names),
            });
            return;
        };
        match self.resources(used, operation, scope) {
            Ok(resources) => self
                .needs
                .extend(resources.into_iter().map(|resource| Need {
                    operation: operation.to_owned(),
                    resource,
                    groups: groups.clone(),
                })),
            Err(home) => {
                let without_owner = self.without_owner.entry(home).or_default();
                without_owner.push(operation.to_owned());
            }
        }
    }

    /// What the operation is done on.
    fn resources(&self, used: &Used, operation: &str, scope: Scope) -> Result<Vec<Resource>, Home> {
        let zone = |id: &str| Resource::Zone(id.into());
        let account = |id: &str| Resource::Account(id.into());
        match (scope, used.about()) {
            (Scope::User | Scope::Bucket, _) => Ok(vec![Resource::User]),
            // A zone that does not exist yet cannot be named.
            (Scope::Zone, _) if operation == "zones.create" => {
                let accounts = self.accounts()?;
                Ok(accounts
                    .iter()
                    .map(|id| Resource::ZonesOf(id.as_str().into()))
                    .collect())
            }
            (Scope::Zone, _) if self.answers.all_zones => Ok(match self.accounts() {
                Ok(accounts) => accounts
                    .iter()
                    .map(|id| Resource::ZonesOf(id.as_str().into()))
                    .collect(),
                Err(_) => vec![Resource::AllZones],
            }),
            (Scope::Zone, Some(("zones", id))) => Ok(vec![zone(id)]),
            (Scope::Account, Some(("accounts", id))) => Ok(vec![account(id)]),
            (Scope::Zone, _) => match self.ids("zones", &self.usage.zones) {
                zones if zones.is_empty() => Err(Home::Zones),
                zones => Ok(zones.iter().map(|id| zone(id)).collect()),
            },
            (Scope::Account, _) => {
                let accounts = self.accounts()?;
                Ok(accounts.iter().map(|id| account(id)).collect())
            }
        }
    }

    fn accounts(&self) -> Result<BTreeSet<String>, Home> {
        let mut accounts = self.ids("accounts", &self.usage.accounts);
        if accounts.is_empty() {
            accounts.extend(self.answers.owner.clone());
        }
        if accounts.is_empty() {
            return Err(Home::Accounts);
        }
        Ok(accounts)
    }

    /// Those that were given; else those that other requests were about.
    fn ids(&self, kind: &str, said: &BTreeSet<String>) -> BTreeSet<String> {
        if !said.is_empty() {
            return said.clone();
        }
        let requests = self.usage.requests.iter().filter_map(Used::about);
        let seen = requests.filter(|(of, _)| *of == kind);
        seen.map(|(_, id)| id.to_owned()).collect()
    }

    /// Grants what leaves no choice; then looks whether that serves the other needs, too.
    fn grant(&mut self) {
        let mut needs = std::mem::take(&mut self.needs);
        // Needs with the fewest groups first: if one has to write, another may read by the same group.
        needs.sort_by_key(|need| need.groups.len());
        let (clear, open): (Vec<_>, Vec<_>) = needs.into_iter().partition(Need::is_clear);
        for need in clear {
            if !self.is_served(&need) {
                self.add(&need);
            }
        }
        for need in open {
            if !self.is_served(&need) {
                let options = need.groups.iter().map(|group| group.name.clone()).collect();
                let question = Question::Choice {
                    operation: need.operation,
                    options,
                };
                if !self.questions.contains(&question) {
                    self.questions.push(question);
                }
            }
        }
        self.grants.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Whether a grant serves the need; it is then noted with it.
    fn is_served(&mut self, need: &Need) -> bool {
        let serves = |grant: &&mut Grant| {
            need.groups.iter().any(|group| group.id == grant.id)
                && (grant.on.contains(&need.resource))
        };
        let serving = self.grants.iter_mut().find(serves);
        serving.is_some_and(|grant| {
            grant.operations.insert(need.operation.clone());
            true
        })
    }

    fn add(&mut self, need: &Need) {
        let Some(group) = need.groups.first() else {
            return;
        };
        let position = self.grants.iter().position(|grant| grant.id == group.id);
        let position = position.unwrap_or_else(|| {
            self.grants.push(Grant {
                id: group.id.clone(),
                name: group.name.clone(),
                on: BTreeSet::new(),
                operations: BTreeSet::new(),
            });
            self.grants.len() - 1
        });
        let grant = &mut self.grants[position];
        grant.on.insert(need.resource.clone());
        grant.operations.insert(need.operation.clone());
    }
}

impl Need {
    /// Whether the groups are all of one family, so that the first is the narrowest.
    fn is_clear(&self) -> bool {
        let mut families = self.groups.iter().map(|group| family(&group.name));
        let first = families.next();
        families.all(|family| Some(family) == first)
    }
}

/// A group's name without what may be done.
fn family(name: &str) -> &str {
    let ends = [" Read", " Write", " Edit", " Admin"];
    let stem = ends.iter().find_map(|end| name.strip_suffix(end));
    stem.unwrap_or(name).trim_end_matches(':')
}

/// What a request is about, by its path.
fn scope(used: &Used) -> Option<Scope> {
    let mut segments = used.path.split('/').skip(1);
    let (kind, id) = (segments.next(), segments.next());
    match (kind, id) {
        (Some("zones"), Some(_)) => Some(Scope::Zone),
        (Some("accounts"), Some(_)) => Some(Scope::Account),
        (Some("user" | "memberships"), _) => Some(Scope::User),
        _ => None,
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
