//! What is known of an operation independent of its arguments.

use http::Method;

use crate::page::style::PageStyle;

/// What is known of an operation independent of its arguments.
#[derive(Debug)]
#[non_exhaustive]
pub struct Meta {
    /// The name in the API description, like `dns.records.list`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with its variables in braces, like `/zones/{zone_id}/dns_records`.
    pub path: &'static str,
    /// The parameters in path, query and headers.
    pub params: &'static [Param],
    /// How the body is written.
    pub body: BodyKind,
    /// What the reply holds.
    pub result: ResultKind,
    /// Whether a success may come without a value: `null` in its place. A value that cannot express "nothing", such as
    /// a model with an ID, is still required.
    pub nullable: bool,
    /// The member of the envelope that holds the result in some replies, in place of `result`.
    pub result_alias: Option<&'static str>,
    /// The member of the result that holds the list, for lists whose result is an object: a path like `data.routes`.
    pub list: Option<&'static str>,
    /// How pages follow each other, for lists.
    pub pagination: Option<PageStyle>,
    /// What the request says it accepts.
    pub accept: &'static str,
    /// Whether repeating it changes nothing more, if that differs from the HTTP method.
    pub idempotent: Option<bool>,
}

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name as the API has it.
    pub name: &'static str,
    /// Where it goes.
    pub location: ParamLocation,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamLocation {
    /// Into the path.
    Path,
    /// Into the query.
    Query,
    /// Into a header.
    Header,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyKind {
    /// There is none.
    None,
    /// As JSON.
    Json,
    /// As a form whose fields are text; lists take brackets, objects dots.
    Form,
    /// As a form whose lists and objects are JSON; lists of files have parts of this name.
    JsonForm(&'static str),
    /// As bytes or text of this media type.
    Raw(&'static str),
}

/// What a reply holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResultKind {
    /// An envelope with the value in `result`.
    Envelope,
    /// The value itself, as JSON.
    Json,
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// Nothing.
    Empty,
    /// Whatever comes: the `result` of an envelope, or all of a body that has none.
    Any,
}

impl Meta {
    /// What the generator starts from: a GET of an enveloped result.
    #[allow(dead_code)] // Without any product there is no operation.
    pub(crate) const BASE: Meta = Meta {
        id: "",
        method: Method::GET,
        path: "",
        params: &[],
        body: BodyKind::None,
        result: ResultKind::Envelope,
        nullable: false,
        result_alias: None,
        list: None,
        pagination: None,
        accept: "application/json",
        idempotent: None,
    };

    /// Your own operation, for what the API's description lacks: a request without parameters or body whose reply is an
    /// envelope, unless the other methods say otherwise.
    ///
    /// ```
    /// use cf_types::{Meta, Param, ParamLocation};
    /// const META: &Meta = &Meta::new("zones.thing.get", http::Method::GET, "/zones/{zone_id}/thing")
    ///     .with_params(&[Param { name: "zone_id", location: ParamLocation::Path }]);
    /// assert!(META.is_idempotent());
    /// ```
    pub const fn new(id: &'static str, method: Method, path: &'static str) -> Self {
        Meta {
            id,
            method,
            path,
            params: &[],
            body: BodyKind::None,
            result: ResultKind::Envelope,
            nullable: false,
            result_alias: None,
            list: None,
            pagination: None,
            accept: "application/json",
            idempotent: None,
        }
    }

    /// Sets the parameters, in the order of [`Arguments::param`](crate::Arguments::param).
    #[must_use]
    pub const fn with_params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// Sets how the body is written.
    #[must_use]
    pub const fn with_body(mut self, body: BodyKind) -> Self {
        self.body = body;
        self
    }

    /// Sets what the reply holds.
    #[must_use]
    pub const fn with_result(mut self, result: ResultKind) -> Self {
        self.result = result;
        self
    }

    /// Allows a success without a value; see [`Meta::nullable`].
    #[must_use]
    pub const fn with_nullable_result(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Names the member that may hold the result in place of `result`; see [`Meta::result_alias`].
    #[must_use]
    pub const fn with_result_alias(mut self, member: &'static str) -> Self {
        self.result_alias = Some(member);
        self
    }

    /// Says which member of the result holds the list; see [`Meta::list`].
    #[must_use]
    pub const fn with_list(mut self, member: &'static str) -> Self {
        self.list = Some(member);
        self
    }

    /// Sets how pages follow each other.
    #[must_use]
    pub const fn with_pagination(mut self, style: PageStyle) -> Self {
        self.pagination = Some(style);
        self
    }

    /// Says whether repeating it changes nothing more, if that differs from the HTTP method.
    #[must_use]
    pub const fn with_idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Whether doing it twice has the same effect as doing it once: by what is known of the operation, otherwise by the
    /// HTTP method.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent.unwrap_or(self.method.is_idempotent())
    }

    /// Whether the operation takes the query parameter `name`.
    pub fn takes_query(&self, name: &str) -> bool {
        let mut params = self.params.iter();
        params.any(|param| param.location == ParamLocation::Query && param.name == name)
    }
}

/// A parameter in the path.
#[allow(dead_code)] // Not every product needs it.
pub(crate) const fn path(name: &'static str) -> Param {
    let location = ParamLocation::Path;
    Param { name, location }
}

/// A parameter in the query.
#[allow(dead_code)] // Not every product needs it.
pub(crate) const fn query(name: &'static str) -> Param {
    let location = ParamLocation::Query;
    Param { name, location }
}

/// A parameter in a header.
#[allow(dead_code)] // Not every product needs it.
pub(crate) const fn header(name: &'static str) -> Param {
    let location = ParamLocation::Header;
    Param { name, location }
}
