//! Replies: of a value, of members, and samples of what the description allows.

use serde_json::Value;

use super::operation::{Operation, ReplyKind};
use super::path::fill;
use super::sample::Sampler;
use super::schema::Schema;
use super::{check, children, listing, pages, secret, show};
use crate::engine::call::Call;
use crate::http::envelope::Reply;
use crate::store::Object;

/// The value of an operation in the form of its reply.
pub(super) fn of_value(operation: &Operation, mut value: Value) -> Reply {
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

pub(super) fn of_one(
    operation: &Operation,
    call: &Call<'_>,
    table: &str,
    key: &str,
    row: &Object,
) -> Reply {
    let seed = format!("{table}/{key}");
    let sampler = Sampler::new(&seed, call);
    let schema = operation.result();
    let mut value = match operation.reply {
        ReplyKind::Json => match schema.payload() {
            Some((name, inner)) => {
                let mut whole = sampler.value(&schema);
                whole[name] = show::show(&inner, row, sampler);
                whole
            }
            None => show::show(&schema, row, sampler),
        },
        _ => show::show(&schema, row, sampler),
    };
    children::show(operation, call, &schema, &mut value);
    of_value(operation, value)
}

/// Shows several members: as a list, in the list of an object, or as the
/// object if it is only one.
pub(super) fn of_many(
    operation: &Operation,
    call: &Call<'_>,
    table: &str,
    rows: &[(String, Object)],
) -> Reply {
    let schema = operation.result();
    let slot = listing::slot(&schema).map(str::to_owned);
    let items = match (schema.value(), &slot) {
        (list @ Schema::List(_), _) => Some(list.clone()),
        (object, Some(slot)) => object.field(slot).map(|field| field.schema.value().clone()),
        _ => None,
    };
    let item = match items {
        Some(Schema::List(items)) => items.value().clone(),
        _ => match rows {
            [(key, row)] if !schema.fields().is_empty() => {
                return of_one(operation, call, table, key, row);
            }
            _ => return sample(operation, call, &Value::Null),
        },
    };
    let shown = rows.iter().map(|(key, row)| {
        let seed = format!("{table}/{key}");
        if check::fits(&item, &Value::from(key.as_str()))
            && item.fields().is_empty()
            && item != Schema::Any
        {
            return Value::from(key.as_str());
        }
        show::show(&item, row, Sampler::new(&seed, call))
    });
    let shown = Value::Array(shown.collect());
    match slot {
        Some(slot) => {
            let whole: Object = [(slot, shown)].into_iter().collect();
            let sampler = Sampler::new(table, call);
            of_value(operation, show::show(&schema, &whole, sampler))
        }
        None => of_value(operation, shown),
    }
}

/// A reply that the description allows, the same for the same request.
pub(super) fn sample(operation: &Operation, call: &Call<'_>, body: &Value) -> Reply {
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
            _ => return of_value(operation, value),
        };
        if let Ok(reply) = pages::page(operation, &call.query, items, sampler) {
            return reply;
        }
    }
    of_value(operation, value)
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
