//! What the layers below report, sorted by what it means for sending a request again.

use std::error::Error;
use std::io;
use std::iter::successors;

use super::clock::Passed;
use super::connect::ConnectFailure;
use super::pool::Origin;
use crate::{TransportError, TransportErrorKind as Kind};

/// A request that got no reply. `handed_over`: a connection had taken the request.
pub(super) fn of_request(
    error: hyper::Error,
    origin: &Origin,
    handed_over: bool,
) -> TransportError {
    let never_sent = !handed_over || untouched(&error);
    let (kind, message) = match find::<TransportError>(&error) {
        Some(inner) => (
            inner.kind(),
            format!("the request's body failed: {}", inner.message()),
        ),
        None if never_sent => (
            Kind::Interrupted,
            "the connection was closed before it took the request".to_owned(),
        ),
        None => broken(&error, "before the reply's headers"),
    };
    TransportError::new(kind, message)
        .with_never_sent(never_sent)
        .with_source(error)
        .with_uri(&origin.uri())
}

/// A request whose body broke off.
pub(super) fn of_body(error: TransportError, origin: &Origin) -> TransportError {
    let message = format!("the request's body failed: {}", error.message());
    TransportError::new(error.kind(), message)
        .with_never_sent(false)
        .with_source(error)
        .with_uri(&origin.uri())
}

/// A reply that broke off in its body.
pub(super) fn of_reply(error: hyper::Error, origin: &Origin) -> TransportError {
    let (kind, message) = match find::<io::Error>(&error).map(io::Error::kind) {
        // How hyper reports chunks that make no sense.
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => garbled(&error),
        _ => broken(&error, "before the end of the reply's body"),
    };
    TransportError::new(kind, message)
        .with_source(error)
        .with_uri(&origin.uri())
}

/// A limit passed. `handed_over`: a connection had taken the request.
pub(super) fn timed_out(passed: Passed, origin: &Origin, handed_over: bool) -> TransportError {
    let message = match passed {
        Passed::Read(limit) => format!("the server sent nothing for {limit:?}"),
        Passed::Total(limit) => format!("not complete within {limit:?}"),
    };
    TransportError::new(Kind::Timeout, message)
        .with_never_sent(!handed_over)
        .with_uri(&origin.uri())
}

/// There is no connection for a request.
pub(super) fn unconnected(failure: ConnectFailure, origin: &Origin) -> TransportError {
    let (kind, message) = match &failure {
        ConnectFailure::Timeout(limit) => {
            (Kind::Timeout, format!("no connection within {limit:?}"))
        }
        ConnectFailure::NotLoopback(ip) => (
            Kind::Request,
            format!(
                "the host resolved to {ip}, another machine, where plain http:// would send credentials unencrypted; \
                 use https://, write 127.0.0.1, or allow it with HyperTransport::builder().allow_plain_http(true)"
            ),
        ),
        ConnectFailure::Tls(cause) => (Kind::Tls, format!("no TLS connection: {}", root(&**cause))),
        #[cfg(feature = "proxy")]
        ConnectFailure::Proxy { proxy, source } => (
            Kind::Proxy,
            format!("no way through the proxy {proxy}: {}", root(&**source)),
        ),
        ConnectFailure::Tcp(cause) => match find::<io::Error>(&**cause).map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => (
                Kind::Timeout,
                "no connection within the time allowed".to_owned(),
            ),
            _ => (Kind::Connect, format!("no connection: {}", root(&**cause))),
        },
        ConnectFailure::Handshake(cause) => broken(cause, "before it took the request"),
    };
    TransportError::new(kind, message)
        .with_never_sent(true)
        .with_source(failure)
        .with_uri(&origin.uri())
}

/// An established connection failed while a request was on it.
fn broken(error: &(dyn Error + 'static), when: &str) -> (Kind, String) {
    let by_library = find::<h2::Error>(error).is_some_and(h2::Error::is_library);
    match find::<hyper::Error>(error) {
        _ if by_library => garbled(error),
        Some(hyper) if hyper.is_parse() => garbled(error),
        Some(hyper) if hyper.is_timeout() => (
            Kind::Timeout,
            format!("the connection gave no sign of life {when}"),
        ),
        _ => (
            Kind::Interrupted,
            format!("the connection broke {when}: {}", root(error)),
        ),
    }
}

fn garbled(error: &(dyn Error + 'static)) -> (Kind, String) {
    (
        Kind::Protocol,
        format!("the server's reply is not understood: {}", root(error)),
    )
}

/// Whether it is certain that nobody acted on the request although a connection had been chosen for it.
fn untouched(error: &(dyn Error + 'static)) -> bool {
    // hyper hands the request back unwritten.
    let returned = find::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled);
    // RFC 9113, 8.7: a refused stream, and any stream above the last one named by an orderly GOAWAY.
    let refused = find::<h2::Error>(error).is_some_and(|h2| {
        let reason = h2.reason();
        h2.is_remote()
            && (reason == Some(h2::Reason::REFUSED_STREAM)
                || h2.is_go_away() && reason == Some(h2::Reason::NO_ERROR))
    });
    returned || refused
}

/// The first cause of this type.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The cause at the bottom.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| below(*error))
}

fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        // An `io::Error` names as its source the source of what it wraps, and so passes over the wrapped error.
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
