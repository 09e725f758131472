#[cfg(unix)]
use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, KeyLogFile, RootCertStore};

use super::roots::{RootCertificates, Roots};
use crate::{TransportError, TransportErrorKind};

/// The TLS settings.
#[derive(Default)]
pub(super) struct TlsSettings {
    pub(super) roots: RootCertificates,
    pub(super) added: Vec<u8>,
    pub(super) identity: Option<Vec<u8>>,
    pub(super) key_log: bool,
}

pub(super) struct Tls {
    /// For servers.
    pub(super) config: ClientConfig,
    /// For proxies reached over TLS.
    pub(super) to_proxy: ClientConfig,
    /// What both check the server's certificate with.
    pub(super) roots: Arc<Roots>,
}

impl TlsSettings {
    /// Which protocols to offer to servers is left to the caller.
    pub(super) fn build(&self) -> Result<Tls, TransportError> {
        let provider = provider()?;
        let roots = Arc::new(Roots::new(self.roots, self.added()?, provider.clone()));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                failed("the TLS library supports no protocol version").with_source(error)
            })?
            // rustls calls any verifier of one's own dangerous. This one is rustls' own, built when it is first needed.
            .dangerous()
            .with_custom_certificate_verifier(roots.clone());
        // The client certificate is for servers; a proxy has no business with it.
        let mut to_proxy = builder.clone().with_no_client_auth();
        to_proxy.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let chain = certificates(pem, "the client certificate is not valid PEM")?;
                let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
                    failed("the client certificate has no usable private key").with_source(error)
                })?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    failed("the client certificate does not match its key").with_source(error)
                })?
            }
        };
        if self.key_log {
            if let Some(path) = std::env::var_os("SSLKEYLOGFILE") {
                // rustls logs why it cannot be written.
                let _ = make_private(Path::new(&path));
            }
            config.key_log = Arc::new(KeyLogFile::new());
            to_proxy.key_log = config.key_log.clone();
        }
        Ok(Tls {
            config,
            to_proxy,
            roots,
        })
    }

    /// Those to trust besides the chosen ones.
    fn added(&self) -> Result<RootCertStore, TransportError> {
        let mut store = RootCertStore::empty();
        if !self.added.is_empty() {
            for certificate in
                certificates(&self.added, "the added root certificates are not valid PEM")?
            {
                store.add(certificate).map_err(|error| {
                    failed("an added root certificate is not usable").with_source(error)
                })?;
            }
        }
        Ok(store)
    }
}

/// The settings of a transport that nothing was set for, for other protocols over TLS.
#[cfg(feature = "websocket")]
pub(crate) async fn default_tls() -> Result<ClientConfig, TransportError> {
    let tls = TlsSettings::default().build()?;
    let ready = tls.roots.ready().await;
    ready.map_err(|why| TransportError::new(TransportErrorKind::Tls, why))?;
    Ok(tls.config)
}

/// Makes the file, which rustls will write to, readable by its owner only. What is not a file (a terminal, a pipe) is
/// left alone.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        #[cfg(unix)]
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            use std::os::unix::fs::PermissionsExt as _;
            if fs::metadata(path)?.is_file() {
                fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
            }
            Ok(())
        }
        opened => opened.map(drop),
    }
}

/// All certificates in a PEM text; at least one.
fn certificates(
    pem: &[u8],
    complaint: &'static str,
) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(complaint).with_source(error))?;
    if found.is_empty() {
        Err(failed(complaint).with_source("no CERTIFICATE section found"))
    } else {
        Ok(found)
    }
}

fn failed(message: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, message)
}

#[cfg(feature = "aws-lc-rs")]
fn provider() -> Result<Arc<CryptoProvider>, TransportError> {
    Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn provider() -> Result<Arc<CryptoProvider>, TransportError> {
    Ok(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
fn provider() -> Result<Arc<CryptoProvider>, TransportError> {
    CryptoProvider::get_default().cloned().ok_or_else(|| {
        failed("no cryptography: use the feature ring or aws-lc-rs, or install a rustls CryptoProvider first")
    })
}
