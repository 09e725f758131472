use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};

use crate::{Body, TransportError};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that sends a request and returns the reply.
///
/// One method, object-safe: a client holds an `Arc<dyn Transport>`. A transport that adds something (logging, a
/// header, faults for a test) holds another transport.
///
/// # What callers rely on
/// - **The reply is returned once its headers are there**; its body streams after that. Any status is a reply, also
///   4xx and 5xx.
/// - **Dropping the future stops the request.**
/// - **Redirects are not followed**, and nothing is sent twice: whether to retry is the caller's decision, based on
///   [`TransportError::never_sent`].
/// - **Errors hold no header value**: the request carries credentials.
///
/// # Example
/// ```
/// use cf_transport::{Body, BoxFuture, Transport, TransportError};
/// use http::{HeaderValue, Request, Response, header};
///
/// /// Names the program to the server.
/// #[derive(Debug)]
/// struct Named<T>(T, HeaderValue);
///
/// impl<T: Transport> Transport for Named<T> {
///     fn send(&self, mut request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
///         request.headers_mut().insert(header::USER_AGENT, self.1.clone());
///         self.0.send(request)
///     }
/// }
/// ```
pub trait Transport: Send + Sync + fmt::Debug + 'static {
    /// Sends the request and waits for the head of the reply.
    ///
    /// # Errors
    /// When no reply arrives; see [`TransportErrorKind`](crate::TransportErrorKind). Later errors come from the reply's
    /// body.
    fn send(&self, request: Request<Body>)
    -> BoxFuture<'_, Result<Response<Body>, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        (**self).send(request)
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        (**self).send(request)
    }
}

/// A transport made from a function by [`transport_fn`].
#[derive(Clone, Copy)]
pub struct TransportFn<F>(F);

/// Makes a transport from an async closure or function: the shortest way to a test double.
///
/// ```
/// use cf_transport::{Body, Transport, transport_fn};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let echo = transport_fn(|request: http::Request<Body>| async move {
///     Ok(http::Response::new(Body::from(request.uri().path().to_owned())))
/// });
///
/// let reply = echo.send(http::Request::get("/zones").body(Body::empty())?).await?;
/// assert_eq!(reply.into_body().bytes(1024).await?, "/zones");
/// # Ok(()) }
/// ```
pub fn transport_fn<F, R>(function: F) -> TransportFn<F>
where
    F: Fn(Request<Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Response<Body>, TransportError>> + Send + 'static,
{
    TransportFn(function)
}

impl<F> fmt::Debug for TransportFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransportFn")
    }
}

impl<F, R> Transport for TransportFn<F>
where
    F: Fn(Request<Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Response<Body>, TransportError>> + Send + 'static,
{
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin((self.0)(request))
    }
}
