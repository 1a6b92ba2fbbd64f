//! The real clock, network and device, for programs.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::{CryptoRngCore, OsRng};
use rustls::crypto::CryptoProvider;
use skts_provisioning::institution::check_address;
use skts_vault::{KeyStore, MachineId, NoMachineId, machine_id, platform_key_store};
use ureq::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use crate::ports::{Clock, Device, MOST_REPLY_BYTES, Network, NetworkError, Reply};

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_millis(&self) -> u64 {
        #[expect(clippy::disallowed_methods, reason = "this is the host's clock")]
        let now = SystemTime::now();
        // A clock before 1970 counts as 1970: it is reported as wrong either way.
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The service over HTTPS: TLS 1.3 only, the Mozilla roots, no redirects, nothing kept. Plain
/// HTTP goes to this computer only.
#[derive(Debug, Clone)]
pub struct Https {
    agent: ureq::Agent,
    loopback: ureq::Agent,
}

/// Finding and reaching the service.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// One request with its answer; password records and evidence are checked in between.
const CALL_LIMIT: Duration = Duration::from_secs(30);

impl Https {
    /// Reads proxy settings from the environment; opens no connection.
    pub fn new() -> Self {
        let mut provider: CryptoProvider = rustls::crypto::ring::default_provider();
        // A version without cipher suites is not offered.
        provider
            .cipher_suites
            .retain(|suite| suite.version() == &rustls::version::TLS13);
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::WebPki)
            .unversioned_rustls_crypto_provider(Arc::new(provider))
            .build();
        let config = || {
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_connect(Some(CONNECT_LIMIT))
                .timeout_global(Some(CALL_LIMIT))
                .user_agent("")
        };
        let agent = config()
            .https_only(true)
            .tls_config(tls)
            .build()
            .new_agent();
        // Nobody stands between this computer and itself.
        let loopback = config().proxy(None).build().new_agent();
        Self { agent, loopback }
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

impl Network for Https {
    fn post(&self, url: &str, body: &[u8]) -> Result<Reply, NetworkError> {
        let agent = if url.starts_with("https://") {
            &self.agent
        } else {
            &self.loopback
        };
        check_address(base(url).ok_or(NetworkError::Address)?)
            .map_err(|_| NetworkError::Address)?;
        let mut response = agent
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, application/problem+json")
            .send(body)
            .map_err(|error| network_error(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after_secs = retry_after
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse().ok());
        let mut body = Vec::new();
        let limit = u64::try_from(MOST_REPLY_BYTES)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        response
            .body_mut()
            .as_reader()
            .take(limit)
            .read_to_end(&mut body)
            .map_err(|_| NetworkError::Unreachable)?;
        if body.len() > MOST_REPLY_BYTES {
            return Err(NetworkError::Unreadable);
        }
        Ok(Reply {
            status,
            body,
            retry_after_secs,
        })
    }
}

/// Scheme, host and port of a URL.
fn base(url: &str) -> Option<&str> {
    let host_at = url.find("://")?.checked_add(3)?;
    let path_at = url.get(host_at..)?.find('/')?.checked_add(host_at)?;
    url.get(..path_at)
}

fn network_error(error: &ureq::Error) -> NetworkError {
    match error {
        ureq::Error::RequireHttpsOnly(_) | ureq::Error::BadUri(_) => NetworkError::Address,
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => NetworkError::Unreadable,
        _ => NetworkError::Unreachable,
    }
}

/// This computer: its keystore, its machine id, the system's generator.
#[derive(Default)]
pub struct ThisDevice {
    /// One keystore for each app id, so that a call that hangs stays the only one in flight.
    stores: Mutex<Vec<(String, Arc<dyn KeyStore>)>>,
}

impl ThisDevice {
    /// Touches nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for ThisDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ThisDevice(..)")
    }
}

impl Device for ThisDevice {
    fn key_store(&self, app_id: &str) -> Arc<dyn KeyStore> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, store)) = stores.iter().find(|(id, _)| id == app_id) {
            return Arc::clone(store);
        }
        let store = platform_key_store(app_id);
        stores.push((app_id.to_owned(), Arc::clone(&store)));
        store
    }

    fn machine_id(&self) -> Result<MachineId, NoMachineId> {
        machine_id()
    }

    fn rng(&self) -> Box<dyn CryptoRngCore> {
        Box::new(OsRng)
    }

    fn label(&self) -> String {
        // The name the customer gave the computer, where it is a plain file.
        let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        match name.trim() {
            "" => std::env::consts::OS.to_owned(),
            name => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_nothing_in_the_clear_but_to_this_computer() {
        for url in [
            "http://service.example/v1/provisioning/confirm",
            "http://127.0.0.1.example/v1/provisioning/confirm",
            "ftp://127.0.0.1/v1",
            "//127.0.0.1/v1",
            "https://user@service.example/v1",
            "",
        ] {
            assert_eq!(
                Https::new().post(url, b"{}"),
                Err(NetworkError::Address),
                "{url}"
            );
        }
    }

    /// The versions a ClientHello offers (RFC 8446, 4.2.1), from the record it came in.
    fn offered_versions(record: &[u8]) -> Vec<u16> {
        let mut rest = &record[5 + 4 + 2 + 32..];
        let mut take = |length_bytes: usize| {
            let (length, tail) = rest.split_at(length_bytes);
            let length = length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let (field, tail) = tail.split_at(length);
            rest = tail;
            field
        };
        let (_session, _suites, _compression) = (take(1), take(2), take(1));
        let mut extensions = take(2);
        while let [t1, t2, l1, l2, tail @ ..] = extensions {
            let (value, tail) = tail.split_at(usize::from(u16::from_be_bytes([*l1, *l2])));
            if u16::from_be_bytes([*t1, *t2]) == 43 {
                let pairs = value[1..].chunks_exact(2);
                return pairs
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                    .collect();
            }
            extensions = tail;
        }
        Vec::new()
    }

    #[test]
    fn offers_tls_1_3_and_nothing_older() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/v1", listener.local_addr().unwrap());
        let client = std::thread::spawn(move || Https::new().post(&url, b"{}"));
        let (mut stream, _) = listener.accept().unwrap();
        let mut record = vec![0; 5];
        stream.read_exact(&mut record).unwrap();
        let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
        record.resize(5 + length, 0);
        stream.read_exact(&mut record[5..]).unwrap();
        assert_eq!(offered_versions(&record), [0x0304]);
        drop(stream);
        assert_eq!(client.join().unwrap(), Err(NetworkError::Unreachable));
    }
}
