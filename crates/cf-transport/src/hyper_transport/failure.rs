//! What the layers below report, sorted by what it means for sending a request again.

use std::error::Error;
use std::io;
use std::iter::successors;

use super::clock::Passed;
use super::connect_failure::ConnectFailure;
use super::connect_failure::Refusal;
use super::pool::Origin;
#[cfg(feature = "http2")]
use super::pool::StreamError;
use crate::error::BoxError;
use crate::{TransportError, TransportErrorKind as Kind};

/// A request that got no reply over HTTP/1.1. `taken`: the connection has not given it back as it was.
pub(super) fn of_request(
    error: hyper::Error,
    origin: &Origin,
    taken: bool,
    refusal: Option<Refusal>,
) -> TransportError {
    // hyper gives requests back unwritten.
    let never_sent = !taken || error.is_canceled();
    let (kind, message) = match (find::<TransportError>(&error), refusal) {
        (Some(inner), _) => body_failed(inner),
        (None, Some(refusal)) => refused(refusal, never_sent),
        (None, None) if never_sent => unsent(),
        (None, None) => broken(&error, "before the reply's headers"),
    };
    TransportError::new(kind, message)
        .with_never_sent(never_sent || kind.never_sent())
        .with_source(error)
        .with_uri(&origin.uri())
}

/// A request that got no reply over HTTP/2.
#[cfg(feature = "http2")]
pub(super) fn of_stream(error: StreamError, origin: &Origin) -> TransportError {
    let uri = origin.uri();
    match error {
        StreamError::H2 {
            error,
            never_sent,
            refusal,
        } => {
            let never_sent = never_sent || is_refused(&error);
            let (kind, message) = match refusal {
                Some(refusal) => refused(refusal, never_sent),
                None if never_sent => unsent(),
                None => broken(&error, "before the reply's headers"),
            };
            let never_sent = never_sent || kind.never_sent();
            let failed = TransportError::new(kind, message).with_never_sent(never_sent);
            failed.with_source(error).with_uri(&uri)
        }
        StreamError::Body(inner) => {
            let (kind, message) = body_failed(&inner);
            let failed = TransportError::new(kind, message).with_never_sent(false);
            failed.with_source(inner).with_uri(&uri)
        }
        StreamError::Silent => {
            let message = "the connection gave no sign of life before the reply's headers";
            TransportError::new(Kind::Timeout, message).with_uri(&uri)
        }
        StreamError::OnlyInformational => only_informational(origin),
    }
}

/// The server sends only informational replies (1xx).
pub(super) fn only_informational(origin: &Origin) -> TransportError {
    let message = "the server sends informational replies (1xx) without end";
    TransportError::new(Kind::Protocol, message).with_uri(&origin.uri())
}

fn body_failed(error: &TransportError) -> (Kind, String) {
    let message = format!("the request's body failed: {}", error.message());
    (error.kind(), message)
}

fn unsent() -> (Kind, String) {
    let message = "the server closed the connection, or refused the request, before it read it";
    (Kind::Interrupted, message.to_owned())
}

/// A request that met a refusal of the client certificate.
fn refused(refusal: Refusal, never_sent: bool) -> (Kind, String) {
    match refusal.in_handshake || never_sent {
        true => (Kind::Tls, format!("{refusal}, before it read the request")),
        false => (
            Kind::Interrupted,
            format!("{refusal}, on a connection that had worked"),
        ),
    }
}

/// The server has said that it did not process the request.
#[cfg(feature = "http2")]
fn is_refused(error: &h2::Error) -> bool {
    // RFC 9113, 8.7. h2 gives a GOAWAY only to streams above the last one that it names, whatever its reason.
    error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

/// A reply that broke off in its body.
pub(super) fn of_reply(error: impl Into<BoxError>, origin: &Origin) -> TransportError {
    let error = error.into();
    let (kind, message) = match find::<io::Error>(&*error).map(io::Error::kind) {
        // How hyper reports malformed chunks.
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => garbled(&*error),
        _ => broken(&*error, "before the end of the reply's body"),
    };
    TransportError::new(kind, message)
        .with_source(error)
        .with_uri(&origin.uri())
}

/// A limit passed. `taken`: a connection had taken the request.
pub(super) fn timed_out(passed: Passed, origin: &Origin, taken: bool) -> TransportError {
    let message = match passed {
        Passed::Read(limit) => format!("the server sent nothing for {limit:?}"),
        Passed::Total(limit) => format!("not complete within {limit:?}"),
    };
    TransportError::new(Kind::Timeout, message)
        .with_never_sent(!taken)
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
            format!(
                "cannot connect through the proxy {proxy}: {}",
                root(&**source)
            ),
        ),
        ConnectFailure::Tcp(cause) => match find::<io::Error>(&**cause).map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => (
                Kind::Timeout,
                "no connection within the time allowed".to_owned(),
            ),
            _ => (Kind::Connect, format!("no connection: {}", root(&**cause))),
        },
        ConnectFailure::Http1(cause) => broken(cause, "before it took the request"),
        ConnectFailure::Http2(cause) => broken(cause, "before it took the request"),
        ConnectFailure::Closed => unsent(),
        ConnectFailure::Refused(refusal) => refused(*refusal, true),
    };
    TransportError::new(kind, message)
        .with_never_sent(true)
        .with_source(failure)
        .with_uri(&origin.uri())
}

/// An established connection failed while a request was on it.
fn broken(error: &(dyn Error + 'static), when: &str) -> (Kind, String) {
    #[cfg(feature = "http2")]
    let by_library = find::<h2::Error>(error).is_some_and(h2::Error::is_library);
    #[cfg(not(feature = "http2"))]
    let by_library = false;
    match find::<hyper::Error>(error) {
        _ if by_library => garbled(error),
        Some(hyper) if hyper.is_parse() => garbled(error),
        _ => (
            Kind::Interrupted,
            format!("the connection broke {when}: {}", root(error)),
        ),
    }
}

fn garbled(error: &(dyn Error + 'static)) -> (Kind, String) {
    (
        Kind::Protocol,
        format!("the server's reply is not valid HTTP: {}", root(error)),
    )
}

/// The first cause of this type.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The root cause.
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
        // The source of an `io::Error` is that of the error it wraps, so the wrapped error itself is skipped.
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
