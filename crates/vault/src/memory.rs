//! A keystore in memory, for tests only.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use skts_sealed::SecretBytes;

use crate::{KeyStore, KeyStoreError, KeyStoreKind};

/// A keystore that forgets everything when it is dropped. Tests use it; programs must not.
#[derive(Default)]
pub struct MemoryKeyStore {
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    items: BTreeMap<String, Vec<u8>>,
    failure: Option<KeyStoreError>,
}

impl MemoryKeyStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every call gives this error (`None`: works again).
    pub fn fail_with(&self, error: Option<KeyStoreError>) {
        self.content().failure = error;
    }

    /// A copy of everything in the store.
    pub fn items(&self) -> BTreeMap<String, Vec<u8>> {
        self.content().items.clone()
    }

    /// Replaces everything in the store.
    pub fn set_items(&self, items: BTreeMap<String, Vec<u8>>) {
        self.content().items = items;
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn working(&self) -> Result<MutexGuard<'_, Content>, KeyStoreError> {
        let content = self.content();
        match content.failure {
            Some(error) => Err(error),
            None => Ok(content),
        }
    }
}

impl KeyStore for MemoryKeyStore {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        self.working()?
            .items
            .insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        let content = self.working()?;
        let value = content.items.get(name).ok_or(KeyStoreError::Missing)?;
        Ok(SecretBytes::from_slice(value))
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.working()?
            .items
            .remove(name)
            .map(|_| ())
            .ok_or(KeyStoreError::Missing)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.working().map(|_| ())
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::Memory
    }
}
