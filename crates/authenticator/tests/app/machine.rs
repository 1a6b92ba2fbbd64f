//! The machine an app runs on, in memory: its clocks, its keystore, its identifier, its folders.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rand_core::{CryptoRngCore, OsRng};
use skts_authenticator::ports::{Clock, Device, Steady};
use skts_vault::{DeviceKeyBackend, KeyStore, MachineId, MemoryKeyStore, NoMachineId};

/// A clock that is set.
pub(crate) struct SetClock {
    wall_ms: AtomicU64,
    steady_ms: AtomicU64,
    boot: AtomicU64,
}

impl SetClock {
    pub(crate) fn at(secs: u64) -> Self {
        Self {
            wall_ms: AtomicU64::new(secs * 1000),
            steady_ms: AtomicU64::new(50_000),
            boot: AtomicU64::new(1),
        }
    }

    /// Sets the wall clock, as a customer does.
    pub(crate) fn set(&self, secs: u64) {
        let millis = secs.saturating_mul(1000);
        self.wall_ms.store(millis, Ordering::SeqCst);
    }

    /// Time passes.
    pub(crate) fn pass(&self, secs: u64) {
        self.wall_ms.fetch_add(secs * 1000, Ordering::SeqCst);
        self.steady_ms.fetch_add(secs * 1000, Ordering::SeqCst);
    }

    /// The computer starts anew.
    pub(crate) fn reboot(&self) {
        self.boot.fetch_add(1, Ordering::SeqCst);
        self.steady_ms.store(1000, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now_millis(&self) -> u64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn steady(&self) -> Option<Steady> {
        Some(Steady {
            boot: self.boot.load(Ordering::SeqCst).to_string(),
            millis: self.steady_ms.load(Ordering::SeqCst),
        })
    }
}

/// A device whose keystore is in memory and whose machine id is set.
pub(crate) struct FakeDevice {
    pub(crate) store: Arc<MemoryKeyStore>,
    pub(crate) machine: Mutex<String>,
    pub(crate) hardware: Mutex<Option<Arc<dyn DeviceKeyBackend>>>,
}

impl Device for FakeDevice {
    fn key_store(&self, _app_id: &str) -> Arc<dyn KeyStore> {
        Arc::clone(&self.store) as Arc<dyn KeyStore>
    }

    fn hardware(&self) -> Option<Arc<dyn DeviceKeyBackend>> {
        self.hardware.lock().unwrap().clone()
    }

    fn machine_id(&self) -> Result<MachineId, NoMachineId> {
        MachineId::from_system_text(&self.machine.lock().unwrap())
    }

    fn rng(&self) -> Box<dyn CryptoRngCore> {
        Box::new(OsRng)
    }

    fn label(&self) -> String {
        "a\u{7}device".to_owned()
    }
}

/// Copies a folder whole; what was there before is gone.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
