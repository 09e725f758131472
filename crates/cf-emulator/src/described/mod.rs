//! The whole API surface, driven by its description: everything that no
//! module of `products` implements.

mod actions;
mod bulk;
mod catalog;
mod check;
mod collection;
mod documents;
mod empty;
mod given;
mod listing;
mod members;
mod named;
mod names;
mod operation;
mod pages;
mod references;
mod refusals;
mod roles;
mod sample;
mod schema;
mod secret;
mod show;
mod states;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::engine::call::Call;
use crate::engine::codes::Refusal;
use crate::engine::route::{Described, Handler, Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::multipart::Data;
use crate::http::path::Params;
use crate::store::identity::{ACCOUNTS, ZONES};
use crate::store::{Object, Store, text};
use operation::{Operation, ReplyKind, anonymous, fill};
use roles::Role;
use sample::Sampler;
use schema::Schema;

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
        body(self, call)
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
        let body = body(self, call)?;
        Ok(sample(self, call, &body).saying(&call.made_up))
    }
}

/// Answers a call of an operation.
fn answer(operation: &Operation, call: &mut Call<'_>) -> Outcome {
    if operation.role == Role::Refused && !call.any_id {
        return Err(actions::refuse(operation));
    }
    check::query(&operation.query(), &call.query)?;
    let mut body = body(operation, call)?;
    if let Some(schema) = operation.body() {
        secret::remove(&schema, &mut body);
    }
    if let Some(collection) = &operation.collection {
        given::add(call, collection);
    }
    let sent = call.any_id.then(|| body.clone());
    let outcome = match operation.role {
        Role::Sample | Role::Refused => Ok(sample(operation, call, &body)),
        Role::ReadDocument | Role::ReplaceDocument | Role::MergeDocument | Role::ResetDocument => {
            documents::answer(operation, call, body)
        }
        Role::Act => match operation.effect.clone() {
            Some(effect) => actions::perform(operation, call, &effect),
            None => Ok(sample(operation, call, &body)),
        },
        _ => members::answer(operation, call, body),
    };
    let reply = match (outcome, sent) {
        (Err(error), Some(sent)) if hangs_on_state(&error) => sample(operation, call, &sent),
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

/// A reply that the description allows, the same for the same request.
fn sample(operation: &Operation, call: &Call<'_>, body: &Value) -> Reply {
    let path = fill(operation.path, call.params);
    let seed = match operation.is_listed {
        // What is listed is there, whichever part of the list was asked for.
        true => path,
        false => format!("{path}?{}", call.request.query),
    };
    let sampler = Sampler::new(&seed, call);
    let schema = operation.result();
    let mut value = sampler.value(&schema);
    if !value.is_null() || matches!(operation.reply, ReplyKind::Bytes(_)) {
        call.made_up.all();
    }
    // What the caller sent is returned where the reply has a field for it.
    if let (Value::Object(shown), Value::Object(sent)) = (&mut value, body) {
        for (name, sent) in sent {
            if schema
                .field(name)
                .filter(|field| !secret::is_hidden(field))
                .is_some_and(|field| check::fits(&field.schema, sent))
            {
                shown.insert(name.clone(), sent.clone());
            }
        }
        heal(shown);
    }
    if operation.pages.are_described() && matches!(operation.reply, ReplyKind::Envelope) {
        let items = match schema.value() {
            Schema::List(_) => value.as_array().cloned().unwrap_or_default(),
            _ => return reply(operation, value),
        };
        if let Ok(reply) = pages::page(operation, &call.query, items, sampler) {
            return reply;
        }
    }
    reply(operation, value)
}

/// A sample of a success must not look like a failure.
fn heal(shown: &mut Object) {
    if shown.get("success").is_some_and(Value::is_boolean) {
        shown.insert("success".to_owned(), true.into());
        for problems in ["errors", "messages"] {
            if let Some(list @ Value::Array(_)) = shown.get_mut(problems) {
                *list = Value::Array(Vec::new());
            }
        }
    }
}

/// Sets the fields that report success if the description has them: callers
/// look there even if they are optional.
fn succeed(schema: &Schema, shown: &mut Object) {
    let takes = |name: &str, value: &Value| {
        let field = schema.field(name);
        field.is_some_and(|field| check::fits(&field.schema, value))
    };
    if takes("success", &Value::Bool(true)) {
        shown.insert("success".to_owned(), true.into());
        let nothing = Value::Array(Vec::new());
        for problems in ["errors", "messages"] {
            if takes(problems, &nothing) {
                shown.insert(problems.to_owned(), nothing.clone());
            }
        }
    }
}

/// The value of an operation in the form of its reply.
fn reply(operation: &Operation, mut value: Value) -> Reply {
    match operation.reply {
        ReplyKind::Envelope => Reply::result(value),
        ReplyKind::Json => {
            if let Value::Object(shown) = &mut value {
                succeed(&operation.result(), shown);
            }
            Reply::Json(value)
        }
        ReplyKind::Empty => Reply::Empty,
        ReplyKind::Bytes(media) => {
            let content_type = match media {
                "image/*" => "image/png",
                "*/*" | "-" => "application/octet-stream",
                media => media,
            };
            Reply::Raw {
                content_type,
                body: bytes::Bytes::from_static(b"sample\n"),
            }
        }
    }
}

/// Where replies without the usual envelope have the value: field and schema.
fn payload(schema: &Schema) -> Option<(&'static str, Schema)> {
    schema.field("success")?;
    ["data", "result"]
        .into_iter()
        .find_map(|name| Some((name, schema.field(name)?.schema.clone())))
}

/// The body as JSON, checked. A form becomes an object; bytes are ignored.
fn body(operation: &Operation, call: &Call<'_>) -> Result<Value, ApiError> {
    checked_body(operation, call).map_err(|error| match operation.invalid {
        Some(refusal) => error.coded(refusal.code()),
        None => error,
    })
}

fn checked_body(operation: &Operation, call: &Call<'_>) -> Result<Value, ApiError> {
    let Some(schema) = operation.body() else {
        return Ok(crate::http::json::parse(&call.request.body).unwrap_or_default());
    };
    let media = operation.body_media;
    if media.starts_with("multipart/") {
        return form(&schema, call);
    }
    if !operation.takes_json() || *schema.value() == Schema::Bytes {
        return Ok(Value::Null);
    }
    let value = if call.request.body.is_empty() {
        // Many callers send nothing if there is nothing to say.
        let nothing = match schema.value() {
            Schema::List(_) => Value::Array(Vec::new()),
            _ => Value::Object(Object::new()),
        };
        return match check::fits(&schema, &nothing) || !operation.body_required {
            true => Ok(nothing),
            false => check::body(&schema, &nothing).map(|()| nothing),
        };
    } else {
        call.any_json()?
    };
    check::body(&schema, &value)?;
    Ok(value)
}

/// A form as an object: what the description calls text stays text, anything
/// else is parsed as JSON if possible. Files are left out.
fn form(schema: &Schema, call: &Call<'_>) -> Result<Value, ApiError> {
    let request = call.request;
    if request
        .headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
    {
        let value = call.any_json()?;
        return check::body(schema, &value).map(|()| value);
    }
    let malformed = || ApiError::bad_request(6007, "Malformed multipart/form-data in request body");
    let form = request.form_or_empty().ok_or_else(malformed)?;
    let mut object = Object::new();
    for part in &form.0 {
        let Data::Memory(bytes) = &part.data else {
            continue;
        };
        let text = std::str::from_utf8(bytes).ok();
        let field = schema.field(&part.name).map(|field| field.schema.value());
        let value = match (field, text) {
            (_, None) | (Some(Schema::Bytes), _) => continue,
            (Some(Schema::Text | Schema::DateTime | Schema::Values(_)), Some(text)) => text.into(),
            (_, Some(text)) => crate::http::json::parse(bytes).unwrap_or_else(|_| text.into()),
        };
        object.insert(part.name.clone(), value);
    }
    let given = |name: &str| {
        form.0
            .iter()
            .any(|part| part.name.split(['[', '.']).next() == Some(name))
    };
    for field in schema.fields() {
        if field.required && !given(&field.name) && matches!(schema.resolved(), Schema::Object(_)) {
            return Err(ApiError::invalid_because(&field.name, "is required"));
        }
    }
    Ok(Value::Object(object))
}
