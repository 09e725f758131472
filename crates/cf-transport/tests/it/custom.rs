//! Transports that users write.

use std::sync::Arc;

use cf_transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind as Kind, transport_fn,
};
use http::{Request, Response, StatusCode};

#[derive(Debug)]
struct Stamp<T>(T);

impl<T: Transport> Transport for Stamp<T> {
    fn send(
        &self,
        mut request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        request
            .headers_mut()
            .insert("x-stamp", "yes".parse().unwrap());
        self.0.send(request)
    }
}

fn stamped() -> impl Transport {
    Stamp(transport_fn(|request: Request<Body>| async move {
        let status = if request.headers().contains_key("x-stamp") {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        };
        Ok(Response::builder()
            .status(status)
            .body(request.into_body())
            .unwrap())
    }))
}

#[tokio::test]
async fn a_closure_and_a_wrapper_work_behind_every_pointer() {
    let shared: Arc<dyn Transport> = Arc::new(stamped());
    let boxed: Box<dyn Transport> = Box::new(stamped());
    let both: Box<dyn Transport> = Box::new(shared.clone());
    for transport in [&shared as &dyn Transport, &boxed, &both] {
        let reply = transport
            .send(
                Request::put("https://example.com/a")
                    .body("ping".into())
                    .unwrap(),
            )
            .await
            .unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.into_body().bytes(10).await.unwrap(), "ping");
    }
}

#[tokio::test]
async fn requests_run_as_tasks() {
    let transport: Arc<dyn Transport> = Arc::new(stamped());
    let request = Request::get("https://example.com/")
        .body(Body::empty())
        .unwrap();
    let reply = tokio::spawn(async move { transport.send(request).await })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
}

#[test]
fn kinds_say_what_they_mean_for_a_retry() {
    for kind in [Kind::Connect, Kind::Tls, Kind::Proxy, Kind::Request] {
        assert!(kind.never_sent(), "{kind:?}");
        assert!(TransportError::new(kind, "x").never_sent(), "{kind:?}");
    }
    for kind in [
        Kind::Timeout,
        Kind::Interrupted,
        Kind::Body,
        Kind::BodyTooLarge,
        Kind::Protocol,
        Kind::Other,
    ] {
        assert!(!kind.never_sent(), "{kind:?}");
        assert!(TransportError::new(kind, "x").was_sent(), "{kind:?}");
    }
    let early = TransportError::new(Kind::Timeout, "no connection").with_never_sent(true);
    assert!(early.never_sent() && !early.was_sent() && early.is_timeout());
}

#[test]
fn an_error_names_host_and_port_and_nothing_else_of_the_address() {
    let uri = "https://user:hunter2@api.example.com/v4/secret?token=hunter2"
        .parse()
        .unwrap();
    let error = TransportError::new(Kind::Interrupted, "cut")
        .with_uri(&uri)
        .with_source("the cause");
    assert_eq!(
        (error.host(), error.port()),
        (Some("api.example.com"), Some(443))
    );
    assert_eq!(
        error.to_string(),
        "cut (api.example.com:443, the request may have arrived)"
    );
    assert_eq!(error.message(), "cut");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the cause"
    );
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(
            !shown.contains("hunter2") && !shown.contains("secret"),
            "{shown}"
        );
    }

    let v6 = "http://[::1]:8080/".parse().unwrap();
    let error = TransportError::new(Kind::Connect, "refused").with_uri(&v6);
    assert_eq!(error.to_string(), "refused ([::1]:8080, nothing was sent)");
    assert_eq!(
        TransportError::new(Kind::Other, "odd").to_string(),
        "odd (the request may have arrived)"
    );
}
