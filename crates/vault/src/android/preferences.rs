//! Android: preferences sealed under a key of the Android Keystore.
//!
//! The preferences file must be left out of every backup and transfer: restored without its key
//! it reads as damaged.

use std::collections::HashMap;

use skts_sealed::SecretBytes;

use crate::keyring::Keyring;
use crate::{KeyStore, KeyStoreError, KeyStoreKind};

pub(crate) struct AndroidKeystore(Keyring);

pub(crate) fn open(app_id: &str) -> AndroidKeystore {
    // This store accepts no modifiers.
    AndroidKeystore(Keyring::new(app_id, &[], || {
        let config = HashMap::from([("name", "token")]);
        Ok(android_native_keyring_store::Store::new_with_configuration(
            &config,
        )?)
    }))
}

impl KeyStore for AndroidKeystore {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        self.0.put(name, value)
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.0.get(name)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.0.delete(name)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.0.reach()
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::AndroidKeystore
    }
}
