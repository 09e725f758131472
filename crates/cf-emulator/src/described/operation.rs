//! An operation of the API, as described.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};

use super::collection::Collection;
use super::effect::Effect;
use super::named::Named;
use super::page_style::PageStyle;
use super::role::Role;
use super::schema::{self, Schema};
use crate::access::permissions::Permission;
use crate::engine::codes::{self, Reference, Refusal};
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::store::Store;

/// An operation as described.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Its name in the description.
    pub(super) name: &'static str,
    /// How a list is paged.
    pub(super) pages: PageStyle,
    pub(super) reply: ReplyKind,
    pub(super) result: &'static str,
    /// The media type of the body, `-` if there is none.
    pub(super) body_media: &'static str,
    pub(super) body_required: bool,
    pub(super) body: &'static str,
    pub(super) query: &'static str,
    pub(super) permission: Permission,
    pub(super) role: Role,
    /// The collection that it acts on or whose member it acts on.
    pub(super) collection: Option<Arc<Collection>>,
    /// What the path names, from left to right.
    pub(super) named: Vec<Named>,
    /// Whether the path ends with the last of them.
    pub(super) is_of_member: bool,
    /// The error if a new member has a field in common with another one.
    pub(super) taken: Option<(&'static str, &'static Refusal)>,
    /// The error for a body that does not match.
    pub(super) invalid: Option<&'static Refusal>,
    /// The error for a certificate that is none.
    pub(super) invalid_certificate: Option<&'static Refusal>,
    /// What else the body names, which has to exist.
    pub(super) reference: Option<&'static Reference>,
    /// The error for a document that was never set.
    pub(super) unset: Option<&'static Refusal>,
    /// Whether it lists what others are about, and nothing can be added.
    pub(super) is_listed: bool,
    /// What an action changes.
    pub(super) effect: Option<Arc<Effect>>,
    /// Collections below the object that it reads, and the fields that have
    /// their members.
    pub(super) children: Vec<(String, Arc<Collection>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyKind {
    /// JSON; the value is in `result`.
    Envelope,
    /// JSON that is the value itself.
    Json,
    /// Something of this media type.
    Bytes(&'static str),
    Empty,
}

impl Operation {
    pub(super) fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let (method, path, name, style) = (next()?, next()?, next()?, next()?);
        let (reply, media, result) = (next()?, next()?, next()?);
        let (body_media, body, query) = (next()?, next()?, next()?);
        let asked = next()?;
        Some(Self {
            method: Method::from_bytes(method.as_bytes()).ok()?,
            path,
            name,
            pages: PageStyle::parse(style),
            reply: match reply {
                "envelope" => ReplyKind::Envelope,
                "raw" => ReplyKind::Json,
                "empty" => ReplyKind::Empty,
                _ => ReplyKind::Bytes(media),
            },
            result,
            body_media: body_media.trim_end_matches(['!', '?']),
            body_required: body_media.ends_with('!'),
            body,
            query,
            permission: match asked {
                "-" => Permission::SignedIn,
                groups => Permission::Group(groups),
            },
            role: Role::Sample,
            collection: None,
            named: Vec::new(),
            is_of_member: false,
            taken: None,
            invalid: None,
            invalid_certificate: None,
            reference: None,
            unset: None,
            is_listed: false,
            effect: None,
            children: Vec::new(),
        })
    }

    /// What the reply carries.
    pub(super) fn result(&self) -> Schema {
        schema::parse(if self.result == "-" { "*" } else { self.result })
    }

    pub(super) fn body(&self) -> Option<Schema> {
        (self.body != "-").then(|| schema::parse(self.body))
    }

    /// Whether a body is JSON, or a format that is written as JSON, like a merge patch.
    pub(super) fn takes_json(&self) -> bool {
        self.body_media == "application/json" || self.body_media.ends_with("+json")
    }

    /// Whether a body can be a form with parts.
    pub(crate) fn takes_forms(&self) -> bool {
        self.body_media == "-" || self.body_media.starts_with("multipart/")
    }

    /// Whether a body with these headers matters, if only to be refused.
    pub(crate) fn looks_into(&self, headers: &HeaderMap) -> bool {
        let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        match self.body_media {
            // Without a description, a body is read if it is JSON.
            "-" => kind.is_none_or(|kind| kind.starts_with(b"application/json")),
            _ if self.takes_json() => {
                let schema = self.body();
                schema.is_none_or(|schema| *schema.value() != Schema::Bytes)
            }
            media => media.starts_with("multipart/"),
        }
    }

    pub(super) fn query(&self) -> Schema {
        schema::parse(self.query)
    }

    /// Whether it is a POST whose name says that it creates what it is about.
    pub(super) fn creates(&self) -> bool {
        self.method == Method::POST && self.name.ends_with(".create")
    }

    /// Whether it runs SQL over data that programs write elsewhere.
    pub(super) fn asks_in_sql(&self) -> bool {
        self.path.ends_with("/sql")
    }

    /// What the path ends with, if it ends with something named.
    fn own(&self) -> Option<&Named> {
        self.named.last().filter(|_| self.is_of_member)
    }

    /// The error for a member that is not there.
    pub(super) fn absent(&self, params: &Params) -> ApiError {
        match self.own() {
            Some(own) => own.error(params),
            None => ApiError::not_found(codes::UNKNOWN, "not found"),
        }
    }

    /// Checks that everything is there that the path names, as far as that is
    /// known, except for what the operation adds.
    pub(super) fn check_path(&self, store: &Store, params: &Params) -> Result<(), ApiError> {
        let new = self.own().filter(|_| self.role == Role::Put);
        let known = self.named.len() - usize::from(new.is_some());
        let mut known = self.named.iter().take(known);
        match known.find(|named| named.is_missing(store, params)) {
            Some(missing) => Err(missing.error(params)),
            None => Ok(()),
        }
    }

    /// The API's error for the first thing in the path that is not there;
    /// `None` if it is not known.
    pub(super) fn known_absent(&self, store: &Store, params: &Params) -> Option<&'static Refusal> {
        let mut all = self.named.iter();
        let missing = all.find(|named| named.is_kept() && named.is_missing(store, params));
        // Where products keep it may not be known. What is not found is the last thing in the path, unless a body
        // names other things.
        let takes_body = !matches!(self.method, Method::GET | Method::DELETE);
        missing.or(self.own().filter(|_| !takes_body))?.refusal()
    }

    /// After a member is deleted, forgets what belongs to it.
    pub(super) fn forget_children(&self, store: &mut Store, params: &Params) {
        if let (Some(own), &Method::DELETE) = (self.own(), &self.method) {
            own.forget_children(store, params);
        }
    }

    pub(super) fn is_list(&self) -> bool {
        // What the description does not define is shown as it was sent.
        self.reply == ReplyKind::Empty
            || self.pages.are_described()
            || matches!(self.result().value(), Schema::List(_))
    }
}
