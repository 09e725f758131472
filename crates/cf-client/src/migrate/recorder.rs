//! Observing what a program uses.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cf_transport::{Body, BoxFuture, Transport, TransportError};
use http::{Request, Response};

use super::usage::Usage;
use crate::error::Error;

/// A transport that notes which operations go through it: give it to the client of a program, let the program do all
/// its work, then plan with [`usage`](Self::usage).
///
/// It notes method, path and the IDs of accounts and zones; no query, header, body or other ID. Clones
/// share what they noted.
///
/// ```
/// use cf_client::Client;
/// use cf_client::migrate::Recorder;
/// use cf_client::transport::{Body, transport_fn};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), cf_client::Error> {
/// let zone = r#"{"success":true,"result":{"id":"023e105f4ecef8ad9ca31a8372d0c353"}}"#;
/// let transport = transport_fn(move |_| async move { Ok(http::Response::new(Body::from(zone))) });
///
/// let recorder = Recorder::new(transport);
/// let client = Client::builder().api_token("cfut_test").transport(recorder.clone()).build()?;
/// client.zones().get("023e105f4ecef8ad9ca31a8372d0c353").await?;
/// assert_eq!(recorder.usage().to_string(), "GET /zones/023e105f4ecef8ad9ca31a8372d0c353\n");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<dyn Transport>,
    base_path: Arc<str>,
    usage: Arc<Mutex<Usage>>,
}

impl Recorder {
    /// Notes what goes through `transport`.
    pub fn new(transport: impl Transport) -> Self {
        Recorder {
            inner: Arc::new(transport),
            base_path: "/client/v4".into(),
            usage: Arc::default(),
        }
    }

    /// Notes what goes through a client's default transport.
    ///
    /// # Errors
    /// When that cannot be set up, for lack of root certificates.
    #[cfg(feature = "hyper")]
    pub fn over_sockets() -> Result<Self, Error> {
        let transport = cf_transport::HyperTransport::builder().read_timeout(None);
        let transport = transport.build().map_err(Error::new)?;
        Ok(Recorder::new(transport))
    }

    /// What the paths of the API start with, if the client's base URL has another path than
    /// `/client/v4`.
    #[must_use]
    pub fn base_path(mut self, path: &str) -> Self {
        self.base_path = path.trim_end_matches('/').into();
        self
    }

    /// What was used so far.
    pub fn usage(&self) -> Usage {
        let usage = self.usage.lock();
        usage.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for Recorder {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        if let Some(path) = request.uri().path().strip_prefix(&*self.base_path) {
            let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
            usage.note(request.method(), path);
        }
        self.inner.send(request)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("inner", &self.inner)
            .field("requests", &self.usage().requests.len())
            .finish_non_exhaustive()
    }
}
