//! Mutual TLS for banks (RFC 8705): who may connect, and which certificate a key is bound to.
//!
//! ```text
//! handshake   TLS 1.3, a certificate of the banks' own authority     else: an alert, no call
//! call        a key bound to a certificate, over this one            else: as an unknown key
//! ```
//!
//! Nothing is resumed, so every connection shows its certificate anew.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::issuer::Issuer;
use crate::keys::{KeyError, refuse_if_others_can_read};

/// The listener for banks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankTlsConfig {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM file: the service's certificate, then those between it and a root.
    pub certificate: PathBuf,
    /// PEM file: its private key. Nobody but the owner may read it.
    pub key: PathBuf,
    /// PEM file: the authorities whose certificates banks may show.
    pub client_ca: PathBuf,
}

/// Takes banks' connections in.
#[derive(Clone)]
pub struct BankTls(TlsAcceptor);

impl BankTls {
    /// Reads the files of `config`. Certificates are good or not by the time of `issuer`.
    ///
    /// # Errors
    /// [`BankTlsError`].
    pub fn read(config: &BankTlsConfig, issuer: &Arc<Issuer>) -> Result<Self, BankTlsError> {
        let provider = Arc::new(ring::default_provider());
        let mut authorities = RootCertStore::empty();
        for authority in certificates(&config.client_ca)? {
            let added = authorities.add(authority);
            added.map_err(|_| BankTlsError::NoAuthority(config.client_ca.clone()))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(
            Arc::new(authorities),
            Arc::clone(&provider),
        );
        let verifier = verifier
            .build()
            .map_err(|_| BankTlsError::NoAuthority(config.client_ca.clone()))?;
        let time = Arc::new(ServiceTime(Arc::clone(issuer)));
        let builder = ServerConfig::builder_with_details(provider, time)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|_| BankTlsError::Unusable)?
            .with_client_cert_verifier(verifier);
        let mut server = builder
            .with_single_cert(
                certificates(&config.certificate)?,
                private_key(&config.key)?,
            )
            .map_err(|_| BankTlsError::Unusable)?;
        // A ticket would let a certificate in again that has expired meanwhile.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(server))))
    }

    /// Shakes hands within `within`; says which certificate was shown.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        within: Duration,
    ) -> io::Result<(TlsStream<TcpStream>, Thumbprint)> {
        let stream = tokio::time::timeout(within, self.0.accept(stream)).await??;
        let shown = stream.get_ref().1.peer_certificates();
        let shown = shown.and_then(<[_]>::first).map(Thumbprint::of);
        // The verifier lets nobody in without one.
        let shown = shown.ok_or(io::ErrorKind::InvalidData)?;
        Ok((stream, shown))
    }
}

impl fmt::Debug for BankTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankTls").finish_non_exhaustive()
    }
}

/// The service's clock, for the dates of certificates.
#[derive(Debug)]
struct ServiceTime(Arc<Issuer>);

impl TimeProvider for ServiceTime {
    fn current_time(&self) -> Option<UnixTime> {
        let now = Duration::from_secs(self.0.now().as_secs());
        Some(UnixTime::since_unix_epoch(now))
    }
}

/// What a bank's key is bound to: the SHA-256 of a certificate's DER. Nothing secret.
///
/// # Shapes and units
/// 32 bytes; as text the `x5t#S256` of RFC 8705, base64url without padding.
///
/// # Source
/// RFC 8705 §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Of a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Of the one certificate in the PEM file at `path`.
    ///
    /// # Errors
    /// [`BankTlsError`]; [`BankTlsError::NotAlone`] if there are several: which one the bank will show
    /// must not be guessed.
    pub fn read(path: &Path) -> Result<Self, BankTlsError> {
        match &*certificates(path)? {
            [certificate] => Ok(Self::of(certificate)),
            _ => Err(BankTlsError::NotAlone(path.to_owned())),
        }
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Every certificate of a file; at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, BankTlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| BankTlsError::of(path, &error))?;
    match found.is_empty() {
        true => Err(BankTlsError::NotPem(path.to_owned())),
        false => Ok(found),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, BankTlsError> {
    refuse_if_others_can_read(path).map_err(|error| match error {
        KeyError::ReadableByOthers => BankTlsError::KeyReadableByOthers(path.to_owned()),
        KeyError::Disk(kind) => BankTlsError::Unreadable(path.to_owned(), kind),
        _ => BankTlsError::Unusable,
    })?;
    PrivateKeyDer::from_pem_file(path).map_err(|error| BankTlsError::of(path, &error))
}

/// Why banks cannot be taken in, or a certificate not be read. Carries nothing of the files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankTlsError {
    /// Group or others can read the private key.
    #[error("{path} can be read by others: run `chmod 600` on it", path = .0.display())]
    KeyReadableByOthers(PathBuf),
    /// A file of authorities holds what is no certificate of one.
    #[error("{path} holds no certificates of authorities", path = .0.display())]
    NoAuthority(PathBuf),
    /// A certificate was to stand alone.
    #[error("{path} holds several certificates; name a file with the bank's own", path = .0.display())]
    NotAlone(PathBuf),
    /// No PEM, or nothing in it of the kind that is asked for.
    #[error("{path} is not the PEM file that is asked for", path = .0.display())]
    NotPem(PathBuf),
    /// A file cannot be read.
    #[error("{path} cannot be read: {1}", path = .0.display())]
    Unreadable(PathBuf, io::ErrorKind),
    /// Certificate and private key are of no use, or not of each other.
    #[error("the certificate and the private key of bank_tls do not belong together")]
    Unusable,
}

impl BankTlsError {
    fn of(path: &Path, error: &pem::Error) -> Self {
        match error {
            pem::Error::Io(error) => Self::Unreadable(path.to_owned(), error.kind()),
            _ => Self::NotPem(path.to_owned()),
        }
    }
}
