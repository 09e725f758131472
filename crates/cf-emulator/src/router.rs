//! From method and path to an operation.

use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::access::permissions::{self, Permission};
use crate::described::{self, Operation};
use crate::engine::call::Call;
use crate::engine::call::Work;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::multipart;
use crate::http::path::{BASE_PATH, Params, variable};
use crate::http::request::Request;
use crate::products::zones;

/// What answers an operation.
#[derive(Debug)]
pub(crate) enum Handler {
    /// A function of a module in `products`.
    Written(fn(&mut Call<'_>) -> Outcome),
    /// Such a function that takes only the first look, while the store is
    /// locked, and leaves the work for later.
    Deferred(fn(&mut Call<'_>) -> Result<Work, ApiError>),
    /// The engine that goes by the description.
    Described(Box<Operation>),
}

/// What becomes of the body of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BodyHandling {
    /// All of it is kept in memory.
    Buffer,
    /// It goes to a file, which is [`Request::upload`].
    File(Stream),
    /// It is taken apart into [`Request::form`]; large parts go to files, or
    /// are discarded if nobody keeps them.
    Form(FormRules),
    /// Nobody looks at it.
    Discard,
}

/// How a form is taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormRules {
    pub(crate) keeps_files: bool,
    /// Bytes of a part in memory, where files are not kept.
    pub(crate) longest_field: usize,
}

/// How a body goes to a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    /// Bytes it may have, if not as many as any body.
    pub(crate) most: Option<u64>,
    pub(crate) too_large: fn() -> ApiError,
    /// Small bodies and forms go their usual ways.
    pub(crate) large_only: bool,
}

/// An operation of the API.
#[derive(Debug)]
pub(crate) struct Route {
    method: Method,
    /// Below the base path; a segment in braces is a parameter.
    path: &'static str,
    pub(crate) permission: Permission,
    pub(crate) handler: Handler,
    stream: Option<Stream>,
    keeps_files: bool,
    /// Whether the caller may send a large body, where that takes more than the permission.
    pub(crate) admits: Option<Admits>,
}

/// Says whether a call may go on, by the head of the request alone.
pub(crate) type Admits = fn(&Call<'_>) -> Result<(), ApiError>;

impl Route {
    pub(crate) fn new(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: fn(&mut Call<'_>) -> Outcome,
    ) -> Self {
        Self::by(method, path, permission, Handler::Written(handler))
    }

    /// A route whose work takes long.
    pub(crate) fn deferred(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: fn(&mut Call<'_>) -> Result<Work, ApiError>,
    ) -> Self {
        Self::by(method, path, permission, Handler::Deferred(handler))
    }

    fn by(method: Method, path: &'static str, permission: Permission, handler: Handler) -> Self {
        Self {
            method,
            path,
            permission,
            handler,
            stream: None,
            keeps_files: false,
            admits: None,
        }
    }

    /// The same route for bodies that go to a file.
    pub(crate) fn streaming(self, stream: Stream) -> Self {
        Self {
            stream: Some(stream),
            ..self
        }
    }

    /// The same route, which keeps files of forms.
    pub(crate) fn keeping_files(self) -> Self {
        Self {
            keeps_files: true,
            ..self
        }
    }

    /// The same route for callers of whom `admits` approves.
    pub(crate) fn admitting(self, admits: Admits) -> Self {
        Self {
            admits: Some(admits),
            ..self
        }
    }

    fn described(operation: Operation) -> Self {
        let method = operation.method.clone();
        let permission = permissions::of(&method, operation.path);
        let path = operation.path;
        Self::by(
            method,
            path,
            permission,
            Handler::Described(Box::new(operation)),
        )
    }

    pub(crate) fn is_written(&self) -> bool {
        matches!(self.handler, Handler::Written(_) | Handler::Deferred(_))
    }

    /// The parameters, if the values are fit for them.
    fn params(&self, values: &[String], any_id: bool) -> Option<Params> {
        let written = self.is_written();
        let names = self.path.split('/').filter_map(variable);
        let params: Vec<_> = names.zip(values.iter().cloned()).collect();
        let fit = params
            .iter()
            .all(|(name, value)| any_id || fits(name, value, written));
        fit.then_some(Params(params))
    }
}

/// Parameters whose values may have slashes, encoded or not.
const WITH_SLASHES: &[&str] = &["key_name", "object_key", "model_name", "ip_network_encoded"];

#[derive(Debug, Default)]
struct Node {
    literals: BTreeMap<&'static str, Node>,
    variable: Option<Box<Node>>,
    /// The parameter takes all that is left of a path, slashes included.
    takes_rest: bool,
    routes: Vec<Route>,
}

#[derive(Debug)]
pub(crate) struct Router {
    root: Node,
    /// Identifiers may have any form.
    any_id: bool,
}

impl Router {
    /// The routes of `written`, and of the API description what they leave.
    pub(crate) fn new(written: Vec<Route>, any_id: bool) -> Self {
        let adding = written.iter().filter(|route| route.method == Method::POST);
        let adding = adding
            .map(|route| described::anonymous(route.path))
            .collect();
        let described = described::all(&adding).into_iter();
        let described = described.filter(|operation| !zones::has_setting(operation.path));
        let described = described.map(Route::described);
        let mut root = Node::default();
        // The first one for a method and path is the one that answers.
        for route in written.into_iter().chain(described) {
            let mut node = &mut root;
            for segment in route.path.split('/') {
                node = match variable(segment) {
                    Some(name) => {
                        let next = node.variable.get_or_insert_default();
                        next.takes_rest |= WITH_SLASHES.contains(&name);
                        next
                    }
                    None => node.literals.entry(segment).or_default(),
                };
            }
            node.routes.push(route);
        }
        Self { root, any_id }
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<(&Route, Params), ApiError> {
        let no_route = || ApiError::no_route(path);
        let (node, values) = self.node(path).ok_or_else(no_route)?;
        // Where there are operations written by hand, their rules go for all.
        let strict = node.routes.iter().find(|route| route.is_written());
        let possible = |route: &Route| {
            strict
                .unwrap_or(route)
                .params(&values, self.any_id)
                .is_some()
        };
        match node.routes.iter().find(|route| route.method == *method) {
            Some(route) if possible(route) => Ok((
                route,
                route.params(&values, self.any_id).ok_or_else(no_route)?,
            )),
            None if node.routes.iter().any(possible) => Err(ApiError::method_not_allowed()),
            _ => Err(no_route()),
        }
    }

    /// What becomes of the body of this request.
    pub(crate) fn body_handling(&self, request: &Request) -> BodyHandling {
        let (method, path) = (&request.method, request.path.as_str());
        let found = match *method {
            Method::GET | Method::HEAD | Method::DELETE => return BodyHandling::Buffer,
            _ => self.find(method, path),
        };
        let Ok((route, _)) = found else {
            return BodyHandling::Buffer;
        };
        let described = || self.described(method, path).map(|(operation, _)| operation);
        match (&route.handler, route.stream) {
            (_, Some(stream)) if !stream.large_only => BodyHandling::File(stream),
            _ if request.is_form() && described().is_none_or(Operation::takes_forms) => {
                BodyHandling::Form(FormRules {
                    keeps_files: route.keeps_files,
                    longest_field: match route.is_written() {
                        true => multipart::LONGEST_FIELD,
                        false => described::LONGEST_FIELD,
                    },
                })
            }
            (_, Some(stream)) => BodyHandling::File(stream),
            (Handler::Described(operation), _) if !operation.looks_into(&request.headers) => {
                BodyHandling::Discard
            }
            _ => BodyHandling::Buffer,
        }
    }

    /// The operation of the description, also where another answers.
    pub(crate) fn described(&self, method: &Method, path: &str) -> Option<(&Operation, Params)> {
        let (node, values) = self.node(path)?;
        node.routes.iter().find_map(|route| match &route.handler {
            Handler::Described(operation) if route.method == *method => {
                Some((operation.as_ref(), route.params(&values, self.any_id)?))
            }
            _ => None,
        })
    }

    /// The end of a path and what its variable segments hold.
    fn node(&self, path: &str) -> Option<(&Node, Vec<String>)> {
        let segments = path
            .strip_prefix(BASE_PATH)?
            .strip_prefix('/')?
            .trim_end_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from))
            .collect::<Result<Vec<_>, _>>()
            .ok()?;
        let mut values = Vec::new();
        let node = walk(&self.root, &segments, &mut values)?;
        Some((node, values))
    }
}

/// A fixed segment wins over a variable one; a dead end steps back.
fn walk<'a>(node: &'a Node, segments: &[String], values: &mut Vec<String>) -> Option<&'a Node> {
    let Some((first, rest)) = segments.split_first() else {
        return (!node.routes.is_empty()).then_some(node);
    };
    if let Some(next) = node.literals.get(first.as_str())
        && let Some(found) = walk(next, rest, values)
    {
        return Some(found);
    }
    let next = node.variable.as_deref()?;
    values.push(first.clone());
    if let Some(found) = walk(next, rest, values) {
        return Some(found);
    }
    values.pop();
    if next.takes_rest {
        values.push(segments.join("/"));
        return Some(next);
    }
    None
}

/// Identifiers have a form; names only must not be empty or lead elsewhere.
fn fits(name: &str, value: &str, written: bool) -> bool {
    const NAMES: &[&str] = &["setting_id", "plan_identifier", "database_id", "version_id"];
    let identifier = match written {
        true => name.ends_with("_id") && !NAMES.contains(&name),
        // The description does not say which form an identifier has.
        false => matches!(name, "zone_id" | "account_id"),
    };
    if identifier {
        ids::is_id(value)
    } else {
        !(matches!(value, "" | "." | "..")
            || written && value.contains('/') && !WITH_SLASHES.contains(&name))
    }
}
