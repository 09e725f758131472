//! Calls of operations, as their documentation shows them.

use cf_types::{BASE_URL, BuildError, Call, Operation, Paged};
use http::Request;

/// What stands for every ID.
pub const ID: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// A call as a request.
pub struct Example {
    /// The operation's ID.
    pub operation: &'static str,
    /// The request, or why it cannot be built.
    pub request: Result<Request<cf_types::Body>, BuildError>,
}

/// An example of an operation.
pub fn example<O: Operation>(operation: &'static str, call: Call<(), O>) -> Example {
    Example {
        operation,
        request: call.to_request(BASE_URL),
    }
}

/// An example of a list.
pub fn list<O: Paged>(operation: &'static str, call: Call<(), O>) -> Example {
    example(operation, call)
}
