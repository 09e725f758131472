//! Through tinyproxy, which `.ci/run transport` installs and starts, to nginx.

use std::time::Duration;

use crate::support::{built, chain, fetch, get, peer};
use cf_transport::{HyperTransport, Transport, TransportErrorKind as Kind};
use tokio::time::sleep;

/// A transport through one of the proxies, `OPEN` or `AUTH`.
fn through(proxy: &str, user: &str) -> HyperTransport {
    let port = peer(&format!("TINYPROXY_{proxy}"));
    let authority = std::fs::read(peer("CA")).unwrap();
    built(
        HyperTransport::builder()
            .add_root_certificates(authority)
            .proxy(format!("http://{user}127.0.0.1:{port}")),
    )
}

fn secure(server: &str) -> String {
    format!(
        "https://localhost:{}/about",
        peer(&format!("NGINX_{server}"))
    )
}

fn plain() -> String {
    format!("http://localhost:{}/about?a=b", peer("NGINX_PLAIN"))
}

/// The proxy's log.
fn log(proxy: &str) -> String {
    std::fs::read_to_string(format!("{}/{proxy}.log", peer("TINYPROXY_LOGS"))).unwrap()
}

#[tokio::test]
#[ignore = "needs tinyproxy: .ci/run transport"]
async fn https_goes_through_a_tunnel_with_and_without_a_password() {
    for (proxy, user) in [("OPEN", ""), ("AUTH", "user:pass-word@")] {
        let transport = through(proxy, user);
        for _ in 0..3 {
            let reply = fetch(&transport, get(&secure("TLS"))).await;
            let reply = reply.unwrap_or_else(|error| panic!("{}", chain(&error)));
            assert_eq!(
                reply, "HTTP/2.0 TLSv1.3 GET ",
                "and nothing of the proxy's password"
            );
        }
        let tunnel = format!("CONNECT localhost:{}", peer("NGINX_TLS"));
        assert!(log(&proxy.to_lowercase()).contains(&tunnel));
    }
}

#[tokio::test]
#[ignore = "needs tinyproxy: .ci/run transport"]
async fn a_missing_or_wrong_password_is_a_proxy_error() {
    for (user, status) in [
        ("", "407 Proxy Authentication Required"),
        ("user:wrong@", "401 Unauthorized"),
        ("other:pass-word@", "401 Unauthorized"),
    ] {
        let error = through("AUTH", user)
            .send(get(&secure("TLS")))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Proxy, "{}", chain(&error));
        assert!(error.never_sent());
        let shown = format!("{} {error:?}", chain(&error));
        assert!(shown.contains(status), "{shown}");
        assert!(
            !shown.contains("wrong") && !shown.contains("pass-word"),
            "{shown}"
        );

        // Without CONNECT it is a reply, and only 407 is certainly the proxy's own.
        match through("AUTH", user).send(get(&plain())).await {
            Ok(reply) => assert_eq!((reply.status().as_u16(), user.is_empty()), (401, false)),
            Err(error) => {
                assert_eq!((error.kind(), user), (Kind::Proxy, ""), "{error}");
                assert!(
                    error.never_sent() && error.to_string().contains("407"),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs tinyproxy: .ci/run transport"]
async fn a_tunnel_that_is_refused_is_a_proxy_error() {
    let error = through("OPEN", "")
        .send(get(&secure("TLS12")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Proxy, "{}", chain(&error));
    assert!(error.never_sent());
    assert!(error.to_string().contains("it replied 403"), "{error}");
}

#[tokio::test]
#[ignore = "needs tinyproxy: .ci/run transport"]
async fn plain_http_goes_through_as_well() {
    for (proxy, user) in [("OPEN", ""), ("AUTH", "user:pass-word@")] {
        let transport = through(proxy, user);
        for _ in 0..3 {
            let reply = fetch(&transport, get(&plain())).await.unwrap();
            assert!(
                reply.contains("/about?a=b via 1.1 ") && reply.contains("tinyproxy"),
                "{reply}"
            );
            assert!(
                !reply.contains("Basic"),
                "the password goes to the proxy only: {reply}"
            );
            // It closes the connection without announcing it, and a request right after may overtake that.
            sleep(Duration::from_millis(20)).await;
        }
    }
}
