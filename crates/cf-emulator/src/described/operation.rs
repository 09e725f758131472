//! The operations of the API description and what each one does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};

use super::actions::{self, Action, Effect};
use super::collection::Collection;
use super::empty::{self, Instead};
use super::named::{Named, Others};
use super::pages::Pages;
use super::roles::{self, Role};
use super::schema::{self, Schema};
use crate::access::permissions::Permission;
use crate::engine::codes::{self, Reference, Refusal};
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::store::Store;

/// An operation as described.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Its name in the description.
    pub(super) name: &'static str,
    /// How a list is paged.
    pub(super) pages: Pages,
    pub(super) reply: ReplyKind,
    result: &'static str,
    /// The media type of the body, `-` if there is none.
    pub(super) body_media: &'static str,
    pub(super) body_required: bool,
    body: &'static str,
    query: &'static str,
    pub(super) permission: Permission,
    pub(super) role: Role,
    /// The collection that it acts on or whose member it acts on.
    pub(super) collection: Option<Arc<Collection>>,
    /// What the path names, from left to right.
    named: Vec<Named>,
    /// Whether the path ends with the last of them.
    is_of_member: bool,
    /// The error if a new member has a field in common with another one.
    pub(super) taken: Option<(&'static str, &'static Refusal)>,
    /// The error for a body that does not match.
    pub(super) invalid: Option<&'static Refusal>,
    /// What else the body names, which has to exist.
    pub(super) reference: Option<&'static Reference>,
    /// The error for a document that was never set.
    pub(super) unset: Option<&'static Refusal>,
    /// Whether it lists what others are about, and nothing can be added.
    pub(super) is_listed: bool,
    /// What an action changes.
    pub(super) effect: Option<Arc<Effect>>,
    /// Collections below the object that it reads, and the fields that have
    /// their members.
    pub(super) children: Vec<(String, Arc<Collection>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyKind {
    /// JSON; the value is in `result`.
    Envelope,
    /// JSON that is the value itself.
    Json,
    /// Something of this media type.
    Bytes(&'static str),
    Empty,
}

impl Operation {
    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let (method, path, name, style) = (next()?, next()?, next()?, next()?);
        let (reply, media, result) = (next()?, next()?, next()?);
        let (body_media, body, query) = (next()?, next()?, next()?);
        let asked = next()?;
        Some(Self {
            method: Method::from_bytes(method.as_bytes()).ok()?,
            path,
            name,
            pages: Pages::parse(style),
            reply: match reply {
                "envelope" => ReplyKind::Envelope,
                "raw" => ReplyKind::Json,
                "empty" => ReplyKind::Empty,
                _ => ReplyKind::Bytes(media),
            },
            result,
            body_media: body_media.trim_end_matches(['!', '?']),
            body_required: body_media.ends_with('!'),
            body,
            query,
            permission: match asked {
                "-" => Permission::SignedIn,
                groups => Permission::Group(groups),
            },
            role: Role::Sample,
            collection: None,
            named: Vec::new(),
            is_of_member: false,
            taken: None,
            invalid: None,
            reference: None,
            unset: None,
            is_listed: false,
            effect: None,
            children: Vec::new(),
        })
    }

    /// What the reply carries.
    pub(super) fn result(&self) -> Schema {
        schema::parse(if self.result == "-" { "*" } else { self.result })
    }

    pub(super) fn body(&self) -> Option<Schema> {
        (self.body != "-").then(|| schema::parse(self.body))
    }

    /// Whether a body is JSON, or a format that is written as JSON, like a merge patch.
    pub(super) fn takes_json(&self) -> bool {
        self.body_media == "application/json" || self.body_media.ends_with("+json")
    }

    /// Whether a body can be a form with parts.
    pub(crate) fn takes_forms(&self) -> bool {
        self.body_media == "-" || self.body_media.starts_with("multipart/")
    }

    /// Whether a body with these headers matters, if only to be refused.
    pub(crate) fn looks_into(&self, headers: &HeaderMap) -> bool {
        let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        match self.body_media {
            // Without a description, a body is read if it is JSON.
            "-" => kind.is_none_or(|kind| kind.starts_with(b"application/json")),
            _ if self.takes_json() => {
                let schema = self.body();
                schema.is_none_or(|schema| *schema.value() != Schema::Bytes)
            }
            media => media.starts_with("multipart/"),
        }
    }

    pub(super) fn query(&self) -> Schema {
        schema::parse(self.query)
    }

    /// What the path ends with, if it ends with something named.
    fn own(&self) -> Option<&Named> {
        self.named.last().filter(|_| self.is_of_member)
    }

    /// The error for a member that is not there.
    pub(super) fn absent(&self, params: &Params) -> ApiError {
        match self.own() {
            Some(own) => own.error(params),
            None => ApiError::not_found(codes::UNKNOWN, "not found"),
        }
    }

    /// Checks that everything is there that the path names, as far as that is
    /// known, except for what the operation adds.
    pub(super) fn check_path(&self, store: &Store, params: &Params) -> Result<(), ApiError> {
        let new = self.own().filter(|_| self.role == Role::Put);
        let known = self.named.len() - usize::from(new.is_some());
        let mut known = self.named.iter().take(known);
        match known.find(|named| named.is_missing(store, params)) {
            Some(missing) => Err(missing.error(params)),
            None => Ok(()),
        }
    }

    /// The API's error for the first thing in the path that is not there;
    /// `None` if it is not known.
    pub(super) fn known_absent(&self, store: &Store, params: &Params) -> Option<&'static Refusal> {
        let mut all = self.named.iter();
        let missing = all.find(|named| named.is_kept() && named.is_missing(store, params));
        // Where products keep it may not be known. What is not found is the last thing in the path, unless a body
        // names other things.
        let takes_body = !matches!(self.method, Method::GET | Method::DELETE);
        missing.or(self.own().filter(|_| !takes_body))?.refusal()
    }

    /// After a member is deleted, forgets what belongs to it.
    pub(super) fn forget_children(&self, store: &mut Store, params: &Params) {
        if let (Some(own), &Method::DELETE) = (self.own(), &self.method) {
            own.forget_children(store, params);
        }
    }

    fn is_list(&self) -> bool {
        // What the description does not define is shown as it was sent.
        self.reply == ReplyKind::Empty
            || self.pages.are_described()
            || matches!(self.result().value(), Schema::List(_))
    }
}

/// `path` with the values of its parameters.
pub(crate) fn fill(path: &str, params: &Params) -> String {
    let mut filled = String::with_capacity(path.len() + 64);
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            filled.push('/');
        }
        match crate::http::path::variable(segment) {
            // A slash in a value does not end a segment.
            Some(name) => filled.push_str(&params.get(name).replace('/', "%2F")),
            None => filled.push_str(segment),
        }
    }
    filled
}

/// A path without the names of its parameters.
pub(crate) fn anonymous(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

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
    let find = |paths: &Paths, path: &str, method: Method| {
        paths
            .get(path)
            .is_some_and(|all| all.iter().any(|o| o.method == method))
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
            let has = |method| find(&paths, path, method);
            let acts_on = match operation.method {
                Method::POST => here_is.or(adds_to),
                _ => here_is,
            };
            let role = match (acts_on, up) {
                (Some(_), Some(up)) => {
                    roles::of_member(operation, find(&paths, up, Method::POST), has(Method::PUT))
                }
                (Some(_), None) => roles::of_collection(operation),
                (None, _) => roles::of_document(operation, &has),
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
                invalid: codes::invalid(method, path),
                reference: codes::reference(method, path),
                unset: codes::absent(method, path, path).filter(|_| up.is_none()),
                is_listed: lists.contains_key(path),
                ..operation.clone()
            });
        }
    }
    operations
}

/// What a list of things looks like that no operation adds to, although others
/// are about its members.
fn only_listed(paths: &Paths, path: &str) -> Option<&'static str> {
    let member = format!("{path}/{{}}");
    let below = paths.range(member.clone()..).next();
    below.filter(|(below, _)| below.starts_with(&member))?;
    let list = paths.get(path)?.iter().find(|o| o.method == Method::GET)?;
    let lists = list.is_list() || super::listing::slot(&list.result()).is_some();
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
        let holds = super::listing::slot(&result).is_some() && result.fields().len() <= MOST_BESIDE;
        list.is_list() || holds && !members.is_empty()
    });
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
        false => adds && lists,
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
    let parameter = crate::http::path::variable(parameter).unwrap_or_default();
    Some(Collection::new(path, parameter, described.result))
}
