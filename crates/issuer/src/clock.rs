//! Time and randomness as arguments.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRngCore, SeedableRng};
use skts_otp::UnixTime;

/// The service's clock. The only clock a verdict depends on.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the host's clock")]
    fn now(&self) -> UnixTime {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UnixTime::from_secs(since.as_secs())
    }
}

/// The service's generator, shared by its requests.
pub struct Entropy(Mutex<Box<dyn CryptoRngCore + Send>>);

impl Entropy {
    /// Wraps a generator.
    pub fn new(rng: impl CryptoRngCore + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(rng)))
    }

    /// A generator of its own, seeded from this one.
    pub(crate) fn fork(&self) -> ChaCha20Rng {
        let mut seed = <ChaCha20Rng as SeedableRng>::Seed::default();
        self.with(|rng| rng.fill_bytes(&mut seed));
        ChaCha20Rng::from_seed(seed)
    }

    /// Lends the generator to `f`. Never across an await.
    pub fn with<T>(&self, f: impl FnOnce(&mut &mut dyn CryptoRngCore) -> T) -> T {
        let mut rng = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut rng: &mut dyn CryptoRngCore = &mut **rng;
        f(&mut rng)
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
