//! An operation of the API: what it requires, and what answers it.

use http::Method;

use super::call::{Call, Described, Work};
use crate::access::authenticate::{AUTHENTICATION_ERROR, INVALID_ACCESS_TOKEN, TokenRefusal};
use crate::access::permissions::Permission;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::path::{Params, variable};
use crate::http::request::Request;
use crate::http::{ids, multipart};

/// What answers an operation.
#[derive(Debug)]
pub(crate) enum Handler {
    /// A function of a product.
    Written(fn(&mut Call<'_>) -> Outcome),
    /// A function that does only the first part, while the store is locked, and
    /// leaves the rest for later.
    Deferred(fn(&mut Call<'_>) -> Result<Work, ApiError>),
    /// The description alone.
    Described(Box<dyn Described>),
}

/// What happens to the body of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BodyHandling {
    /// All of it is kept in memory.
    Buffer,
    /// It goes to a file, which is [`Request::upload`].
    File(Stream),
    /// It is parsed into [`Request::form`]; large parts go to files, or are
    /// discarded if nobody keeps them.
    Form(FormRules),
    /// Nobody reads it.
    Discard,
}

/// How a form is parsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormRules {
    pub(crate) keeps_files: bool,
    /// The size limit of a part in memory, where files are not kept.
    pub(crate) longest_field: usize,
}

/// How a body goes to a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    /// Its size limit, if it differs from that of any body.
    pub(crate) most: Option<u64>,
    pub(crate) too_large: fn() -> ApiError,
    /// Small bodies and forms are handled as usual.
    pub(crate) large_only: bool,
}

/// Which values a parameter of a path can have. None is empty or leads
/// elsewhere, like `..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    /// 32 hexadecimal digits.
    Identifier,
    /// Anything without a slash.
    Name,
    /// Anything; a slash is encoded.
    Text,
    /// The rest of the path, slashes included.
    Rest,
}

impl Param {
    fn fits(self, value: &str) -> bool {
        match self {
            Self::Identifier => ids::is_id(value),
            _ if matches!(value, "" | "." | "..") => false,
            Self::Name => !value.contains('/'),
            Self::Text | Self::Rest => true,
        }
    }
}

/// Decides whether a call may go on, from the head of the request alone.
pub(crate) type Admits = fn(&Call<'_>) -> Result<(), ApiError>;

/// An operation of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below the base path; a segment in braces is a parameter.
    pub(crate) path: &'static str,
    /// Parameters with another form than their names imply.
    params: Vec<(&'static str, Param)>,
    pub(crate) permission: Permission,
    pub(crate) token_refusal: TokenRefusal,
    /// Whether the caller may send a large body, if that takes more than the permission.
    pub(crate) admits: Option<Admits>,
    stream: Option<Stream>,
    forms: FormRules,
    pub(crate) handler: Handler,
}

impl Route {
    pub(crate) fn new(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: fn(&mut Call<'_>) -> Outcome,
    ) -> Self {
        Self::by(method, path, permission, Handler::Written(handler))
    }

    /// A route whose work takes long.
    pub(crate) fn deferred(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: fn(&mut Call<'_>) -> Result<Work, ApiError>,
    ) -> Self {
        Self::by(method, path, permission, Handler::Deferred(handler))
    }

    pub(crate) fn by(
        method: Method,
        path: &'static str,
        permission: Permission,
        handler: Handler,
    ) -> Self {
        Self {
            method,
            path,
            params: Vec::new(),
            permission,
            token_refusal: match path.split('/').next() {
                Some("zones" | "user" | "users" | "memberships") => INVALID_ACCESS_TOKEN,
                _ => AUTHENTICATION_ERROR,
            },
            admits: None,
            stream: None,
            forms: FormRules {
                keeps_files: false,
                longest_field: multipart::LONGEST_FIELD,
            },
            handler,
        }
    }

    /// The same route with a parameter of another form than its name implies.
    pub(crate) fn with(mut self, name: &'static str, form: Param) -> Self {
        self.params.push((name, form));
        self
    }

    /// The same route with another error for tokens than its scope has.
    pub(crate) fn refusing_tokens(self, token_refusal: TokenRefusal) -> Self {
        Self {
            token_refusal,
            ..self
        }
    }

    /// The same route for bodies that go to a file.
    pub(crate) fn streaming(self, stream: Stream) -> Self {
        Self {
            stream: Some(stream),
            ..self
        }
    }

    /// The same route, which takes forms and keeps their files.
    pub(crate) fn keeping_files(mut self) -> Self {
        self.forms.keeps_files = true;
        self
    }

    /// The same route with this size limit for fields of forms.
    pub(crate) fn longest_field(mut self, bytes: usize) -> Self {
        self.forms.longest_field = bytes;
        self
    }

    /// The same route for callers that `admits` accepts.
    pub(crate) fn admitting(self, admits: Admits) -> Self {
        Self {
            admits: Some(admits),
            ..self
        }
    }

    pub(crate) fn is_written(&self) -> bool {
        !matches!(self.handler, Handler::Described(_))
    }

    /// Whether a parameter of this name takes the rest of the path.
    pub(super) fn takes_rest(&self, name: &str) -> bool {
        self.params.contains(&(name, Param::Rest))
    }

    /// Which values a parameter can have.
    fn form(&self, name: &str) -> Param {
        if let Some((_, form)) = self.params.iter().find(|(known, _)| *known == name) {
            return *form;
        }
        match (self.is_written(), name) {
            (true, _) if name.ends_with("_id") => Param::Identifier,
            (true, _) => Param::Name,
            // The description does not say what form an identifier has.
            (false, "zone_id" | "account_id") => Param::Identifier,
            (false, _) => Param::Text,
        }
    }

    /// The parameters, if their values are valid.
    pub(super) fn params(&self, values: &[String], any_id: bool) -> Option<Params> {
        let names = self.path.split('/').filter_map(variable);
        let params: Vec<_> = names.zip(values.iter().cloned()).collect();
        let mut all = params.iter();
        let fit = any_id || all.all(|(name, value)| self.form(name).fits(value));
        fit.then_some(Params(params))
    }

    /// What happens to the body of a request whose operation is `described`.
    pub(super) fn body_handling<'a>(
        &self,
        request: &Request,
        described: impl FnOnce() -> Option<&'a dyn Described>,
    ) -> BodyHandling {
        let takes_forms = || {
            self.forms.keeps_files || described().is_none_or(|operation| operation.takes_forms())
        };
        match (&self.handler, self.stream) {
            (_, Some(stream)) if !stream.large_only => BodyHandling::File(stream),
            _ if request.is_form() && takes_forms() => BodyHandling::Form(self.forms),
            (_, Some(stream)) => BodyHandling::File(stream),
            (Handler::Described(operation), _) if !operation.looks_into(&request.headers) => {
                BodyHandling::Discard
            }
            _ => BodyHandling::Buffer,
        }
    }
}
