//! HTTPS.

use std::sync::Arc;

use bytes::Bytes;
use cf_emulator::{Emulator, Tls};
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The reply of `/client/v4/ips` to a client that trusts `ca` and expects `name`.
async fn ips(emulator: &Emulator, ca: &str, name: &str) -> Result<Bytes, std::io::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(emulator.address()).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get("/client/v4/ips").header("host", "localhost");
    let reply = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap());
    let body = reply.await.unwrap().into_body();
    Ok(body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_certificate_made_on_the_spot() {
    let tls = Tls::self_signed(["localhost", "127.0.0.1"]).unwrap();
    let ca = tls.ca_pem().unwrap().to_owned();
    let emulator = Emulator::builder().tls(tls).start().await.unwrap();
    assert!(emulator.base_url().starts_with("https://127.0.0.1:"));
    for name in ["localhost", "127.0.0.1"] {
        let body = ips(&emulator, &ca, name).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("\"success\":true"));
    }
    let wrong_name = ips(&emulator, &ca, "api.cloudflare.com").await;
    assert!(wrong_name.unwrap_err().to_string().contains("certificate"));
    let other = Tls::self_signed(["localhost"]).unwrap();
    let stranger = ips(&emulator, other.ca_pem().unwrap(), "localhost").await;
    assert!(stranger.unwrap_err().to_string().contains("certificate"));
    // A client that speaks plain HTTP gets no answer, and disturbs nobody.
    let plain = crate::client::Client::new(&emulator);
    let plain = crate::client::Client {
        base_url: plain.base_url.replace("https", "http"),
        ..plain
    };
    let refused = plain.try_send(http::Method::GET, "/ips", None, "").await;
    assert!(refused.is_err());
    ips(&emulator, &ca, "localhost").await.unwrap();
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_ones_own() {
    let own = rcgen::generate_simple_self_signed(vec!["emulator.test".to_owned()]).unwrap();
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let tls = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    assert_eq!(tls.ca_pem(), None);
    let emulator = Emulator::builder().tls(tls).start().await.unwrap();
    ips(&emulator, &certificate, "emulator.test").await.unwrap();

    let other = rcgen::generate_simple_self_signed(vec!["emulator.test".to_owned()]).unwrap();
    let other = other.signing_key.serialize_pem();
    for (certificate, key, why) in [
        ("", key.as_str(), "the certificate"),
        (
            certificate.as_str(),
            "nonsense",
            "the private key cannot be read",
        ),
        (certificate.as_str(), other.as_str(), "cannot be used"),
    ] {
        let error = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(!format!("{error:?}").contains("PRIVATE"));
    }
}
