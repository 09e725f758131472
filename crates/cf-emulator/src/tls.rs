//! HTTPS, with the caller's certificate or one made on the spot.

use std::fmt;
use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The emulator's certificate for HTTPS.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cf_emulator::{Emulator, Tls};
///
/// let tls = Tls::self_signed(["localhost", "127.0.0.1"])?;
/// // What the client under test has to trust.
/// let ca = tls.ca_pem().unwrap_or_default().to_owned();
/// let emulator = Emulator::builder().tls(tls).start().await?;
/// assert!(emulator.base_url().starts_with("https://127.0.0.1:"));
/// # drop(ca);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    ca: Option<String>,
}

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
#[non_exhaustive]
pub struct TlsError {
    /// Which part.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

fn error<E: fmt::Display>(what: &'static str) -> impl FnOnce(E) -> TlsError {
    move |why| TlsError {
        what,
        why: why.to_string(),
    }
}

impl Tls {
    /// A chain of certificates, the server's first, and its key, both as PEM.
    ///
    /// # Errors
    /// If one of them cannot be read, or they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(error("the certificate cannot be read"))?;
        let key =
            PrivateKeyDer::from_pem_slice(key).map_err(error("the private key cannot be read"))?;
        Self::new(chain, key)
    }

    /// A certificate for these host names and IP addresses, created now and signed
    /// by a new CA; clients that trust the [CA](Self::ca_pem) trust it.
    ///
    /// # Errors
    /// If a name cannot be in a certificate.
    pub fn self_signed<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, TlsError> {
        let failed = "a certificate cannot be made";
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        ca.distinguished_name
            .push(DnType::CommonName, "cf-emulator CA");
        let ca_key = KeyPair::generate().map_err(error(failed))?;
        let ca_pem = ca.self_signed(&ca_key).map_err(error(failed))?.pem();
        let issuer = Issuer::new(ca, ca_key);

        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut leaf = CertificateParams::new(names).map_err(error(failed))?;
        leaf.distinguished_name
            .push(DnType::CommonName, "cf-emulator");
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(error(failed))?;
        let certificate = leaf.signed_by(&key, &issuer).map_err(error(failed))?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(error(failed))?;
        let tls = Self::new(vec![certificate.der().clone()], key)?;
        Ok(Self {
            ca: Some(ca_pem),
            ..tls
        })
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(error("TLS cannot be set up"))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(error("the certificate and the key cannot be used"))?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            ca: None,
        })
    }

    /// The CA of a certificate that was [made on the spot](Self::self_signed),
    /// as PEM.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
