//! Whose signature on a server's certificate is trusted.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::task::spawn_blocking;

/// Whose signature on a server's certificate is trusted, besides those
/// [added](super::HyperTransportBuilder::add_root_certificates).
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RootCertificates {
    /// The certificate store of this system; `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured. It is read once in the
    /// life of a process, when the first connection over TLS is opened.
    #[default]
    Platform,
    /// Mozilla's list, compiled in: for containers without a store.
    #[cfg(feature = "bundled-roots")]
    Bundled,
    /// Only the added ones.
    Added,
}

/// The check that rustls makes, with root certificates that are read when they are first needed: a system without a
/// certificate store may still talk to an emulator on itself.
pub(super) struct Roots {
    chosen: RootCertificates,
    added: RootCertStore,
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Arc<WebPkiServerVerifier>>,
}

impl Roots {
    pub(super) fn new(
        chosen: RootCertificates,
        added: RootCertStore,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Self {
            chosen,
            added,
            provider,
            verifier: OnceLock::new(),
        }
    }

    /// Reads them, unless they have been read. The error says why no server can be trusted.
    pub(super) async fn ready(self: &Arc<Self>) -> Result<(), String> {
        if self.chosen == RootCertificates::Platform && self.verifier.get().is_none() {
            // Reading takes milliseconds, which would hold up the runtime.
            let roots = self.clone();
            let reading = spawn_blocking(move || roots.verifier().map(drop));
            if let Ok(read) = reading.await {
                return read;
            }
        }
        self.verifier().map(drop)
    }

    fn verifier(&self) -> Result<Arc<WebPkiServerVerifier>, String> {
        match self.verifier.get() {
            Some(verifier) => Ok(verifier.clone()),
            // An error is not kept: the system's store may be there the next time.
            None => {
                let read = self.read()?;
                Ok(self.verifier.get_or_init(|| read).clone())
            }
        }
    }

    fn read(&self) -> Result<Arc<WebPkiServerVerifier>, String> {
        let mut trouble = String::new();
        let mut store = match self.chosen {
            RootCertificates::Platform => platform().unwrap_or_else(|errors| {
                trouble = errors;
                Arc::new(RootCertStore::empty())
            }),
            #[cfg(feature = "bundled-roots")]
            RootCertificates::Bundled => Arc::new(RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            }),
            RootCertificates::Added => Arc::new(RootCertStore::empty()),
        };
        if !self.added.is_empty() {
            Arc::make_mut(&mut store).extend(self.added.roots.iter().cloned());
        }
        let builder = WebPkiServerVerifier::builder_with_provider(store, self.provider.clone());
        builder.build().map_err(|_| {
            let hint = "install the package ca-certificates, or use RootCertificates::Bundled";
            format!("no root certificates to check the server against ({hint}){trouble}")
        })
    }
}

/// The certificate store of this system.
fn platform() -> Result<Arc<RootCertStore>, String> {
    static STORE: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(store) = STORE.get() {
        return Ok(store.clone());
    }
    let loaded = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // Stores hold old certificates that no parser accepts any more; the others still count.
    store.add_parsable_certificates(loaded.certs);
    if store.is_empty() {
        let errors = loaded.errors.iter().map(|error| format!("; {error}"));
        return Err(errors.collect());
    }
    Ok(STORE.get_or_init(|| Arc::new(store)).clone())
}

impl ServerCertVerifier for Roots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verifier = self.verifier().map_err(Error::General)?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots")
            .field("chosen", &self.chosen)
            .finish_non_exhaustive()
    }
}
