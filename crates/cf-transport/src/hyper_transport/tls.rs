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

use crate::{TransportError, TransportErrorKind};

/// Whose signature on a server's certificate is trusted, besides those
/// [added](super::HyperTransportBuilder::add_root_certificates).
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RootCertificates {
    /// The certificate store of this system; `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured.
    #[default]
    Platform,
    /// Mozilla's list, compiled in: for containers without a store.
    #[cfg(feature = "bundled-roots")]
    Bundled,
    /// Only the added ones.
    Added,
}

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
    /// Set if there is nobody to trust. An error only once TLS is used: a system without a certificate store may still
    /// talk to an emulator on itself.
    pub(super) no_roots: Option<Arc<str>>,
}

impl TlsSettings {
    /// Which protocols to offer to servers is left to the caller.
    pub(super) fn build(&self) -> Result<Tls, TransportError> {
        let (roots, trouble) = self.roots()?;
        let no_roots = roots.is_empty().then(|| {
            let hint = "install the package ca-certificates, or use RootCertificates::Bundled";
            format!("no root certificates to check the server against ({hint}){trouble}").into()
        });
        let builder = ClientConfig::builder_with_provider(provider()?)
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                failed("the TLS library supports no protocol version").with_source(error)
            })?
            .with_root_certificates(roots);
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
            no_roots,
        })
    }

    fn roots(&self) -> Result<(RootCertStore, String), TransportError> {
        let mut store = RootCertStore::empty();
        let mut trouble = String::new();
        match self.roots {
            RootCertificates::Platform => {
                let loaded = rustls_native_certs::load_native_certs();
                // Stores hold old certificates that no parser accepts any more; the others still count.
                store.add_parsable_certificates(loaded.certs);
                trouble.extend(loaded.errors.iter().map(|error| format!("; {error}")));
            }
            #[cfg(feature = "bundled-roots")]
            RootCertificates::Bundled => {
                store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
            }
            RootCertificates::Added => {}
        }
        if !self.added.is_empty() {
            for certificate in
                certificates(&self.added, "the added root certificates are not valid PEM")?
            {
                store.add(certificate).map_err(|error| {
                    failed("an added root certificate is not usable").with_source(error)
                })?;
            }
        }
        Ok((store, trouble))
    }
}

/// The settings of a transport that nothing was set for, for other protocols over TLS.
#[cfg(feature = "websocket")]
pub(crate) fn default_tls() -> Result<ClientConfig, TransportError> {
    let tls = TlsSettings::default().build()?;
    match tls.no_roots {
        None => Ok(tls.config),
        Some(why) => Err(TransportError::new(
            TransportErrorKind::Tls,
            why.to_string(),
        )),
    }
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
