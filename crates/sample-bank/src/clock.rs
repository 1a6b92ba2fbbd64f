//! Time and randomness as arguments.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use rand_core::CryptoRngCore;
use skts_otp::UnixTime;

/// The bank's clock.
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

/// The bank's generator, shared by its requests.
pub struct Entropy(Mutex<Box<dyn CryptoRngCore + Send>>);

impl Entropy {
    /// Wraps a generator.
    pub fn new(rng: impl CryptoRngCore + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(rng)))
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }

    /// `N` random bytes as lower-case hexadecimal.
    pub(crate) fn hex<const N: usize>(&self) -> String {
        hex::encode(self.bytes::<N>())
    }

    /// A number below `end`, each equally likely. `end` is 1 to 128.
    pub(crate) fn below(&self, end: u8) -> u8 {
        let end = end.max(1);
        // The largest multiple of `end` a byte reaches: what lies above would favour small numbers.
        let fair = u8::MAX - u8::MAX % end;
        loop {
            let [byte] = self.bytes::<1>();
            if byte < fair {
                return byte % end;
            }
        }
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
