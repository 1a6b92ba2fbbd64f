//! What the stores of `keyring-core` have in common.
//!
//! Values are kept as base64 text, because KDE's wallet keeps nothing but UTF-8. Errors of the
//! stores are mapped here and their payloads dropped: some hold the secret itself, and their
//! `Debug` prints it. They are never formatted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use skts_sealed::SecretBytes;
use zeroize::Zeroizing;

use crate::KeyStoreError;

/// The longest value: base64 of it stays under the 2560 bytes that Windows allows.
pub(crate) const VALUE_LIMIT_BYTES: usize = 1800;

pub(crate) type Store = Arc<dyn CredentialStoreApi + Send + Sync>;

/// A store that is opened at the first call, and opened again if it fails.
pub(crate) struct Keyring {
    app_id: String,
    modifiers: &'static [(&'static str, &'static str)],
    open: fn() -> keyring_core::Result<Store>,
    store: Mutex<Option<Store>>,
}

impl Keyring {
    pub(crate) fn new(
        app_id: &str,
        modifiers: &'static [(&'static str, &'static str)],
        open: fn() -> keyring_core::Result<Store>,
    ) -> Self {
        Self {
            app_id: app_id.to_owned(),
            modifiers,
            open,
            store: Mutex::new(None),
        }
    }

    pub(crate) fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        if value.len() > VALUE_LIMIT_BYTES {
            return Err(KeyStoreError::Refused);
        }
        let text = Zeroizing::new(STANDARD.encode(value));
        self.with_entry(name, |entry| entry.set_secret(text.as_bytes()))
    }

    pub(crate) fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        let text = self.with_entry(name, |entry| entry.get_secret().map(Zeroizing::new))?;
        STANDARD
            .decode(&*text)
            .map(SecretBytes::new)
            .map_err(|_| KeyStoreError::Damaged)
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.with_entry(name, |entry| entry.delete_credential())
    }

    /// Opens the store and does nothing with it; the other systems have a better way to look.
    #[cfg(any(windows, target_os = "android"))]
    pub(crate) fn reach(&self) -> Result<(), KeyStoreError> {
        self.store().map(|_| ()).map_err(map_error)
    }

    /// Every call may be made twice with the same outcome, so a store whose other side has gone
    /// away meanwhile is opened again, once.
    fn with_entry<T>(
        &self,
        name: &str,
        call: impl Fn(&Entry) -> keyring_core::Result<T>,
    ) -> Result<T, KeyStoreError> {
        let attempt = || call(&self.entry(name)?);
        match attempt() {
            Err(Error::PlatformFailure(_)) if self.close() => attempt().map_err(map_error),
            other => other.map_err(map_error),
        }
    }

    fn entry(&self, name: &str) -> keyring_core::Result<Entry> {
        let store = self.store()?;
        let modifiers: HashMap<&str, &str> = self.modifiers.iter().copied().collect();
        // Android's store refuses any modifiers, even none in a map.
        let modifiers = (!modifiers.is_empty()).then_some(&modifiers);
        store.build(&self.app_id, name, modifiers)
    }

    fn store(&self) -> keyring_core::Result<Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = store.as_ref() {
            return Ok(Arc::clone(open));
        }
        let opened = (self.open)()?;
        *store = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Tells whether there was an open store to let go of.
    fn close(&self) -> bool {
        self.store
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .is_some()
    }
}

/// Keeps the kind of the error and nothing of what it carries.
pub(crate) fn map_error(error: Error) -> KeyStoreError {
    match error {
        Error::NoEntry => KeyStoreError::Missing,
        Error::NoStorageAccess(_) => KeyStoreError::Locked,
        Error::NoDefaultStore => KeyStoreError::Absent,
        Error::BadEncoding(_)
        | Error::BadDataFormat(..)
        | Error::BadStoreFormat(_)
        | Error::Ambiguous(_) => KeyStoreError::Damaged,
        #[cfg(any(target_os = "macos", target_os = "ios"))]
        Error::PlatformFailure(cause) => crate::apple::platform_failure(cause.as_ref()),
        _ => KeyStoreError::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every error of the stores, built around a secret, leaves no trace of it on our side.
    #[test]
    fn drops_what_the_errors_of_the_stores_carry() {
        const PLANTED: &str = "planted-secret-0f1e2d";
        let bytes = || PLANTED.as_bytes().to_vec();
        let text = || PLANTED.to_owned();
        let errors = || {
            vec![
                Error::PlatformFailure(text().into()),
                Error::NoStorageAccess(text().into()),
                Error::NoEntry,
                Error::BadEncoding(bytes()),
                Error::BadDataFormat(bytes(), text().into()),
                Error::BadStoreFormat(text()),
                Error::TooLong(text(), 1),
                Error::Invalid(text(), text()),
                Error::Ambiguous(Vec::new()),
                Error::NoDefaultStore,
                Error::NotSupportedByStore(text()),
            ]
        };
        let carrying = errors()
            .iter()
            .filter(|error| error.to_string().contains(PLANTED))
            .count();
        assert!(carrying >= 5, "the control: the secret is really inside");
        for error in errors() {
            let mapped = map_error(error);
            let shown = format!("{mapped:?} {mapped}");
            assert!(
                !shown.contains(PLANTED) && !shown.contains("112, 108, 97"),
                "{shown}"
            );
        }
    }
}
