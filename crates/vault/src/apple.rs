//! macOS and iOS: the data protection keychain.
//!
//! Items open while the device is unlocked and go into no backup and to no other device.

use skts_sealed::SecretBytes;

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
            Ok(()) | Err(KeyStoreError::Missing) => self.0.put(name, value).map_err(say_locked),
            Err(error) => Err(say_locked(error)),
        }
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.0.get(name).map_err(say_locked)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.0.delete(name).map_err(say_locked)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.0.reach()
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::AppleKeychain
    }
}

/// A locked device, a dismissed request and a failed one are all the store's one "failure"; what
/// the customer can do about each is the same.
fn say_locked(error: KeyStoreError) -> KeyStoreError {
    match error {
        KeyStoreError::Refused => KeyStoreError::Locked,
        other => other,
    }
}
