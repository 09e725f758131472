//! Whether a reply's value came, and whether it may be missing.

use http::{Method, StatusCode};

use crate::codec::field::{Field, Next, Number, Token, View};
use crate::codec::whole::fields_blank;
use crate::codec::{self, Object, RawJson, Watch};
use crate::envelope::RESULT;
use crate::operation::{Meta, ResultKind};

use super::said::Said;

/// Whether the envelope's result came, and is of the described kind.
#[inline]
pub(super) fn has_come(envelope: &dyn Object) -> bool {
    envelope.extra().is_value(RESULT) && fits(envelope.get(RESULT))
}

/// Whether a value that was read is of the described kind. A model takes every kind, and keeps it next to its fields.
#[inline]
pub(super) fn fits(value: &dyn Field) -> bool {
    match value.view() {
        View::Object(model) => model.extra().whole().is_none(),
        View::None => false,
        View::Raw(raw) => !raw.is_null() && value.as_union().is_none(),
        View::Any(any) => !any.is_null(),
        _ => true,
    }
}

/// The same for a value of which [`fits`] is not sure: a union takes every kind, too.
pub(super) fn fits_after_all(value: &mut dyn Field, raw: &RawJson) -> bool {
    if fits(value) {
        return true;
    }
    match value.view() {
        View::Raw(_) if value.as_union().is_some() && !raw.is_null() => {
            expected(value, raw).is_none()
        }
        _ => false,
    }
}

/// What is expected in place of a value of this kind; `None` if it may be there. A union then holds it as a shape of
/// its own, another value is lost.
fn expected(value: &mut dyn Field, raw: &RawJson) -> Option<&'static str> {
    let token = match raw.as_str().as_bytes().first() {
        Some(b'{') => Token::Object,
        Some(b'[') => Token::Array,
        Some(b'"') => Token::Str(""),
        Some(b't' | b'f') => Token::Bool(false),
        Some(b'n') => Token::Null,
        _ => Token::Number(Number::Int(0)),
    };
    match value.take(token) {
        Next::Reject(expected) => Some(expected),
        Next::Union(union) => {
            let rejections =
                (0..union.variants()).map(|index| match union.select(index).take(token) {
                    Next::Reject(expected) => Some(expected),
                    _ => None,
                });
            let due = rejections.reduce(|due, next| due.and(next)).flatten();
            union.set_other(raw.clone());
            due
        }
        _ => None,
    }
}

/// What would have been right in place of `raw`. The value is lost.
pub(super) fn due_for(value: &mut dyn Field, raw: &RawJson) -> &'static str {
    value.take(Token::Reset);
    let is_list = matches!(value.view(), View::Seq(_));
    let due = expected(value, raw);
    due.unwrap_or(match is_list {
        true => "a list of like elements",
        false => "another value",
    })
}

/// The kind of a JSON value, in words.
pub(super) fn kind(raw: &RawJson) -> &'static str {
    match raw.as_str().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Whether nothing (`null`, no `result`) is a valid answer in place of this value.
///
/// After a deletion it is. Otherwise the description has to allow it; and as that says of nearly every result that it
/// may be null, the value has to be able to express it, too: a zone without an ID says something else.
pub(super) fn may_be_nothing(meta: &Meta, blank: &mut dyn Field) -> bool {
    is_deletion(meta) || takes_null(blank) || (meta.nullable && can_be_nothing(blank))
}

/// Whether a value takes `null` because it takes everything; a union may have a shape that does.
fn takes_null(blank: &mut dyn Field) -> bool {
    if blank.as_union().is_none() {
        return is_any(blank);
    }
    let came = !matches!(blank.view(), View::None);
    let takes = expected(blank, &RawJson::default()).is_none();
    // Trying it has changed the value, which is a null that came, or nothing.
    blank.take(Token::Reset);
    takes && (!came || codec::read_into("null", blank, &mut Watch::off()).is_ok())
}

/// Whether a value is whatever comes.
fn is_any(blank: &dyn Field) -> bool {
    blank.as_union().is_none() && matches!(blank.view(), View::None | View::Any(_) | View::Raw(_))
}

/// Whether an empty body is a valid answer.
pub(super) fn may_be_empty(meta: &Meta, status: StatusCode, blank: &dyn Field) -> bool {
    let says_so = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(&status);
    is_deletion(meta)
        || match meta.result {
            ResultKind::Empty => true,
            ResultKind::Any => says_so,
            // An empty reply to a question is not an answer.
            _ if meta.method == Method::GET => false,
            _ => is_any(blank) || (says_so && can_be_nothing(blank)),
        }
}

pub(super) fn is_deletion(meta: &Meta) -> bool {
    meta.method == Method::DELETE || meta.result == ResultKind::Empty
}

/// Whether an empty value says that there is nothing, rather than something wrong.
pub(super) fn can_be_nothing(blank: &dyn Field) -> bool {
    match blank.view() {
        View::Str(_) | View::Seq(_) | View::Dict(_) => true,
        // A union needs some shape.
        View::None | View::Any(_) | View::Raw(_) => is_any(blank),
        View::Bool(_) | View::Number(_) | View::Bytes(_) => false,
        View::Object(model) => {
            let names = model.names();
            let may_lack =
                |index| names.is_optional(index) || matches!(model.get(index).view(), View::None);
            (0..names.len()).all(may_lack)
        }
    }
}

/// Whether a value without an envelope is the described one, and not just any object.
pub(super) fn is_known(meta: &Meta, value: &dyn Field, said: &Said) -> bool {
    let View::Object(model) = value.view() else {
        // An object of no known shape.
        return !(value.as_union().is_some() && matches!(value.view(), View::Raw(_)));
    };
    let names = model.names();
    // Deletions mostly return what they deleted, or only its ID.
    let is_known =
        |name: &str| names.position(name).is_some() || (is_deletion(meta) && name == "id");
    if said.own_names().any(is_known) {
        return true;
    }
    // Some values are only what accompanies a result in an envelope.
    let is_all_well = said.success() == Some(true) || !said.has_more();
    meta.result == ResultKind::Json && is_all_well && said.names().any(is_known)
}

/// What came in place of the list at a path in the result, if no list did: a JSON value or nothing.
pub(super) fn list_in<'v>(value: &'v dyn Field, path: &str) -> Result<(), Option<&'v RawJson>> {
    let View::Object(model) = value.view() else {
        return Ok(());
    };
    let names = model.names();
    let (name, behind) = path.split_once('.').unwrap_or((path, ""));
    let Some(index) = names.position(name) else {
        return Ok(());
    };
    if model.extra().is_value(index) {
        return match behind {
            "" => Ok(()),
            behind => list_in(model.get(index), behind),
        };
    }
    match model.extra().get(name) {
        // The description says that it may be missing.
        None if names.is_optional(index) => Ok(()),
        found => Err(found),
    }
}

/// Whether a value that was read may say that the API failed; never wrongly false.
pub(super) fn may_refuse(value: &dyn Field) -> bool {
    let View::Object(model) = value.view() else {
        return matches!(value.view(), View::Raw(_) | View::Any(_) | View::Dict(_));
    };
    match codec::bool_of(value, "success") {
        Some(success) => !success,
        None => {
            let has_errors =
                codec::field_of(value, "errors").is_some_and(|errors| !errors.is_blank());
            let extra = model.extra();
            has_errors
                || ["success", "errors", "error"]
                    .iter()
                    .any(|name| extra.get(name).is_some())
        }
    }
}

/// Whether a model has nothing in its fields.
pub(super) fn is_hollow(value: &dyn Field) -> bool {
    match value.view() {
        View::Object(model) => fields_blank(model),
        _ => false,
    }
}

/// Whether a model has a field with this name.
pub(super) fn declares(value: &dyn Field, name: &str) -> bool {
    match value.view() {
        View::Object(model) => model.names().position(name).is_some(),
        _ => false,
    }
}
