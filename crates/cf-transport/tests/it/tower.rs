//! Stacks of tower layers as transports, and transports within them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cf_transport::{
    Body, ServiceTransport, Transport, TransportError, TransportErrorKind as Kind,
    TransportService, transport_fn,
};
use http::{Request, Response};
use http_body_util::Full;
use tower::{ServiceBuilder, service_fn};

fn request(path: &str) -> Request<Body> {
    Request::get(format!("https://api.example.com{path}"))
        .body(Body::from("ping"))
        .unwrap()
}

#[tokio::test]
async fn a_service_with_a_body_of_its_own_is_a_transport() {
    let service = service_fn(|request: Request<Body>| async move {
        let path = request.uri().path().to_owned();
        let body = request.into_body().bytes(100).await?;
        Ok::<_, TransportError>(Response::new(Full::new(Bytes::from(
            [path.as_bytes(), b" ", &body].concat(),
        ))))
    });
    let transport: Arc<dyn Transport> = Arc::new(ServiceTransport::new(service));
    let reply = transport.send(request("/zones")).await.unwrap();
    assert_eq!(reply.body().content_length(), Some(11));
    assert_eq!(reply.into_body().bytes(100).await.unwrap(), "/zones ping");
}

#[tokio::test(start_paused = true)]
async fn layers_work_around_a_transport() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (count, peak) = (running.clone(), most.clone());
    let inner = transport_fn(move |_| {
        let (count, peak) = (count.clone(), peak.clone());
        async move {
            peak.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            count.fetch_sub(1, Ordering::SeqCst);
            Ok(Response::new(Body::empty()))
        }
    });
    let service = ServiceBuilder::new()
        .concurrency_limit(2)
        .map_request(|mut request: Request<Body>| {
            request
                .headers_mut()
                .insert("x-layer", "yes".parse().unwrap());
            request
        })
        .service(TransportService::new(Arc::new(inner)));
    let transport = Arc::new(ServiceTransport::new(service));

    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let transport = transport.clone();
        tasks.spawn(async move {
            transport
                .send(request("/"))
                .await
                .map(|reply| reply.status())
        });
    }
    while let Some(result) = tasks.join_next().await {
        assert_eq!(result.unwrap().unwrap(), 200);
    }
    assert_eq!(
        most.load(Ordering::SeqCst),
        2,
        "the layer limits what runs at once"
    );
}

#[tokio::test(start_paused = true)]
async fn errors_keep_what_they_say_about_sending() {
    let refusing = transport_fn(|_| async { Err(TransportError::new(Kind::Connect, "refused")) });
    let plain = ServiceTransport::new(TransportService::new(Arc::new(refusing)));
    let error = plain.send(request("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.never_sent()), (Kind::Connect, true));
    assert_eq!(error.host(), Some("api.example.com"));

    // This layer boxes the errors from below.
    let refusing = transport_fn(|_| async { Err(TransportError::new(Kind::Connect, "refused")) });
    let inner = TransportService::new(Arc::new(refusing));
    let boxed = ServiceTransport::new(
        ServiceBuilder::new()
            .timeout(Duration::from_secs(1))
            .service(inner),
    );
    let error = boxed.send(request("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.never_sent()), (Kind::Connect, true));

    // This error is the layer's own: nobody knows how far the request got.
    let inner = TransportService::new(Arc::new(transport_fn(|_| std::future::pending())));
    let slow = ServiceTransport::new(
        ServiceBuilder::new()
            .timeout(Duration::from_secs(1))
            .service(inner),
    );
    let error = slow.send(request("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.was_sent()), (Kind::Other, true));
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .contains("timed out")
    );
}
