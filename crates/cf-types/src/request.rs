//! From an operation to an HTTP request.

use std::borrow::Cow;

use http::Method;
use http::header::{HeaderName, HeaderValue};

use crate::base_url::BaseUrl;
use crate::body;
use crate::build_error::BuildError;
use crate::call::Options;
use crate::codec::field::View;
use crate::codec::{self, Field};
use crate::operation::{Arguments, Meta, ParamLocation};
use crate::percent::{IN_SEGMENT, encode, push_query};
use crate::prepared::{JSON, PreparedRequest};

/// The API's address.
pub const BASE_URL: &str = "https://api.cloudflare.com/client/v4";

impl PreparedRequest {
    /// The request of any operation. It is not generic, so it is compiled once.
    ///
    /// ```
    /// use cf_types::{BASE_URL, BaseUrl, PreparedRequest, Operation, Options, zones};
    ///
    /// fn path_of<O: Operation>(operation: &O) -> Result<String, cf_types::BuildError> {
    ///     let base = BaseUrl::new(BASE_URL)?;
    ///     let prepared = PreparedRequest::new(O::META, operation, &Options::default(), &base)?;
    ///     Ok(prepared.uri.path().to_owned())
    /// }
    /// let call = cf_types::api().zones().get("023e105f4ecef8ad9ca31a8372d0c353");
    /// assert_eq!(path_of(call.operation())?, "/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353");
    /// # Ok::<(), cf_types::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// When an argument cannot be part of a URL or a header, or the body of a new value lacks what it needs.
    pub fn new(
        meta: &'static Meta,
        arguments: &dyn Arguments,
        options: &Options,
        base: &BaseUrl,
    ) -> Result<Self, BuildError> {
        let mut target = String::with_capacity(base.path().len() + length(meta, arguments));
        target.push_str(base.path());
        write_path(meta, arguments, &mut target)?;
        write_query(meta, arguments, options, &mut target);
        let uri = base.join(target).map_err(|why| BuildError::Target {
            operation: meta.id,
            why,
        })?;
        let mut prepared = PreparedRequest::bare(meta.method.clone(), uri);
        if meta.accept != JSON {
            prepared.accept = HeaderValue::from_static(meta.accept);
        }
        for (index, param) in meta.params.iter().enumerate() {
            if param.location == ParamLocation::Header {
                write_header(meta, param.name, arguments.param(index), &mut prepared)?;
            }
        }
        if let Some(body) = arguments.body() {
            check(meta, body)?;
        }
        let encoded = arguments
            .body()
            .and_then(|value| body::encode(meta.body, value));
        if let Some(encoded) = encoded {
            prepared.body = encoded.bytes.into();
            let media_type = header_value(meta, "content-type", &encoded.content_type)?;
            prepared.content_type = Some(media_type);
        }
        for (name, value) in &options.headers {
            prepared.set_header(name.clone(), value.clone());
        }
        prepared.credential.clone_from(&options.credential);
        Ok(prepared)
    }
}

/// Refuses a new value that lacks a required field. A change may leave anything out, and so may a POST to something that
/// has an ID already.
fn check(meta: &'static Meta, body: &dyn Field) -> Result<(), BuildError> {
    if meta.method != Method::POST || meta.path.ends_with('}') {
        return Ok(());
    }
    match codec::missing(body) {
        Some(field) => Err(BuildError::MissingField {
            operation: meta.id,
            field,
        }),
        None => Ok(()),
    }
}

/// The length of the path if its variables are IDs, as they mostly are, and there is no query. Text that fills its
/// capacity becomes an address without a copy.
fn length(meta: &Meta, arguments: &dyn Arguments) -> usize {
    const ID: usize = 32;
    let in_path = meta
        .params
        .iter()
        .filter(|param| param.location == ParamLocation::Path);
    let braced = |name: &str| "{".len() + name.len() + "}".len();
    let mut length = meta.path.len();
    for param in in_path {
        length = (length + ID).saturating_sub(braced(param.name));
    }
    match arguments.scope() {
        Some(scope) => {
            (length + scope.kind().len() + "/".len() + ID).saturating_sub(braced("scope"))
        }
        None => length,
    }
}

/// Fills the template's variables.
fn write_path(
    meta: &'static Meta,
    arguments: &dyn Arguments,
    target: &mut String,
) -> Result<(), BuildError> {
    let mut rest = meta.path;
    while let Some((literal, behind)) = split(rest, b'{') {
        let (name, after) = split(behind, b'}').unwrap_or((behind, ""));
        target.push_str(literal);
        if name == "scope" {
            if let Some(scope) = arguments.scope() {
                target.push_str(scope.kind());
                target.push('/');
                segment(meta, "account_or_zone_id", scope.id(), target)?;
            }
        } else {
            let param = meta
                .params
                .iter()
                .position(|p| p.location == ParamLocation::Path && p.name == name);
            let text = param.map_or(Cow::Borrowed(""), |index| {
                text_of(arguments.param(index).view())
            });
            segment(meta, name, &text, target)?;
        }
        rest = after;
    }
    target.push_str(rest);
    Ok(())
}

/// As `split_once`, which is slower for text this short.
fn split(text: &'static str, at: u8) -> Option<(&'static str, &'static str)> {
    let index = text.bytes().position(|byte| byte == at)?;
    Some((&text[..index], &text[index + 1..]))
}

fn segment(
    meta: &'static Meta,
    param: &'static str,
    text: &str,
    target: &mut String,
) -> Result<(), BuildError> {
    let operation = meta.id;
    match text {
        "" => Err(BuildError::EmptySegment {
            operation,
            param,
            path: meta.path,
        }),
        "." | ".." => Err(BuildError::DotSegment {
            operation,
            param,
            value: text.to_owned(),
        }),
        _ => {
            target.push_str(&encode(text, IN_SEGMENT));
            Ok(())
        }
    }
}

/// The parameters that have a value, then those that the caller added. An added one replaces a parameter of its name.
fn write_query(meta: &Meta, arguments: &dyn Arguments, options: &Options, target: &mut String) {
    let mut query = Query {
        target,
        separator: '?',
    };
    for (index, param) in meta.params.iter().enumerate() {
        let replaced = || options.query.iter().any(|(name, _)| name == param.name);
        if param.location == ParamLocation::Query && !replaced() {
            query.value(param.name, arguments.param(index).view());
        }
    }
    for (name, value) in &options.query {
        query.pair(name, value);
    }
}

struct Query<'t> {
    target: &'t mut String,
    separator: char,
}

impl Query<'_> {
    /// Lists repeat the name, objects add their members' names with a dot, and only what is empty is left out.
    fn value(&mut self, name: &str, view: View<'_>) {
        match view {
            View::Seq(seq) => {
                for index in 0..seq.len() {
                    self.value(name, seq.at(index).view());
                }
            }
            View::Object(object) => {
                codec::each_member(object, &mut |key, view| {
                    self.value(&format!("{name}.{key}"), view);
                });
            }
            View::Dict(dict) => {
                dict.visit(&mut |key, value| self.value(&format!("{name}.{key}"), value.view()));
            }
            view => {
                let text = text_of(view);
                if !text.is_empty() {
                    self.pair(name, &text);
                }
            }
        }
    }

    fn pair(&mut self, name: &str, value: &str) {
        push_query(self.target, &mut self.separator, name, value);
    }
}

fn write_header(
    meta: &'static Meta,
    name: &'static str,
    field: &dyn Field,
    prepared: &mut PreparedRequest,
) -> Result<(), BuildError> {
    let text = text_of(field.view());
    if text.is_empty() {
        return Ok(());
    }
    let value = header_value(meta, name, &text)?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BuildError::Header {
        operation: meta.id,
        header: name.to_owned(),
    })?;
    prepared.set_header(name, value);
    Ok(())
}

#[inline(never)]
fn header_value(meta: &'static Meta, name: &str, text: &str) -> Result<HeaderValue, BuildError> {
    HeaderValue::from_str(text).map_err(|_| BuildError::Header {
        operation: meta.id,
        header: name.to_owned(),
    })
}

/// A scalar as plain text; anything else as JSON.
fn text_of(view: View<'_>) -> Cow<'_, str> {
    match view {
        View::None => Cow::Borrowed(""),
        View::Str(text) => Cow::Borrowed(text),
        View::Any(serde_json::Value::String(text)) => Cow::Borrowed(text),
        View::Any(value) if value.is_null() => Cow::Borrowed(""),
        View::Raw(raw) if raw.is_null() => Cow::Borrowed(""),
        view => Cow::Owned(codec::view_to_string(view)),
    }
}
