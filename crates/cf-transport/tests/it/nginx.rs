//! The hyper transport against nginx, which `.ci/run transport` installs and starts.

use std::time::Duration;

use crate::support::{built, chain, fetch, get, peer, text};
use cf_transport::{
    Body, FollowRedirects, HyperTransport, HyperTransportBuilder, Transport,
    TransportErrorKind as Kind,
};
use futures_util::future::join_all;
use http::{Request, Version};

fn trusting() -> HyperTransportBuilder {
    let authority = std::fs::read(peer("CA")).unwrap();
    HyperTransport::builder().add_root_certificates(authority)
}

fn url(server: &str, path: &str) -> String {
    format!(
        "https://localhost:{}{path}",
        peer(&format!("NGINX_{server}"))
    )
}

fn put(url: &str, body: Body) -> Request<Body> {
    Request::put(url).body(body).unwrap()
}

/// A served file, as it is on disk.
fn served(name: &str) -> String {
    std::fs::read_to_string(format!("{}/{name}", peer("FILES"))).unwrap()
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn tls_1_3_and_both_versions_of_http() {
    for (builder, version, spoken) in [
        (trusting(), Version::HTTP_2, "HTTP/2.0 TLSv1.3 GET "),
        (
            trusting().http1_only(),
            Version::HTTP_11,
            "HTTP/1.1 TLSv1.3 GET ",
        ),
    ] {
        let reply = built(builder)
            .send(get(&url("TLS", "/about")))
            .await
            .unwrap();
        assert_eq!(reply.version(), version);
        assert_eq!(text(reply).await.unwrap(), spoken);
    }
    let old = fetch(&built(trusting()), get(&url("TLS12", "/about")))
        .await
        .unwrap();
    assert_eq!(old, "HTTP/2.0 TLSv1.2");
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn certificates_are_checked() {
    let error = built(HyperTransport::builder().root_certificates(Default::default()))
        .send(get(&url("TLS", "/about")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(error.never_sent());

    let identity = std::fs::read(peer("CLIENT")).unwrap();
    let known = built(trusting().client_certificate(identity));
    assert_eq!(
        fetch(&known, get(&url("MUTUAL", "/about"))).await.unwrap(),
        "CN=client"
    );
    let reply = built(trusting())
        .send(get(&url("MUTUAL", "/about")))
        .await
        .unwrap();
    assert_eq!(reply.status(), 400, "nginx wants a certificate");
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn compressed_replies_are_decoded() {
    let plain = served("text.txt");
    for (path, coding) in [("/gzip/text.txt", "gzip"), ("/brotli/text.txt", "br")] {
        for builder in [trusting(), trusting().http1_only()] {
            let transport = built(builder);
            let decoded = transport.send(get(&url("TLS", path))).await.unwrap();
            assert!(!decoded.headers().contains_key("content-encoding"));
            let decoded = decoded.into_body().bytes(1 << 24).await.unwrap();
            assert!(decoded == plain, "{coding}: {} bytes", decoded.len());

            // The raw reply, to see that it was compressed.
            let mut request = get(&url("TLS", path));
            request
                .headers_mut()
                .insert("accept-encoding", coding.parse().unwrap());
            let coded = transport.send(request).await.unwrap();
            assert_eq!(coded.headers()["content-encoding"], coding);
            let coded = coded.into_body().bytes(1 << 24).await.unwrap();
            assert!(
                coded.len() * 4 < plain.len(),
                "{coding}: {} bytes",
                coded.len()
            );

            let bounded = built(trusting().max_decoded_bytes(100_000));
            let error = fetch(&bounded, get(&url("TLS", path))).await.unwrap_err();
            assert_eq!(error.kind(), Kind::BodyTooLarge);
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn large_files_go_up_and_down() {
    for (name, builder) in [("h2", trusting()), ("h1", trusting().http1_only())] {
        let transport = built(builder);
        let mut body = transport
            .send(get(&url("TLS", "/large.bin")))
            .await
            .unwrap()
            .into_body();
        assert_eq!(body.content_length(), Some(64 << 20));
        let mut seen = 0;
        while let Some(chunk) = body.chunk().await {
            seen += chunk.unwrap().len();
        }
        assert_eq!(seen, 64 << 20);

        let target = url("TLS", &format!("/upload/{name}.txt"));
        let source = format!("{}/text.txt", peer("FILES"));
        let file = Body::file(source).await.unwrap();
        let unknown_length = Body::stream(None, file.try_clone().unwrap().with_progress(|_| {}));
        for (body, status) in [(file, 201), (unknown_length, 204)] {
            let reply = transport.send(put(&target, body)).await.unwrap();
            assert_eq!(reply.status(), status);
            assert!(served(&format!("upload/{name}.txt")) == served("text.txt"));
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn an_upload_that_is_refused_halfway_gets_its_reply() {
    for builder in [trusting(), trusting().http1_only()] {
        let transport = built(builder);
        let endless = futures_util::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(http_body::Frame::data(bytes::Bytes::from_static(
                &[0; 1024],
            )))
        });
        let body = Body::stream(None, http_body_util::StreamBody::new(endless));
        let reply = transport
            .send(put(&url("TLS", "/narrow"), body))
            .await
            .unwrap();
        assert_eq!(reply.status(), 413);
        drop(reply);
        fetch(&transport, get(&url("TLS", "/about")))
            .await
            .expect("the transport is sound");
    }
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn a_connection_closed_without_reply_is_an_interruption() {
    for builder in [trusting(), trusting().http1_only()] {
        let transport = built(builder);
        let error = transport.send(get(&url("TLS", "/cut"))).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
        assert!(error.was_sent(), "{}", chain(&error));
        fetch(&transport, get(&url("TLS", "/about"))).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn a_server_that_keeps_ending_its_connections_loses_nothing() {
    for builder in [trusting(), trusting().http1_only()] {
        let transport = built(builder);
        let mut connections = std::collections::HashSet::new();
        for _ in 0..23 {
            let reply = fetch(&transport, get(&url("SHORT", "/about"))).await;
            connections.insert(reply.unwrap_or_else(|error| panic!("{}", chain(&error))));
        }
        assert!((5..=7).contains(&connections.len()), "{connections:?}");
        // Long enough for nginx to close the idle one.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        fetch(&transport, get(&url("SHORT", "/about")))
            .await
            .unwrap();
    }
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn many_requests_side_by_side() {
    for builder in [trusting(), trusting().http1_only()] {
        let transport = built(builder);
        let requests = (0..200).map(|_| fetch(&transport, get(&url("TLS", "/about"))));
        for reply in join_all(requests).await {
            assert!(reply.unwrap().contains("TLSv1.3"));
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx: .ci/run transport"]
async fn a_redirect_to_another_host_takes_no_credentials_along() {
    let request = || {
        Request::get(url("TLS", "/away"))
            .header("authorization", "Bearer hunter2")
            .body(Body::empty())
            .unwrap()
    };
    let transport = built(trusting());
    assert_eq!(transport.send(request()).await.unwrap().status(), 302);
    let reply = FollowRedirects::new(transport)
        .send(request())
        .await
        .unwrap();
    assert_eq!(text(reply).await.unwrap(), "HTTP/2.0 TLSv1.3 GET ");
}
