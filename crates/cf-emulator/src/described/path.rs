//! The paths of operations.

use crate::http::path::{Params, variable};

/// `path` with the values of its parameters.
pub(crate) fn fill(path: &str, params: &Params) -> String {
    let mut filled = String::with_capacity(path.len() + 64);
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            filled.push('/');
        }
        match variable(segment) {
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
