//! From an HTTP reply to a value.

mod error;

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode, response};

use crate::codec::field::{Field, Next, Token, View};
use crate::codec::{self, Drift, Object, RawJson, SyntaxError, Watch, object};
use crate::envelope::{ApiMessage, ERRORS, Envelope, RESULT, ResultInfo, SUCCESS};
use crate::operation::{Meta, Operation, ResultKind};

pub use error::{ApiFailure, EXCERPT, Excerpt, ReplyError};

/// A successful reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply<T> {
    envelope: Envelope<T>,
    /// The body is the value itself, without an envelope.
    bare: bool,
    drift: Vec<Drift>,
    drift_count: usize,
}

impl<T> Reply<T> {
    /// The value.
    pub fn value(&self) -> &T {
        &self.envelope.result
    }

    /// The value, without the rest.
    pub fn into_value(self) -> T {
        self.envelope.result
    }

    /// What the API has to say beside the result.
    pub fn messages(&self) -> &[ApiMessage] {
        self.envelope.messages()
    }

    /// Where a page stands among the others.
    pub fn result_info(&self) -> Option<&ResultInfo> {
        self.envelope.result_info.as_ref()
    }

    /// Where the reply differs from its description; at most [`Watch::LIMIT`] spots, and none
    /// unless the reply was decoded with [`decode_watched`].
    pub fn drift(&self) -> &[Drift] {
        &self.drift
    }

    /// In how many spots the reply differs from its description.
    pub fn drift_count(&self) -> usize {
        self.drift_count
    }
}

impl<T: Field + Default> Reply<T> {
    /// The reply's body as JSON again: the same value that came. Bodies that are no JSON come out
    /// as a JSON string.
    pub fn to_json(&self) -> String {
        match self.envelope.extra.get("result") {
            Some(raw) if self.bare => raw.as_str().to_owned(),
            _ if self.bare => codec::to_string(&self.envelope.result),
            _ => codec::to_string(&self.envelope),
        }
    }
}

/// Decodes the reply to operation `O`.
///
/// ```
/// use cf_types::zones;
/// let parts = http::Response::new(()).into_parts().0;
/// let body = br#"{"success":true,"errors":[],"messages":[],"result":{"id":"1","name":"example.com"}}"#;
/// let reply = cf_types::decode::<zones::Get>(&parts, body)?;
/// assert_eq!(reply.value().name, "example.com");
/// # Ok::<(), cf_types::ReplyError>(())
/// ```
///
/// # Errors
/// When the API refused, or when what came is not the API's. A successful reply of the API never
/// fails, whatever its shape.
pub fn decode<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
) -> Result<Reply<O::Output>, ReplyError> {
    decode_with::<O>(parts, body, Watch::off())
}

/// As [`decode`], and lists where the reply differs from its description.
///
/// # Errors
/// As [`decode`].
pub fn decode_watched<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
) -> Result<Reply<O::Output>, ReplyError> {
    decode_with::<O>(parts, body, Watch::on())
}

fn decode_with<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
    mut watch: Watch,
) -> Result<Reply<O::Output>, ReplyError> {
    let mut envelope = Envelope::default();
    let bare = decode_into::<O>(parts, body, &mut envelope, &mut watch)?;
    Ok(Reply {
        envelope,
        bare,
        drift_count: watch.count(),
        drift: watch.into_drift(),
    })
}

/// As [`decode`], into an empty envelope of the caller's, for values that are large and shall not be moved about. True
/// where the body is the value itself, without an envelope.
///
/// ```
/// use cf_types::{Envelope, codec::Watch, zones};
/// let parts = http::Response::new(()).into_parts().0;
/// let body = br#"{"success":true,"errors":[],"messages":[],"result":{"id":"1","new":true}}"#;
/// let (mut envelope, mut watch) = (Envelope::default(), Watch::on());
/// cf_types::decode_into::<zones::Get>(&parts, body, &mut envelope, &mut watch)?;
/// assert_eq!(envelope.result.id.as_str(), "1");
/// assert_eq!(watch.drift()[0].pointer(), "/result/new");
/// # Ok::<(), cf_types::ReplyError>(())
/// ```
///
/// # Errors
/// As [`decode`].
pub fn decode_into<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
    envelope: &mut Envelope<O::Output>,
    watch: &mut Watch,
) -> Result<bool, ReplyError> {
    let bare = fill(O::META, parts, body, envelope, watch)?;
    O::finish(envelope);
    Ok(bare)
}

/// Fills an envelope; true where the body has none.
fn fill(
    meta: &Meta,
    parts: &response::Parts,
    body: &[u8],
    envelope: &mut dyn Field,
    watch: &mut Watch,
) -> Result<bool, ReplyError> {
    refusal(meta, parts, body)?;
    match meta.result {
        ResultKind::Binary => {
            result_of(envelope).take(Token::Bytes(body));
            return Ok(true);
        }
        ResultKind::Text => {
            take_text(parts, body, result_of(envelope));
            return Ok(true);
        }
        ResultKind::Envelope | ResultKind::Json | ResultKind::Empty => {}
    }
    if body.trim_ascii().is_empty() {
        let status = parts.status;
        let may_be_empty = meta.result == ResultKind::Empty
            || [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(&status);
        return if may_be_empty {
            Ok(true)
        } else {
            Err(ReplyError::Empty { status })
        };
    }
    let quoted;
    let text = match codec::utf8(body) {
        // Nothing is described; what came is kept, be it JSON or not.
        Ok(text) if meta.result == ResultKind::Empty && !codec::is_json(text) => {
            quoted = codec::to_string(&text.to_owned());
            &quoted
        }
        Ok(text) => text,
        Err(problem) => return Err(not_json(parts, body, problem)),
    };
    let not_json = |problem| not_json(parts, body, problem);
    if meta.result != ResultKind::Json {
        codec::read_into(text, envelope, watch).map_err(not_json)?;
        if let View::Object(read) = envelope.view()
            && is_envelope(read)
        {
            if !says_true(read) && meta.result == ResultKind::Envelope {
                failure(parts.status, body)?;
            }
            return Ok(false);
        }
        envelope.take(Token::Reset);
        watch.restart();
    }
    let misfit = codec::read_into(text, result_of(envelope), watch).map_err(not_json)?;
    let is_described = meta.result != ResultKind::Empty;
    if is_described && (misfit.is_some() || may_say_false(result_of(envelope))) {
        failure(parts.status, body)?;
    }
    if misfit.is_some() {
        result_of(envelope).take(Token::Reset);
        if let Next::Object(envelope) = envelope.take(Token::Object) {
            let raw = RawJson::from_checked(text.trim());
            envelope.extra_mut().insert("result", raw);
        }
    }
    Ok(true)
}

/// The place for the value. The envelope is an object with the value in front.
fn result_of(envelope: &mut dyn Field) -> &mut dyn Field {
    match envelope.take(Token::Object) {
        Next::Object(envelope) => envelope.get_mut(RESULT),
        _ => object::no_field(),
    }
}

/// A text, also where it came as a JSON string.
fn take_text(parts: &response::Parts, body: &[u8], result: &mut dyn Field) {
    let text = String::from_utf8_lossy(body);
    let is_json = header(&parts.headers, &CONTENT_TYPE).contains("json");
    let unquoted = is_json
        .then(|| codec::from_slice::<String>(body).ok())
        .flatten();
    result.take(Token::Str(unquoted.as_deref().unwrap_or(&text)));
}

fn is_envelope(object: &dyn Object) -> bool {
    let has = |index| !matches!(object.get(index).view(), View::None);
    let extra = object.extra();
    extra.whole().is_none() && (!extra.is_absent(RESULT) || has(SUCCESS) || has(ERRORS))
}

/// Whether an envelope that was read says that the API did what was asked.
fn says_true(envelope: &dyn Object) -> bool {
    matches!(envelope.get(SUCCESS).view(), View::Bool(true))
}

/// Whether a value that was read may say that the API failed; never a false no.
fn may_say_false(value: &dyn Field) -> bool {
    match (codec::bool_of(value, "success"), value.view()) {
        (Some(success), _) => !success,
        (None, View::Object(object)) => object.extra().get("success").is_some(),
        (None, view) => matches!(view, View::Raw(_) | View::Any(_) | View::Dict(_)),
    }
}

/// An error where status and kind of the reply say that it holds no value.
fn refusal(meta: &Meta, parts: &response::Parts, body: &[u8]) -> Result<(), ReplyError> {
    let status = parts.status;
    if status.is_redirection() {
        let location = header(&parts.headers, &LOCATION);
        let location = location
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .to_owned();
        return Err(ReplyError::Redirect { status, location });
    }
    let wants_json = matches!(meta.result, ResultKind::Envelope | ResultKind::Json);
    let media_type = header(&parts.headers, &CONTENT_TYPE);
    let is_html = media_type.starts_with("text/html") || looks_like_html(body);
    if is_html && (wants_json || !status.is_success()) {
        let excerpt = Excerpt::of(body);
        return Err(ReplyError::Html { status, excerpt });
    }
    // A failure comes as JSON even where success is bytes. Where success is JSON, too, reading it
    // will tell.
    if !status.is_success() || (!wants_json && media_type.contains("json")) {
        failure(status, body)?;
    }
    Ok(())
}

/// An error where the reply says that it failed, by status or by `success`.
fn failure(status: StatusCode, body: &[u8]) -> Result<(), ReplyError> {
    if status.is_success() && !says_false(body) {
        return Ok(());
    }
    let envelope: Envelope<RawJson> = codec::from_slice(body).unwrap_or_default();
    if status.is_success() && envelope.is_success() {
        return Ok(());
    }
    // Outside the API proper, errors come as bare strings, single objects or under another name.
    let odd = || {
        ["errors", "error"]
            .iter()
            .find_map(|name| envelope.extra.get(name))
            .map(bare_errors)
    };
    let errors = envelope
        .errors
        .filter(|errors| !errors.is_empty())
        .or_else(odd);
    Err(ReplyError::Api(Box::new(ApiFailure {
        status,
        errors: errors.unwrap_or_default(),
        messages: envelope.messages.unwrap_or_default(),
        excerpt: Excerpt::of(body),
    })))
}

/// Errors that are no list of objects.
fn bare_errors(raw: &RawJson) -> Vec<ApiMessage> {
    let values = codec::from_str(raw.as_str()).unwrap_or_else(|_| vec![raw.clone()]);
    let says_something = |value: &&RawJson| match value.as_str().as_bytes() {
        [b'{', members @ .., b'}'] => !members.trim_ascii().is_empty(),
        text => text.starts_with(b"\""),
    };
    let said = values.iter().filter(says_something);
    said.filter_map(|value| codec::from_str(value.as_str()).ok())
        .collect()
}

/// Whether the body may say `"success": false`; cheap, and never a false no.
fn says_false(body: &[u8]) -> bool {
    let word = b"\"success\"";
    body.windows(word.len()).enumerate().any(|(at, window)| {
        window == word
            && body[at + word.len()..]
                .trim_ascii_start()
                .strip_prefix(b":")
                .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"false"))
    })
}

fn looks_like_html(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let is = |tag: &[u8]| {
        start
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    is(b"<!doctype") || is(b"<html") || is(b"<head")
}

fn not_json(parts: &response::Parts, body: &[u8], problem: SyntaxError) -> ReplyError {
    ReplyError::NotJson {
        status: parts.status,
        problem,
        excerpt: Excerpt::of(body),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
