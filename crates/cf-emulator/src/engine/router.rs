//! From method and path to an operation.

use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;

use super::call::Described;
use super::route::{BodyHandling, Handler, Route};
use crate::http::error::ApiError;
use crate::http::path::{BASE_PATH, Params, variable};
use crate::http::request::Request;

#[derive(Debug, Default)]
struct Node {
    literals: BTreeMap<&'static str, Node>,
    variable: Option<Box<Node>>,
    /// The parameter takes the rest of the path, slashes included.
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
    /// Of several routes for a method and path, the first one answers.
    pub(crate) fn new(routes: impl Iterator<Item = Route>, any_id: bool) -> Self {
        let mut root = Node::default();
        for route in routes {
            let mut node = &mut root;
            for segment in route.path.split('/') {
                node = match variable(segment) {
                    Some(name) => {
                        let next = node.variable.get_or_insert_default();
                        next.takes_rest |= route.takes_rest(name);
                        next
                    }
                    None => node.literals.entry(segment).or_default(),
                };
            }
            // Most paths have one or two; a vector would start with room for four.
            node.routes.reserve_exact(1);
            node.routes.push(route);
        }
        Self { root, any_id }
    }

    /// What answers a request, and the parameters in its path.
    pub(crate) fn find(&self, request: &Request) -> Result<(&Route, Params), ApiError> {
        let no_route = || ApiError::no_route(&request.path);
        let (node, values) = self.node(&request.path).ok_or_else(no_route)?;
        // If a product has operations here, its rules apply to all.
        let strict = node.routes.iter().find(|route| route.is_written());
        let possible = |route: &Route| {
            let rules = strict.unwrap_or(route);
            rules.params(&values, self.any_id).is_some()
        };
        let mut routes = node.routes.iter();
        match routes.find(|route| route.method == request.method) {
            Some(route) if possible(route) => {
                let params = route.params(&values, self.any_id);
                Ok((route, params.ok_or_else(no_route)?))
            }
            None if node.routes.iter().any(possible) => Err(ApiError::method_not_allowed()),
            _ => Err(no_route()),
        }
    }

    /// What happens to the body of this request.
    pub(crate) fn body_handling(&self, request: &Request) -> BodyHandling {
        if matches!(request.method, Method::GET | Method::HEAD | Method::DELETE) {
            return BodyHandling::Buffer;
        }
        match self.find(request) {
            Ok((route, _)) => route.body_handling(request, || Some(self.described(request)?.0)),
            Err(_) => BodyHandling::Buffer,
        }
    }

    /// The description of a request's operation, even if a product answers it.
    pub(crate) fn described(&self, request: &Request) -> Option<(&dyn Described, Params)> {
        let (node, values) = self.node(&request.path)?;
        node.routes.iter().find_map(|route| match &route.handler {
            Handler::Described(operation) if route.method == request.method => {
                Some((operation.as_ref(), route.params(&values, self.any_id)?))
            }
            _ => None,
        })
    }

    /// The node at the end of a path and the values of its variable segments.
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

/// A fixed segment takes precedence over a variable one; a dead end backtracks.
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
