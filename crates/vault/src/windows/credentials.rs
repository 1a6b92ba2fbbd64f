//! Credential Manager, for this machine only.

use std::collections::HashMap;

use skts_sealed::SecretBytes;

use crate::keyring::Keyring;
use crate::{KeyStore, KeyStoreError, KeyStoreKind};

pub(crate) struct WindowsCredentials(Keyring);

pub(crate) fn open(app_id: &str) -> WindowsCredentials {
    // `Local`: the store's default would roam with the account. The name of an item is
    // `<name>/<application>`; the store checks that the application has no divider in it, so that
    // two names cannot meet, and an application's identifier has dots.
    WindowsCredentials(Keyring::new(app_id, &[("persistence", "Local")], || {
        let config = HashMap::from([("divider", "/"), ("service_no_divider", "true")]);
        Ok(windows_native_keyring_store::Store::new_with_configuration(
            &config,
        )?)
    }))
}

impl KeyStore for WindowsCredentials {
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
        KeyStoreKind::WindowsCredentials
    }
}
