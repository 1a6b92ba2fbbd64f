//! The running service: its storage, keys, clock and generator in one place.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Mutex;

use skts_otp::UnixTime;

use crate::clock::{Clock, Entropy};
use crate::config::Config;
use crate::keys::{KeyError, ServiceKeys};
use crate::rules::address::AddressLimits;
use crate::storage::{Storage, StorageError};

/// A token service.
pub struct Issuer {
    pub(crate) storage: Storage,
    pub(crate) keys: ServiceKeys,
    pub(crate) entropy: Entropy,
    pub(crate) config: Config,
    clock: Box<dyn Clock>,
    provisioning_limits: Mutex<AddressLimits>,
}

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
        let keys = ServiceKeys::open(&config.data)?;
        let storage = Storage::open(&database_path(&config.data)).await?;
        let limits = AddressLimits::new(config.provisioning_allowance());
        Ok(Self {
            storage,
            keys,
            entropy,
            config,
            clock: Box::new(clock),
            provisioning_limits: Mutex::new(limits),
        })
    }

    /// Makes a new service in `folder`: keys first, then an empty database.
    ///
    /// # Errors
    /// [`OpenError`]; what is there already is left as it is.
    pub async fn init(folder: &Path, entropy: &Entropy) -> Result<(), OpenError> {
        std::fs::create_dir_all(folder).map_err(|error| KeyError::Disk(error.kind()))?;
        entropy.with(|rng| ServiceKeys::make(folder, rng))?;
        Storage::create(&database_path(folder)).await?;
        Ok(())
    }

    /// The service's time.
    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Takes one provisioning call of `address`, or says how many seconds to wait.
    pub(crate) fn take_provisioning_call(&self, address: IpAddr) -> Result<(), u64> {
        let now = self.now();
        self.provisioning_limits
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take(address, now)
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn database_path(folder: &Path) -> std::path::PathBuf {
    folder.join("issuer.sqlite")
}

/// Why a service cannot be opened or made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
