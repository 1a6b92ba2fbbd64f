//! The data protection keychain.
//!
//! Items open while the device is unlocked and go into no backup and to no other device.

use skts_sealed::SecretBytes;

use super::status;
use crate::keyring::Keyring;
use crate::{KeyStore, KeyStoreError, KeyStoreKind};

pub(crate) struct AppleKeychain(Keyring);

pub(crate) fn open(app_id: &str) -> AppleKeychain {
    AppleKeychain(Keyring::new(
        app_id,
        &[("access-policy", "when-unlocked-this-device-only")],
        || Ok(apple_native_keyring_store::protected::Store::new()?),
    ))
}

impl KeyStore for AppleKeychain {
    /// An item that is there is removed first: the system would keep its old access policy.
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        match self.0.delete(name) {
            Ok(()) | Err(KeyStoreError::Missing) => self.0.put(name, value),
            Err(error) => Err(error),
        }
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.0.get(name)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.0.delete(name)
    }

    /// Asks for an item that is never there: only a call tells whether this build may make any.
    fn probe(&self) -> Result<(), KeyStoreError> {
        match self.0.get("probe") {
            Ok(_) | Err(KeyStoreError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::AppleKeychain
    }
}

/// What the store calls a failure of the platform, by the system's status inside it.
pub(crate) fn platform_failure(cause: &(dyn std::error::Error + 'static)) -> KeyStoreError {
    cause
        .downcast_ref::<security_framework::base::Error>()
        .map_or(KeyStoreError::Locked, |error| {
            status::of_keychain(i64::from(error.code()))
        })
}
