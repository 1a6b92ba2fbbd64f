//! The keystore as the device key sees it: what is locked by a PIN reads as if it were not, once the
//! PIN was given.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use skts_sealed::SecretBytes;

use super::item::Lock;
use crate::record::RecordError;
use crate::{KeyStore, KeyStoreError, KeyStoreKind};

/// A keystore in which the device's item may be locked. What opens it is in memory while the profile
/// is open, and of no use without the item.
pub(crate) struct PinStore {
    below: Arc<dyn KeyStore>,
    device_item: String,
    pad: Mutex<Option<SecretBytes>>,
    met_lock: AtomicBool,
}

impl PinStore {
    pub(crate) fn new(below: Arc<dyn KeyStore>, device_item: String) -> Self {
        Self {
            below,
            device_item,
            pad: Mutex::new(None),
            met_lock: AtomicBool::new(false),
        }
    }

    /// The keystore itself.
    pub(crate) fn below(&self) -> &Arc<dyn KeyStore> {
        &self.below
    }

    /// From now on what is locked is opened with this; `None`: is not.
    pub(crate) fn hold(&self, pad: Option<SecretBytes>) {
        *self.pad() = pad;
    }

    pub(crate) fn holds_pad(&self) -> bool {
        self.pad().is_some()
    }

    /// Whether `pad` is what it opens with; compared in constant time.
    pub(crate) fn is_held(&self, pad: &SecretBytes) -> bool {
        self.pad().as_ref().is_some_and(|held| held.ct_eq(pad))
    }

    /// The device's item was asked for and is locked.
    pub(crate) fn met_lock(&self) -> bool {
        self.met_lock.load(Ordering::SeqCst)
    }

    fn pad(&self) -> MutexGuard<'_, Option<SecretBytes>> {
        self.pad.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for PinStore {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        self.below.put(name, value)
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        let bytes = self.below.get(name)?;
        if name != self.device_item {
            return Ok(bytes);
        }
        let lock = match Lock::decode(&bytes) {
            Ok(None) => return Ok(bytes),
            Ok(Some(lock)) => lock,
            Err(RecordError::Damaged | RecordError::NewerFormat) => {
                return Err(KeyStoreError::Damaged);
            }
        };
        match (lock, self.pad().as_ref()) {
            (Lock::Closed(closed), Some(pad)) => Ok(closed.open(pad)),
            _ => {
                self.met_lock.store(true, Ordering::SeqCst);
                Err(KeyStoreError::Locked)
            }
        }
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.below.delete(name)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.below.probe()
    }

    fn kind(&self) -> KeyStoreKind {
        self.below.kind()
    }
}
