//! The running service: its storage, keys, clock and generator in one place.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use skts_otp::UnixTime;
use tokio::sync::Semaphore;

use crate::attestation::AttestationError;
use crate::clock::{Clock, Entropy};
use crate::config::Config;
use crate::keys::{KeyError, ServiceKeys};
use crate::metrics::Metrics;
use crate::rules::address;
use crate::rules::allowance::CallLimits;
use crate::rules::attestation::Trust;
use crate::storage::bank_keys::{self, BankKeyRow};
use crate::storage::{Storage, StorageError};

/// A token service.
pub struct Issuer {
    pub(crate) storage: Storage,
    pub(crate) keys: ServiceKeys,
    pub(crate) entropy: Entropy,
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    /// Calls under way, whichever way they came in.
    pub(crate) calls: Arc<Semaphore>,
    clock: Box<dyn Clock>,
    /// What device keys in hardware are believed by.
    trust: RwLock<Arc<Trust>>,
    provisioning_limits: Mutex<CallLimits<IpAddr>>,
    bank_limits: Mutex<CallLimits<[u8; 32]>>,
    known_keys: Mutex<HashMap<[u8; 32], KnownKey>>,
    /// The last seal of the audit trail that this process added to the anchor file.
    anchored: AtomicU64,
}

/// A bank's key that was looked up lately.
#[derive(Debug)]
struct KnownKey {
    key: BankKeyRow,
    until: UnixTime,
}

/// How long a key is known without asking the database again: a key taken away works no longer.
const KEY_KNOWN_SECS: u64 = 5;
/// Keys known at once; beyond it all are forgotten.
const MOST_KNOWN_KEYS: usize = 10_000;

impl Issuer {
    /// Opens the service of `config.data`, which `init` made.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        config: Config,
        clock: impl Clock + 'static,
        entropy: Entropy,
    ) -> Result<Self, OpenError> {
        let keys = ServiceKeys::open(&config.data, config.hsm.as_ref())?;
        let trust = RwLock::new(Arc::new(config.attestation.load()?));
        let storage = Storage::open(&config.place(), false).await?;
        let provisioning_limits = CallLimits::new(config.provisioning_allowance());
        let calls = Arc::new(Semaphore::new(config.calls_at_once));
        let bank_limits = CallLimits::new(config.bank_allowance());
        Ok(Self {
            storage,
            keys,
            entropy,
            config,
            metrics: Metrics::new(),
            calls,
            clock: Box::new(clock),
            trust,
            provisioning_limits: Mutex::new(provisioning_limits),
            bank_limits: Mutex::new(bank_limits),
            known_keys: Mutex::default(),
            anchored: AtomicU64::new(0),
        })
    }

    /// Makes a new service in `config.data`: keys first, then an empty database.
    ///
    /// # Errors
    /// [`OpenError`]; what is there already is left as it is.
    pub async fn init(config: &Config, entropy: &Entropy) -> Result<(), OpenError> {
        std::fs::create_dir_all(&config.data).map_err(|error| KeyError::Disk(error.kind()))?;
        entropy.with(|rng| ServiceKeys::make(&config.data, config.hsm.as_ref(), rng))?;
        Storage::open(&config.place(), true).await?.close().await;
        Ok(())
    }

    /// Where measurements are shown, if anywhere.
    pub fn metrics_listen(&self) -> Option<std::net::SocketAddr> {
        self.config.metrics_listen
    }

    /// The service's time.
    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(crate) fn trust(&self) -> Arc<Trust> {
        Arc::clone(&self.trust.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_trust(&self, trust: Arc<Trust>) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = trust;
    }

    /// The bank's key with this hash, if there is one that has not ended.
    pub(crate) async fn bank_key(
        &self,
        key_hash: &[u8; 32],
    ) -> Result<Option<BankKeyRow>, StorageError> {
        let now = self.now();
        let good = |key: &BankKeyRow| key.ends_at.is_none_or(|end| now < end);
        let known = |keys: &HashMap<[u8; 32], KnownKey>| {
            let known = keys.get(key_hash).filter(|known| now < known.until)?;
            Some(known.key.clone())
        };
        if let Some(found) = known(&lock(&self.known_keys)) {
            return Ok(Some(found).filter(good));
        }
        let mut connection = self.storage.read().await?;
        let found = bank_keys::find(&mut connection, key_hash).await?;
        if let Some(key) = &found {
            let mut keys = lock(&self.known_keys);
            if keys.len() >= MOST_KNOWN_KEYS {
                keys.clear();
            }
            let until = now.saturating_add_secs(KEY_KNOWN_SECS);
            let key = key.clone();
            keys.insert(*key_hash, KnownKey { key, until });
        }
        Ok(found.filter(good))
    }

    pub(crate) fn is_anchored(&self, up_to: u64) -> bool {
        self.anchored.load(Ordering::Relaxed) >= up_to
    }

    pub(crate) fn note_anchored(&self, up_to: u64) {
        self.anchored.fetch_max(up_to, Ordering::Relaxed);
    }

    /// Takes one provisioning call of `address`, or says how many seconds to wait.
    pub(crate) fn take_provisioning_call(&self, address: IpAddr) -> Result<(), u64> {
        let now = self.now();
        lock(&self.provisioning_limits).take(address::network(address), now)
    }

    /// Takes one call of the bank's key with this hash, or says how many seconds to wait.
    pub(crate) fn take_bank_call(&self, key_hash: [u8; 32]) -> Result<(), u64> {
        let now = self.now();
        lock(&self.bank_limits).take(key_hash, now)
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a service cannot be opened or made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The attestation roots.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
