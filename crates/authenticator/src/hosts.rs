//! The real clock, network and device, for programs.

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand_core::{CryptoRngCore, OsRng, RngCore};
use rustls::crypto::CryptoProvider;
use skts_provisioning::institution::check_address;
#[cfg(target_os = "linux")]
use skts_vault::Tpm;
#[cfg(not(target_os = "linux"))]
use skts_vault::platform_hardware;
use skts_vault::{
    DeviceKeyBackend, KeyStore, MachineId, NoMachineId, machine_id, platform_key_store,
};
use ureq::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use crate::ports::{Clock, Device, MOST_REPLY_BYTES, Network, NetworkError, Reply, Steady};

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

    fn steady(&self) -> Option<Steady> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let since_boot = since_boot();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let since_boot = None;
        since_boot.or_else(since_start)
    }
}

/// Linux, Android: the time since the boot that has this id, sleep counted. Elsewhere these are no
/// names of the system's: on Windows anybody may make such a folder on the drive.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Option<Steady> {
    let read = |path| std::fs::read_to_string(path).ok();
    let boot = read("/proc/sys/kernel/random/boot_id")?.trim().to_owned();
    let uptime = read("/proc/uptime")?;
    let millis = uptime_millis(uptime.split_whitespace().next()?)?;
    (!boot.is_empty()).then_some(Steady { boot, millis })
}

/// `12345.67` seconds.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn uptime_millis(text: &str) -> Option<u64> {
    let (secs, hundredths) = text.split_once('.')?;
    let (secs, hundredths): (u64, u64) = (secs.parse().ok()?, hundredths.parse().ok()?);
    if hundredths > 99 {
        return None;
    }
    secs.checked_mul(1000)?.checked_add(hundredths * 10)
}

/// Elsewhere: the time since this program first asked. It says nothing to the next run.
fn since_start() -> Option<Steady> {
    static START: OnceLock<(Instant, String)> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "this is the host's clock")]
    let (start, run) = START.get_or_init(|| {
        let mut name = [0; 16];
        OsRng.fill_bytes(&mut name);
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        (Instant::now(), format!("run-{name}"))
    });
    Some(Steady {
        boot: run.clone(),
        millis: u64::try_from(start.elapsed().as_millis()).ok()?,
    })
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

/// This computer: its keystore, its security chip, its machine id, the system's generator.
pub struct ThisDevice {
    /// One keystore for each app id, so that a call that hangs stays the only one in flight.
    stores: Mutex<Vec<(String, Arc<dyn KeyStore>)>>,
    hardware: Option<Arc<dyn DeviceKeyBackend>>,
}

impl ThisDevice {
    /// Touches nothing yet. `tpm` is the device or simulator socket to use instead of the system's
    /// own (on Linux; Windows has its own way to it); `none` is to do without. Whatever is named, the
    /// service decides what it is worth.
    pub fn new(tpm: Option<PathBuf>) -> Self {
        Self {
            stores: Mutex::default(),
            hardware: hardware(tpm),
        }
    }
}

#[cfg(target_os = "linux")]
fn hardware(tpm: Option<PathBuf>) -> Option<Arc<dyn DeviceKeyBackend>> {
    let path = tpm.unwrap_or_else(|| Tpm::DEVICE.into());
    (path.as_os_str() != "none").then(|| Arc::new(Tpm::at(path)) as Arc<dyn DeviceKeyBackend>)
}

#[cfg(not(target_os = "linux"))]
fn hardware(tpm: Option<PathBuf>) -> Option<Arc<dyn DeviceKeyBackend>> {
    // The system has one way to it; all that can be chosen is to do without.
    tpm.is_none_or(|path| path.as_os_str() != "none")
        .then(platform_hardware)
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

    fn hardware(&self) -> Option<Arc<dyn DeviceKeyBackend>> {
        self.hardware.clone()
    }

    fn machine_id(&self) -> Result<MachineId, NoMachineId> {
        machine_id()
    }

    fn rng(&self) -> Box<dyn CryptoRngCore> {
        Box::new(OsRng)
    }

    fn label(&self) -> String {
        match computer_name().trim() {
            "" => std::env::consts::OS.to_owned(),
            name => name.to_owned(),
        }
    }
}

/// The name the customer gave the computer, where the system says it plainly.
#[cfg(not(windows))]
fn computer_name() -> String {
    std::fs::read_to_string("/etc/hostname").unwrap_or_default()
}

#[cfg(windows)]
fn computer_name() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the system's own variable, in the host"
    )]
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_clock_goes_forward_in_one_run() {
        for read in [since_start as fn() -> Option<Steady>, || {
            SystemClock.steady()
        }] {
            let (first, second) = (read().unwrap(), read().unwrap());
            assert_eq!(first.boot, second.boot);
            assert!(!first.boot.is_empty() && first.millis <= second.millis);
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn the_time_since_the_boot_is_read_from_the_system() {
        assert!(since_boot().is_some());
        assert_eq!(uptime_millis("12345.67"), Some(12_345_670));
        for bad in ["", "1", "1.x", "-1.00", "1.100", "99999999999999999999.00"] {
            assert_eq!(uptime_millis(bad), None, "{bad}");
        }
    }

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
