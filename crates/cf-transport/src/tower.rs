use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use crate::error::BoxError;
use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};

/// A transport made from a [`tower_service::Service`], and so from any stack of tower layers.
///
/// The service is cloned for each request, polled until it is ready, and called.
///
/// An error that is, or wraps as its source, a [`TransportError`] keeps its kind and what it says about sending. Any
/// other becomes the kind [`Other`](TransportErrorKind::Other): the request may have arrived.
///
/// ```
/// use cf_transport::{Body, ServiceTransport, Transport, TransportService, transport_fn};
/// use std::sync::Arc;
/// use tower::ServiceBuilder;
///
/// let inner = transport_fn(|_| async { Ok(http::Response::new(Body::empty())) });
/// let service = ServiceBuilder::new().concurrency_limit(4).service(TransportService::new(Arc::new(inner)));
/// let transport: Arc<dyn Transport> = Arc::new(ServiceTransport::new(service));
/// ```
pub struct ServiceTransport<S> {
    // Most services that can be cloned are not `Sync`; the lock is held for the cloning only.
    service: Mutex<S>,
}

impl<S> ServiceTransport<S> {
    /// Sends requests through this service.
    pub fn new(service: S) -> Self {
        Self {
            service: Mutex::new(service),
        }
    }
}

impl<S, B> Transport for ServiceTransport<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let mut service = self
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let uri = request.uri().clone();
        Box::pin(async move {
            let ready = poll_fn(|cx| service.poll_ready(cx)).await;
            ready.map_err(|error| as_transport_error(error.into(), true).with_uri(&uri))?;
            let reply = service.call(request).await;
            let reply =
                reply.map_err(|error| as_transport_error(error.into(), false).with_uri(&uri))?;
            Ok(reply.map(|body| Body::stream(None, body)))
        })
    }
}

impl<S> fmt::Debug for ServiceTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceTransport")
    }
}

fn as_transport_error(error: BoxError, never_sent: bool) -> TransportError {
    let error = match error.downcast::<TransportError>() {
        Ok(error) => return *error,
        Err(error) => error,
    };
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(inner) = next.downcast_ref::<TransportError>() {
            let (kind, sure) = (inner.kind(), never_sent || inner.never_sent());
            let message = inner.message().to_owned();
            return TransportError::new(kind, message)
                .with_never_sent(sure)
                .with_source(error);
        }
        cause = next.source();
    }
    let message = if never_sent {
        "the service is not ready"
    } else {
        "the service failed"
    };
    TransportError::new(TransportErrorKind::Other, message)
        .with_never_sent(never_sent)
        .with_source(error)
}

/// A [`tower_service::Service`] made from a transport: the innermost of a stack of tower layers.
///
/// See [`ServiceTransport`] for the way back, and an example.
#[derive(Debug, Clone)]
pub struct TransportService<T>(T);

impl<T: Transport + Clone> TransportService<T> {
    /// Answers calls by this transport; an `Arc` of any transport can be cloned.
    pub fn new(transport: T) -> Self {
        Self(transport)
    }
}

impl<T: Transport + Clone> Service<Request<Body>> for TransportService<T> {
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Body>, TransportError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let transport = self.0.clone();
        Box::pin(async move { transport.send(request).await })
    }
}
