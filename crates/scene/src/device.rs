//! The device of a scene: a keystore in memory, a machine's name, a generator that begins with the scene.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, CryptoRngCore, RngCore, SeedableRng};
use skts_authenticator::ports::Device;
use skts_sealed::SecretBytes;
use skts_vault::{KeyStore, KeyStoreError, KeyStoreKind, MachineId, MemoryKeyStore, NoMachineId};

/// Longer than any picture takes.
const FOR_EVER: Duration = Duration::from_secs(3600);
const MACHINE: &str = "0123456789abcdef0123456789abcdef";
const OTHER_MACHINE: &str = "fedcba9876543210fedcba9876543210";

/// One generator for all who draw from it, in the order they do.
#[derive(Clone)]
pub(crate) struct SceneRng(Arc<Mutex<ChaCha20Rng>>);

impl SceneRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut ChaCha20Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RngCore for SceneRng {
    fn next_u32(&mut self) -> u32 {
        self.with(RngCore::next_u32)
    }

    fn next_u64(&mut self) -> u64 {
        self.with(RngCore::next_u64)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.with(|rng| rng.fill_bytes(bytes));
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.with(|rng| rng.try_fill_bytes(bytes))
    }
}

impl CryptoRng for SceneRng {}

/// A keystore in memory that goes by the name of the desktop's, and may stop answering.
#[derive(Default)]
pub(crate) struct SceneKeyStore {
    pub(crate) memory: MemoryKeyStore,
    waits: Mutex<bool>,
}

impl SceneKeyStore {
    /// From now on no call is answered.
    pub(crate) fn wait(&self) {
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn answer(&self) -> &MemoryKeyStore {
        if *self.waits.lock().unwrap_or_else(PoisonError::into_inner) {
            std::thread::sleep(FOR_EVER);
        }
        &self.memory
    }
}

impl KeyStore for SceneKeyStore {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        self.answer().put(name, value)
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.answer().get(name)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.answer().delete(name)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.answer().probe()
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::SecretService
    }
}

/// Which machine a device says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    Own,
    Other,
    None,
}

pub(crate) struct SceneDevice {
    pub(crate) store: Arc<SceneKeyStore>,
    pub(crate) rng: SceneRng,
    machine: Mutex<Machine>,
}

impl SceneDevice {
    pub(crate) fn new(rng: SceneRng) -> Self {
        Self {
            store: Arc::default(),
            rng,
            machine: Mutex::new(Machine::Own),
        }
    }

    pub(crate) fn move_to(&self, machine: Machine) {
        *self.machine.lock().unwrap_or_else(PoisonError::into_inner) = machine;
    }
}

impl Device for SceneDevice {
    fn key_store(&self, _app_id: &str) -> Arc<dyn KeyStore> {
        Arc::clone(&self.store) as Arc<dyn KeyStore>
    }

    fn machine_id(&self) -> Result<MachineId, NoMachineId> {
        match *self.machine.lock().unwrap_or_else(PoisonError::into_inner) {
            Machine::Own => MachineId::from_system_text(MACHINE),
            Machine::Other => MachineId::from_system_text(OTHER_MACHINE),
            Machine::None => Err(NoMachineId),
        }
    }

    fn rng(&self) -> Box<dyn CryptoRngCore> {
        Box::new(self.rng.clone())
    }

    fn label(&self) -> String {
        "mihon".to_owned()
    }
}
