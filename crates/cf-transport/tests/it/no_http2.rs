//! Without the feature `http2`, HTTP/1.1 is spoken everywhere.
//! `cargo test -p cf-transport --no-default-features --features hyper,ring --test it no_http2`

use crate::support::tls::{Authority, TlsServer};
use crate::support::{built, chain, get, text};
use bytes::Bytes;
use cf_transport::{HyperTransport, Transport, TransportErrorKind as Kind};
use futures_util::future::join_all;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    Ok(Response::new(format!("{:?}", request.version()).into()))
}

#[tokio::test]
async fn servers_that_offer_http2_are_spoken_to_over_http1() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    for alpn in [&["h2", "http/1.1"][..], &["http/1.1"], &[]] {
        let server = TlsServer::serving(&identity, alpn, None, service_fn(answer)).await;
        let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
        for round in 0..2 {
            let requests = (0..5).map(|_| transport.send(get(&server.url("/"))));
            for reply in join_all(requests).await {
                let reply = reply.unwrap();
                assert_eq!(reply.version(), Version::HTTP_11, "{alpn:?}");
                assert_eq!(text(reply).await.unwrap(), "HTTP/1.1");
            }
            // One for each request at a time, and kept for the next.
            assert_eq!(server.connections(), 5, "{alpn:?}, round {round}");
        }
    }
}

#[tokio::test]
async fn a_server_of_http2_alone_is_refused_before_anything_is_sent() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let server = TlsServer::serving(&identity, &["h2"], None, service_fn(answer)).await;
    let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
    let error = transport.send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(error.never_sent());
}
