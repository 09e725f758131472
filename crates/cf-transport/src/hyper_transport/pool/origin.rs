use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};
use tokio::runtime::Id;

/// Where a connection leads, and who can use it.
#[derive(Debug, Clone)]
pub(in super::super) struct Origin {
    pub(super) secure: bool,
    authority: Authority,
    /// Sockets and tasks belong to one runtime. Requests of another would wait whenever that one is not polled.
    runtime: Option<Id>,
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        let (name, other_name) = (self.authority.as_str(), other.authority.as_str());
        // Requests of one client mostly share the text of its base URL.
        self.secure == other.secure
            && self.runtime == other.runtime
            && (std::ptr::eq(name, other_name) || self.authority == other.authority)
    }
}

impl Origin {
    /// `None` if the address has no scheme or no host. Schemes other than `https` count as plain.
    pub(in super::super) fn of(uri: &Uri) -> Option<Self> {
        let secure = *uri.scheme()? == Scheme::HTTPS;
        let authority = uri.authority()?.clone();
        Some(Self {
            secure,
            authority,
            runtime: None,
        })
    }

    /// Sets for which runtime the connection is.
    pub(in super::super) fn set_runtime(&mut self, runtime: Id) {
        self.runtime = Some(runtime);
    }

    /// The address of its root.
    pub(in super::super) fn uri(&self) -> Uri {
        self.with_path_of(&Uri::default())
    }

    /// Its address with the path and query of another.
    pub(in super::super) fn with_path_of(&self, other: &Uri) -> Uri {
        let mut parts = Parts::default();
        parts.scheme = Some(if self.secure {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        });
        parts.authority = Some(self.authority.clone());
        let path = other.path_and_query().cloned();
        parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        // All three parts are there, so it is an address.
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// The `host` header of requests to it: without the scheme's default port.
    pub(in super::super) fn host(&self) -> Option<HeaderValue> {
        let usual = if self.secure { 443 } else { 80 };
        let text = match self.authority.port_u16() {
            Some(port) if port == usual => self.authority.host(),
            _ => self.authority.as_str(),
        };
        HeaderValue::from_str(text).ok()
    }
}
