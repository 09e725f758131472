//! The whole API surface, driven by its description: everything that no
//! module of `products` implements.

mod act;
mod add;
mod body;
mod bulk;
mod catalog;
mod certificates;
mod check;
mod children;
mod collection;
mod documents;
mod effect;
mod given;
mod listing;
mod members;
mod named;
mod names;
mod operation;
mod page_style;
mod pages;
mod path;
mod references;
mod refusals;
mod reply;
mod role;
mod rows;
mod sample;
mod schema;
mod secret;
mod show;
mod states;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::engine::call::{Call, Described};
use crate::engine::codes::Refusal;
use crate::engine::route::{Handler, Param, Route};
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::store::identity::{ACCOUNTS, ZONES};
use crate::store::{Store, text};
use operation::Operation;
use path::anonymous;
use role::Role;

/// A part of a form with more bytes than this is a file.
const LONGEST_FIELD: usize = 1 << 20;

/// The operations of the description; products answer the `written` ones
/// instead.
pub(crate) fn routes(written: &[Route]) -> impl Iterator<Item = Route> + use<> {
    let written = written.iter();
    let written = written.map(|route| (route.method.clone(), anonymous(route.path)));
    catalog::all(&written.collect()).into_iter().map(route)
}

fn route(operation: Operation) -> Route {
    let (method, path) = (operation.method.clone(), operation.path);
    let permission = operation.permission;
    let handler = Handler::Described(Box::new(operation));
    let route = Route::by(method, path, permission, handler).longest_field(LONGEST_FIELD);
    match path.ends_with("/{model_name}") {
        true => route.with("model_name", Param::Rest),
        false => route,
    }
}

impl Described for Operation {
    fn takes_forms(&self) -> bool {
        self.takes_forms()
    }

    fn looks_into(&self, headers: &HeaderMap) -> bool {
        self.looks_into(headers)
    }

    fn body(&self, call: &Call<'_>) -> Result<Value, ApiError> {
        body::read(self, call)
    }

    fn check_path(&self, store: &Store, params: &Params) -> Result<(), ApiError> {
        self.check_path(store, params)
    }

    fn check_references(&self, call: &Call<'_>) -> Result<(), ApiError> {
        references::check(self, call)
    }

    fn absent(&self, store: &Store, params: &Params) -> Option<&'static Refusal> {
        self.known_absent(store, params)
    }

    fn forget_children(&self, store: &mut Store, params: &Params) {
        self.forget_children(store, params);
    }

    fn answer(&self, call: &mut Call<'_>) -> Outcome {
        answer(self, call)
    }

    fn sample(&self, call: &mut Call<'_>) -> Outcome {
        check::query(&self.query(), &call.query)?;
        let body = body::read(self, call)?;
        Ok(reply::sample(self, call, &body).saying(&call.made_up))
    }
}

/// Answers a call of an operation.
fn answer(operation: &Operation, call: &mut Call<'_>) -> Outcome {
    if operation.role == Role::Refused && !call.any_id {
        return Err(refusals::refuse(operation));
    }
    check::query(&operation.query(), &call.query)?;
    let mut body = body::read(operation, call)?;
    if let Some(schema) = operation.body() {
        secret::remove(&schema, &mut body);
    }
    if let Some(collection) = &operation.collection {
        given::add(call, collection);
    }
    match certificates::read(operation, &mut body) {
        Err(error) if !call.any_id => return Err(error),
        _ => {}
    }
    let sent = call.any_id.then(|| body.clone());
    let outcome = match operation.role {
        Role::Sample | Role::Refused => Ok(reply::sample(operation, call, &body)),
        Role::ReadDocument | Role::ReplaceDocument | Role::MergeDocument | Role::ResetDocument => {
            documents::answer(operation, call, body)
        }
        Role::Act => match operation.effect.clone() {
            Some(effect) => act::perform(operation, call, &effect),
            None => Ok(reply::sample(operation, call, &body)),
        },
        _ => members::answer(operation, call, body),
    };
    let reply = match (outcome, sent) {
        (Err(error), Some(sent)) if hangs_on_state(&error) => reply::sample(operation, call, &sent),
        (outcome, _) => outcome?,
    };
    Ok(reply.saying(&call.made_up))
}

/// The parameters of a path, and what is known about the account and zone that
/// they name: replies have fields for it.
pub(crate) fn known(mut params: Params, store: &Store) -> Params {
    for (table, id, name) in [
        (ACCOUNTS, "account_id", "account_name"),
        (ZONES, "zone_id", "zone_name"),
    ] {
        let found = params.find(id).and_then(|id| store.get(table, id));
        if let Some(found) = found {
            params.0.push((name, text(found, "name").to_owned()));
        }
    }
    let tags = [("account_id", "account_tag"), ("zone_id", "zone_tag")];
    let tags = tags.map(|(id, tag)| params.find(id).map(|id| (tag, id.to_owned())));
    params.0.extend(tags.into_iter().flatten());
    params
}

/// Whether a request that the description allows was refused because of
/// what exists or does not.
pub(crate) fn hangs_on_state(error: &ApiError) -> bool {
    matches!(
        error.status(),
        StatusCode::NOT_FOUND
            | StatusCode::CONFLICT
            | StatusCode::BAD_REQUEST
            | StatusCode::PRECONDITION_FAILED
    ) || error.hangs_on_state()
}
