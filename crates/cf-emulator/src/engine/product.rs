//! What the emulator knows of a product.

use hyper::body::Incoming;
use serde_json::Value;

use super::route::Route;
use super::seed::SeedError;
use super::{Engine, Place};
use crate::http::request::Request;
use crate::http::response::HttpReply;

/// A product of the API with behaviour of its own. Everything specific to it
/// is in its folder; `products::ALL` names it.
pub(crate) trait Product: Sync {
    /// Its name in links.
    fn name(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// Its operations.
    fn routes(&self) -> Vec<Route>;

    /// Where its resources are in the store: prefixes of their paths, with
    /// `{}` for the identifier of an account or zone.
    fn places(&self) -> &'static [&'static str];

    /// Adapts an operation of the description that is not among the routes of
    /// any product. `false` removes it, since this product has another route
    /// for it.
    fn adopt(&self, route: &mut Route) -> bool {
        let _ = route;
        true
    }

    /// The lists that a seed can have for it.
    fn seeds(&self) -> &'static [&'static str] {
        &[]
    }

    /// Adds what a seed has for it. Into objects that others are part of, it
    /// writes the `id` that they got.
    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        let _ = (engine, seed);
        Ok(())
    }

    /// Answers requests outside the API: `path` is what follows `/_emulator/`.
    fn control(&self, engine: &Engine, path: &str, request: &Request) -> Option<HttpReply> {
        let _ = (engine, path, request);
        None
    }

    /// The requests that [`control`](Product::control) answers and people may
    /// want to make: method and path.
    fn controls(&self) -> &'static [&'static str] {
        &[]
    }

    /// Turns a connection into one of another protocol. `place` is the
    /// connection's, to be held as long as it lasts.
    fn upgrade(
        &self,
        engine: &Engine,
        path: &str,
        request: &mut http::Request<Incoming>,
        place: &Place,
    ) -> Option<HttpReply> {
        let _ = (engine, path, request, place);
        None
    }

    /// Whether [`control`](Product::control) takes the body of this request as
    /// a file of any length.
    fn takes_file(&self, engine: &Engine, path: &str, request: &Request) -> bool {
        let _ = (engine, path, request);
        false
    }
}
