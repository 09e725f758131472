//! A request as handlers see it.

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Method};
use tokio::sync::OwnedSemaphorePermit;

use super::content::Upload;
use super::multipart::{self, Data, Form};

/// A request whose body has been read.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// As it came, percent-encoded.
    pub(crate) path: String,
    /// As it came, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The body; at most the start of one that goes elsewhere.
    pub(crate) body: Bytes,
    /// The body, if the operation takes it as a file.
    pub(crate) upload: Option<Upload>,
    /// The body, if it is a form and the operation takes one.
    pub(crate) form: Option<Form>,
    /// A large body's share of the memory for all.
    pub(crate) room: Option<OwnedSemaphorePermit>,
    pub(crate) peer: std::net::IpAddr,
    /// It came over TLS.
    pub(crate) secure: bool,
}

impl Request {
    /// Whether the body is a form with parts, as its headers say.
    pub(crate) fn is_form(&self) -> bool {
        multipart::is_form(&self.headers)
    }

    /// The form in the body, or one without parts if there is no body.
    pub(crate) fn form_or_empty(&self) -> Option<&Form> {
        static EMPTY: Form = Form(Vec::new());
        match &self.form {
            None if self.body.is_empty() => Some(&EMPTY),
            form => form.as_ref(),
        }
    }

    /// The body, if it is not a form.
    pub(crate) fn content(&self) -> Data {
        match &self.upload {
            Some(upload) => Data::File(upload.clone()),
            None => Data::Memory(self.body.clone()),
        }
    }

    /// How the caller reaches the emulator: `http://host:port`. `scheme` is
    /// the one without TLS.
    pub(crate) fn origin(&self, scheme: &str) -> String {
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        let secure = if self.secure { "s" } else { "" };
        format!("{scheme}{secure}://{}", host.unwrap_or("localhost"))
    }
}
