//! A keystore in memory, for tests only.
use std::collections::BTreeMap;

use skts_sealed::SecretBytes;

use crate::{KeyStore, KeyStoreError, KeyStoreKind};

/// A keystore that forgets everything when it is dropped. Tests use it; programs must not.
#[derive(Default)]
pub struct MemoryKeyStore {}

impl MemoryKeyStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every call gives this error (`None`: works again).
    pub fn fail_with(&self, error: Option<KeyStoreError>) {
        let _ = error;
        todo!()
    }

    /// A copy of everything in the store.
    pub fn items(&self) -> BTreeMap<String, Vec<u8>> {
        todo!()
    }

    /// Replaces everything in the store.
    pub fn set_items(&self, items: BTreeMap<String, Vec<u8>>) {
        let _ = items;
        todo!()
    }
}

impl KeyStore for MemoryKeyStore {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        let _ = (name, value);
        todo!()
    }
    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        let _ = name;
        todo!()
    }
    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        let _ = name;
        todo!()
    }
    fn probe(&self) -> Result<(), KeyStoreError> {
        todo!()
    }
    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::Memory
    }
}
