//! Stands in for proxies when the feature `proxy` is off.

use std::env;

use http::{HeaderMap, Uri};
use rustls::ClientConfig;

use super::tcp::{Tcp, TcpConnector};
use crate::error::BoxError;
use crate::{BoxFuture, TransportError, TransportErrorKind};

/// An open connection to a server.
pub(super) type ProxyStream = Tcp;

#[derive(Clone, Default)]
pub(super) enum ProxySettings {
    #[default]
    Environment,
    Never,
}

impl ProxySettings {
    /// Refuses to bypass a proxy that the environment asks for.
    pub(super) fn build(&self, _: &ClientConfig) -> Result<Option<Proxies>, TransportError> {
        let names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let asked = names
            .iter()
            .find(|name| is_set(name) || is_set(&name.to_ascii_lowercase()));
        match (self, asked) {
            (Self::Environment, Some(name)) => {
                let message = format!(
                    "the environment variable {name} asks for a proxy; turn on the feature `proxy` of cf-transport, or \
                     go without one by HyperTransport::builder().no_proxy()"
                );
                Err(TransportError::new(TransportErrorKind::Proxy, message))
            }
            _ => Ok(None),
        }
    }
}

pub(super) enum Proxies {}

impl Proxies {
    pub(super) fn reading(&self, _: &Uri) -> Option<Box<Proxy>> {
        match *self {}
    }

    pub(super) fn remote(&self, _: &Uri) -> Option<Proxy> {
        match *self {}
    }

    pub(super) fn open(
        &self,
        _: &TcpConnector,
        _: &Uri,
    ) -> Option<BoxFuture<'static, Result<ProxyStream, BoxError>>> {
        match *self {}
    }
}

pub(super) enum Proxy {}

impl Proxy {
    pub(super) fn address(&self) -> &Uri {
        match *self {}
    }

    pub(super) fn authorize(&self, _: &mut HeaderMap) {
        match *self {}
    }

    pub(super) fn auth_required(&self, _: &Uri) -> TransportError {
        match *self {}
    }
}
