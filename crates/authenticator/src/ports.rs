//! What the use cases ask of their host: the time, the network and the device.

use std::sync::Arc;

use rand_core::CryptoRngCore;
use skts_otp::UnixTime;
use skts_vault::{DeviceKeyBackend, KeyStore, MachineId, NoMachineId};

/// The wall clock. Read anew for every code, so that a clock that jumps, or a computer that
/// wakes, never shows an old code.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_millis(&self) -> u64;

    /// Whole seconds since the Unix epoch.
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.now_millis() / 1000)
    }

    /// The clock that nobody sets, if there is one: by it a jump of the wall clock is found.
    fn steady(&self) -> Option<Steady>;
}

/// A reading of a clock that only goes forward, asleep or awake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steady {
    /// Names the run of the computer, or of the program, it counts in: readings of two runs cannot
    /// be compared.
    pub boot: String,
    /// Milliseconds since some moment of that run.
    pub millis: u64,
}

/// An answer of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body, at most [`MOST_REPLY_BYTES`].
    pub body: Vec<u8>,
    /// The `Retry-After` header, when it is a number of seconds.
    pub retry_after_secs: Option<u32>,
}

/// Longest body a host reads before it gives up.
pub const MOST_REPLY_BYTES: usize = 64 * 1024;

/// Why no answer came. Whether the request reached the service is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// No connection, a broken one, or no answer in time.
    #[error("the service could not be reached")]
    Unreachable,
    /// The answer is longer than [`MOST_REPLY_BYTES`] or no HTTP.
    #[error("the answer is not one of this service's")]
    Unreadable,
    /// The address is not `https`, nor `http` to this computer.
    #[error("the address is not allowed")]
    Address,
}

/// Sends requests to the service.
pub trait Network: Send + Sync {
    /// Posts `body` (JSON) to `url` and waits for the answer.
    ///
    /// Blocks; never called on a window's thread. Follows no redirect.
    ///
    /// # Errors
    /// [`NetworkError`]; every HTTP status is an `Ok` reply.
    fn post(&self, url: &str, body: &[u8]) -> Result<Reply, NetworkError>;
}

/// The device: its keystore, its identity and its generator.
pub trait Device: Send + Sync {
    /// The keystore for the items of `app_id`. The same one each time it can be, so that a call
    /// that hangs stays the only one in flight.
    fn key_store(&self, app_id: &str) -> Arc<dyn KeyStore>;

    /// The hardware in which device keys are made, where there may be some.
    fn hardware(&self) -> Option<Arc<dyn DeviceKeyBackend>> {
        None
    }

    /// Which machine this is.
    ///
    /// # Errors
    /// [`NoMachineId`] if the system does not say.
    fn machine_id(&self) -> Result<MachineId, NoMachineId>;

    /// The generator keys are made with.
    fn rng(&self) -> Box<dyn CryptoRngCore>;

    /// What the customer knows the device by; told to the service.
    fn label(&self) -> String;
}
