//! Requests that cannot be built.

/// A request that cannot be built. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A path parameter has no value.
    #[error("{operation}: `{param}` is empty; give the ID that `{path}` asks for")]
    EmptySegment {
        /// The operation's ID.
        operation: &'static str,
        /// The parameter's name.
        param: &'static str,
        /// The path with its variables.
        path: &'static str,
    },
    /// A path parameter is `.` or `..`, which would name another path.
    #[error("{operation}: `{param}` is `{value}`, which would lead to another path; give an ID")]
    DotSegment {
        /// The operation's ID.
        operation: &'static str,
        /// The parameter's name.
        param: &'static str,
        /// What was given.
        value: String,
    },
    /// The body lacks a field that a new value requires.
    #[error("{operation}: the body lacks `{field}`, which a new value requires; set it")]
    MissingField {
        /// The operation's ID.
        operation: &'static str,
        /// A JSON pointer into the body, as `/origin/password`.
        field: String,
    },
    /// The base URL is invalid.
    #[error(
        "invalid base URL `{url}`: {why}; it should look like https://api.cloudflare.com/client/v4"
    )]
    BaseUrl {
        /// What was given, without user name, password and query.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A header that HTTP does not allow.
    #[error("{operation}: the value for header `{header}` has characters that HTTP does not allow")]
    Header {
        /// The operation's ID.
        operation: &'static str,
        /// The header's name.
        header: String,
    },
    /// The path of a call to any path is invalid.
    #[error("{why}")]
    Path {
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// The body of a call to any path is not JSON.
    #[error("the body cannot be written as JSON; check its `Serialize`")]
    Body,
    /// The request target is one that HTTP does not allow.
    #[error("{operation}: the request's URL is not valid: {why}")]
    Target {
        /// The operation's ID.
        operation: &'static str,
        /// What is wrong with it.
        why: String,
    },
}
