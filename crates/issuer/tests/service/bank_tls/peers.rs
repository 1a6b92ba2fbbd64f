//! Authorities, certificates, and a bank's program that speaks TLS.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    AlertDescription, ClientConfig, RootCertStore, SupportedProtocolVersion, version::TLS13,
};
use skts_issuer::{BankTls, BankTlsConfig, ConnectionLimits, Thumbprint, bank_router, serve_banks};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::world::{Answer, START, World};

const NAME: &str = "issuer.example";
const LONG: Duration = Duration::from_secs(20);
pub(crate) const LIMITS: ConnectionLimits = ConnectionLimits {
    at_once: 100,
    head_within: Duration::from_secs(10),
};

/// Whoever says who somebody is.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key.
pub(crate) struct Paper {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn sign(&self, usage: ExtendedKeyUsagePurpose, to: [u16; 2]) -> Paper {
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let [year, month] = to;
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(year.into(), u8::try_from(month).unwrap(), 1);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let certificate = certificate.der().clone();
        Paper { certificate, key }
    }

    /// For a bank, good until the first of that year and month.
    pub(crate) fn bank_until(&self, year: u16, month: u16) -> Paper {
        self.sign(ExtendedKeyUsagePurpose::ClientAuth, [year, month])
    }

    pub(crate) fn bank(&self) -> Paper {
        self.bank_until(2099, 1)
    }

    /// For the service.
    pub(crate) fn service(&self) -> Paper {
        self.sign(ExtendedKeyUsagePurpose::ServerAuth, [2099, 1])
    }
}

impl Paper {
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(&self.certificate)
    }

    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;

    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// The service's side: its authority, the banks' authority, and the files of `[bank_tls]`.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) ours: Authority,
    pub(crate) banks: Authority,
    pub(crate) config: BankTlsConfig,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ours, banks) = (
            Authority::new("the service's"),
            Authority::new("the banks'"),
        );
        let paper = ours.service();
        let file = |name: &str, text: &str| write(folder.path(), name, text);
        let config = BankTlsConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            certificate: file("service.pem", &paper.pem()),
            key: file("service.key", &paper.key.serialize_pem()),
            client_ca: file("banks.pem", &pem("CERTIFICATE", banks.0.der())),
        };
        set_mode(&config.key, 0o600);
        Self {
            folder,
            ours,
            banks,
            config,
        }
    }

    /// Takes banks in for `world` until the test ends.
    pub(crate) async fn serve(&self, world: &World, limits: ConnectionLimits) -> SocketAddr {
        let listener = TcpListener::bind(self.config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = BankTls::read(&self.config, &world.issuer).unwrap();
        let router = bank_router(world.issuer.clone());
        let never = std::future::pending();
        tokio::spawn(serve_banks(listener, router, tls, limits, never));
        address
    }

    /// A program at `address` that shows `paper`, if it has one.
    pub(crate) fn program(&self, address: SocketAddr, paper: Option<&Paper>) -> Program {
        self.program_of(address, paper, &TLS13)
    }

    pub(crate) fn program_of(
        &self,
        address: SocketAddr,
        paper: Option<&Paper>,
        version: &'static SupportedProtocolVersion,
    ) -> Program {
        let mut roots = RootCertStore::empty();
        roots.add(self.ours.0.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_details(provider, Arc::new(AtStart))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let config = match paper {
            None => builder.with_no_client_auth(),
            Some(paper) => {
                let key = PrivateKeyDer::from_pem_slice(paper.key.serialize_pem().as_bytes());
                let chain = vec![paper.certificate.clone()];
                builder.with_client_auth_cert(chain, key.unwrap()).unwrap()
            }
        };
        Program {
            address,
            connector: TlsConnector::from(Arc::new(config)),
        }
    }
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The programs' clock. The service has its own.
#[derive(Debug)]
struct AtStart;

impl TimeProvider for AtStart {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(START)))
    }
}

/// A bank's program.
pub(crate) struct Program {
    address: SocketAddr,
    connector: TlsConnector,
}

impl Program {
    pub(crate) async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        self.connector.connect(name, stream).await
    }

    /// What the service has against this program.
    pub(crate) async fn refused_with(&self) -> AlertDescription {
        let heard = async {
            let mut stream = self.connect().await?;
            // In TLS 1.3 the certificate is looked at after the client thinks it is done.
            stream.read(&mut [0]).await
        };
        let heard = tokio::time::timeout(LONG, heard).await.expect("an answer");
        let error = heard.expect_err("a refusal");
        let error = error.get_ref().and_then(|error| error.downcast_ref());
        match error {
            Some(rustls::Error::AlertReceived(alert)) => *alert,
            other => panic!("no alert: {other:?}"),
        }
    }

    pub(crate) async fn call(&self, path: &str, body: &str, key: &str) -> Answer {
        let called = async {
            let mut stream = self.connect().await.unwrap();
            let request = format!(
                "POST {path} HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\n\
                 content-type: application/json\r\nauthorization: Bearer {key}\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let answer = tokio::time::timeout(LONG, called).await.expect("an answer");
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).expect("a status").as_bytes();
        Answer {
            status: StatusCode::from_bytes(status).unwrap(),
            body: body.as_bytes().to_vec(),
        }
    }
}
