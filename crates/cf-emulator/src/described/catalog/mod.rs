//! All operations of the API description, and what each one does.

mod actions;
mod empty;
mod roles;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::Method;

use super::collection::Collection;
use super::effect::Effect;
use super::listing;
use super::named::{Named, Others};
use super::operation::{Operation, ReplyKind};
use super::path::anonymous;
use super::role::Role;
use super::schema::{self, Schema};
use crate::engine::codes;
use crate::http::path::variable;
use actions::Action;
use empty::Instead;

/// Operations by their paths in the form of [`anonymous`].
pub(super) type Paths = BTreeMap<String, Vec<Operation>>;

/// Every operation. `written` are methods and paths (in the form of
/// [`anonymous`]) that another part of the emulator answers.
pub(crate) fn all(written: &BTreeSet<(Method, String)>) -> Vec<Operation> {
    let mut paths = Paths::new();
    for operation in schema::operations().filter_map(Operation::parse) {
        paths
            .entry(anonymous(operation.path))
            .or_default()
            .push(operation);
    }
    let (mut collections, mut lists) = (BTreeMap::new(), BTreeMap::new());
    let candidates: BTreeSet<&str> = paths
        .keys()
        .map(|path| path.strip_suffix("/{}").unwrap_or(path))
        .collect();
    for path in candidates {
        if let Some(collection) = collection(&paths, path) {
            collections.insert(path.to_owned(), Arc::new(collection));
        } else if !written.contains(&(Method::GET, path.to_owned()))
            && let Some(result) = only_listed(&paths, path)
        {
            lists.insert(path.to_owned(), result);
        }
    }
    let others = Others {
        collections: &collections,
        lists: &lists,
    };
    let effects = effects(&paths, &collections);
    let changed: BTreeSet<_> = effects
        .values()
        .filter_map(|effect| effect.document())
        .collect();
    let mut operations = Vec::new();
    for (path, here) in &paths {
        let up = path.strip_suffix("/{}");
        let adds_to = path
            .rsplit_once('/')
            .filter(|(_, last)| ADDING.contains(last));
        let adds_to = adds_to.and_then(|(up, _)| collections.get(up));
        let here_is = collections.get(up.unwrap_or(path));
        for operation in here {
            let here_has = |method| has(&paths, path, &method);
            let acts_on = match operation.method {
                Method::POST => here_is.or(adds_to),
                _ => here_is,
            };
            let role = match (acts_on, up) {
                (Some(_), Some(up)) => {
                    let has_put = here_has(Method::PUT);
                    let by_post = has(&paths, up, &Method::POST)
                        || has_put && here.iter().any(Operation::creates);
                    roles::of_member(operation, by_post, has_put)
                }
                (Some(_), None) => roles::of_collection(operation),
                (None, _) => roles::of_document(operation, &here_has),
            };
            let children = match operation.method {
                Method::GET if role != Role::List => children(operation, path, &collections),
                _ => Vec::new(),
            };
            let key = (path.as_str(), operation.method.as_str());
            let role = match (role, &operation.method) {
                (Role::Sample, &Method::GET)
                    if changed.contains(operation.path) || !children.is_empty() =>
                {
                    Role::ReadDocument
                }
                (Role::Sample, &Method::GET) => Role::Sample,
                (Role::Sample, _) => match actions::of(operation, path, &paths, &collections) {
                    Action::Changes(_) if effects.contains_key(&key) => Role::Act,
                    Action::Computes => Role::Sample,
                    _ => Role::Refused,
                },
                (role, _) => role,
            };
            let reply = match operation.reply {
                ReplyKind::Empty => match empty::instead(&operation.method, path) {
                    Instead::Envelope => ReplyKind::Envelope,
                    Instead::File(media) => ReplyKind::Bytes(media),
                    Instead::Nothing => ReplyKind::Empty,
                },
                reply => reply,
            };
            let method = &operation.method;
            operations.push(Operation {
                reply,
                role,
                effect: effects.get(&key).cloned(),
                children,
                collection: acts_on.cloned(),
                named: Named::all(method, operation.path, &others),
                is_of_member: up.is_some(),
                taken: codes::taken(method, path),
                invalid: codes::invalid(method, path, None),
                invalid_certificate: codes::invalid(method, path, Some("certificate")),
                reference: codes::reference(method, path),
                unset: codes::absent(method, path, path).filter(|_| up.is_none()),
                is_listed: lists.contains_key(path),
                ..operation.clone()
            });
        }
    }
    operations
}

fn has(paths: &Paths, path: &str, method: &Method) -> bool {
    let mut here = paths.get(path).into_iter().flatten();
    here.any(|one| one.method == *method)
}

/// What a list of things looks like that no operation adds to, although others
/// are about its members.
fn only_listed(paths: &Paths, path: &str) -> Option<&'static str> {
    let member = format!("{path}/{{}}");
    let below = paths.range(member.clone()..).next();
    below.filter(|(below, _)| below.starts_with(&member))?;
    let list = paths.get(path)?.iter().find(|o| o.method == Method::GET)?;
    let lists = list.is_list() || listing::slot(&list.result()).is_some();
    let is_json = matches!(list.reply, ReplyKind::Envelope | ReplyKind::Json);
    (lists && is_json).then_some(list.result)
}

/// The effects of all actions, by path and method.
fn effects<'p>(
    paths: &'p Paths,
    collections: &BTreeMap<String, Arc<Collection>>,
) -> BTreeMap<(&'p str, &'p str), Arc<Effect>> {
    let all = paths
        .iter()
        .flat_map(|(path, here)| here.iter().map(move |one| (path, one)));
    let acting = all.filter(|(_, one)| one.method != Method::GET);
    acting
        .filter_map(
            |(path, one)| match actions::of(one, path, paths, collections) {
                Action::Changes(effect) => Some(((path.as_str(), one.method.as_str()), effect)),
                _ => None,
            },
        )
        .collect()
}

/// The collections below the object at `path` that its lists are about.
fn children(
    operation: &Operation,
    path: &str,
    collections: &BTreeMap<String, Arc<Collection>>,
) -> Vec<(String, Arc<Collection>)> {
    let below = format!("{path}/");
    let mut below = collections
        .range(below.clone()..)
        .take_while(|(at, _)| at.starts_with(&below));
    // Parsing all replies would take long.
    if below.next().is_none() {
        return Vec::new();
    }
    let result = operation.result();
    let fields = result.fields();
    let lists = fields.iter().filter(
        |field| matches!(field.schema.value(), Schema::List(items) if !items.fields().is_empty()),
    );
    lists
        .filter_map(|field| {
            let children = collections.get(&format!("{path}/{}", field.name))?;
            Some((field.name.clone(), Arc::clone(children)))
        })
        .collect()
}

/// How many fields an object can have that is a list with something beside it.
const MOST_BESIDE: usize = 8;

/// Words after the path of a collection that add a member to it.
const ADDING: &[&str] = &["create", "item", "new", "order"];

/// What is at `path`, if it is a collection to which members can be added.
fn collection(paths: &Paths, path: &str) -> Option<Collection> {
    let none = Vec::new();
    let here = paths.get(path).unwrap_or(&none);
    let members = paths.get(&format!("{path}/{{}}")).unwrap_or(&none);
    let get = |all: &[Operation], method: Method| all.iter().find(|o| o.method == method).cloned();
    let list = get(here, Method::GET);
    let lists = list.as_ref().is_some_and(|list| {
        let result = list.result();
        // An object with many fields is one, even if some of them are lists.
        let holds = listing::slot(&result).is_some() && result.fields().len() <= MOST_BESIDE;
        // Some are described as one of their members.
        let shows_one = get(members, Method::GET).is_some_and(|one| one.result == list.result)
            && !result.fields().is_empty();
        list.is_list() || (holds || shows_one) && !members.is_empty()
    });
    // Some have no list, and members that only operations further below are about.
    let is_named_below = || {
        let below = format!("{path}/{{}}/");
        let add = get(here, Method::POST).filter(|_| list.is_none());
        add.is_some_and(|add| add.result().field("id").is_some())
            && (paths.range(below.clone()..).next())
                .is_some_and(|(path, _)| path.starts_with(&below))
    };
    let adds = here
        .iter()
        .any(|o| matches!(o.method, Method::POST | Method::PUT))
        || ADDING.iter().any(|word| {
            let there = paths.get(&format!("{path}/{word}"));
            there.is_some_and(|all| all.iter().any(|o| o.method == Method::POST))
        });
    let puts = members
        .iter()
        .any(|o| matches!(o.method, Method::POST | Method::PUT));
    let is_collection = match members.iter().any(|o| o.method != Method::POST) {
        true => (adds || puts) && (lists || list.is_none()),
        false => adds && (lists || is_named_below()),
    };
    if !is_collection {
        return None;
    }
    let described = get(members, Method::GET)
        .or_else(|| get(here, Method::POST))
        .or_else(|| list.clone())
        .or_else(|| get(members, Method::PUT))
        .or_else(|| get(members, Method::PATCH))?;
    let any = members.first().or(here.first())?;
    let (path, parameter) = match members.first() {
        Some(member) => member.path.rsplit_once('/')?,
        None => (any.path, ""),
    };
    let parameter = variable(parameter).unwrap_or_default();
    Some(Collection::new(path, parameter, described.result))
}
