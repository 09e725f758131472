//! From method and path to an operation.

use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::envelope::Outcome;
use crate::error::ApiError;
use crate::ids;
use crate::permissions::Permission;
use crate::request::{Call, Params};

/// What every path of the API starts with.
pub(crate) const BASE_PATH: &str = "/client/v4";

pub(crate) type Handler = fn(&mut Call<'_>) -> Outcome;

/// An operation of the API.
#[derive(Debug)]
pub(crate) struct Route {
    method: Method,
    /// Below the base path; a segment in braces is a parameter.
    path: &'static str,
    pub(crate) permission: Permission,
    pub(crate) handler: Handler,
}

impl Route {
    pub(crate) fn new(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: Handler,
    ) -> Self {
        Self {
            method,
            path,
            permission,
            handler,
        }
    }
}

#[derive(Debug, Default)]
struct Node {
    literals: BTreeMap<&'static str, Node>,
    variable: Option<Box<Node>>,
    routes: Vec<Route>,
}

#[derive(Debug, Default)]
pub(crate) struct Router(Node);

impl Router {
    pub(crate) fn new(routes: Vec<Route>) -> Self {
        let mut root = Node::default();
        for route in routes {
            let mut node = &mut root;
            for segment in route.path.split('/') {
                node = match variable(segment) {
                    Some(_) => node.variable.get_or_insert_default(),
                    None => node.literals.entry(segment).or_default(),
                };
            }
            node.routes.push(route);
        }
        Self(root)
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<(&Route, Params), ApiError> {
        let no_route = || ApiError::no_route(path);
        let rest = path
            .strip_prefix(BASE_PATH)
            .and_then(|rest| rest.strip_prefix('/'));
        let segments = rest
            .ok_or_else(no_route)?
            .trim_end_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| no_route())?;
        let mut values = Vec::new();
        let node = walk(&self.0, &segments, &mut values).ok_or_else(no_route)?;
        // The parameters of a route, if the values are fit for them.
        let params = |route: &Route| {
            let names = route.path.split('/').filter_map(variable);
            let params: Vec<_> = names.zip(values.iter().cloned()).collect();
            let fit = params.iter().all(|(name, value)| fits(name, value));
            fit.then_some(Params(params))
        };
        match node.routes.iter().find(|route| route.method == *method) {
            Some(route) => Ok((route, params(route).ok_or_else(no_route)?)),
            None if node.routes.iter().any(|route| params(route).is_some()) => {
                Err(ApiError::method_not_allowed())
            }
            None => Err(no_route()),
        }
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
    let found = walk(next, rest, values);
    if found.is_none() {
        values.pop();
    }
    found
}

fn variable(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Identifiers have a form; names only must not be empty or lead elsewhere.
fn fits(name: &str, value: &str) -> bool {
    const NAMES: &[&str] = &["setting_id", "plan_identifier"];
    if name.ends_with("_id") && !NAMES.contains(&name) {
        ids::is_id(value)
    } else {
        !matches!(value, "" | "." | "..") && !value.contains('/')
    }
}
