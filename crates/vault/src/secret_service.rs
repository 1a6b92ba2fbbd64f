//! Linux: a provider of the freedesktop Secret Service.
//!
//! The store below gives `NoEntry` both for an item that is gone and where there is no default
//! collection to hold one, and one kind of failure for most of the rest. So whatever it answers
//! but success is looked at again by asking the provider, without any prompt:
//! ```text
//! no session bus, or nobody owns or can start org.freedesktop.secrets ─► Absent
//! the alias "default" names no collection                              ─► Absent
//! the default collection is locked                                     ─► Locked
//! otherwise what the store said: NoEntry ─► Missing, …
//! ```
//! A locked collection makes the store ask the customer to unlock it. Where there is nobody to
//! ask the call comes back (`Locked`); where nobody answers it never does, and [`Worker`] says
//! `Slow`.
//!
//! [`Worker`]: crate::Worker

use std::sync::Arc;

use skts_sealed::SecretBytes;
use zbus::blocking::{Connection, Proxy, connection, fdo::DBusProxy};
use zbus::names::BusName;
use zbus::zvariant::OwnedObjectPath;

use crate::keyring::Keyring;
use crate::worker::TIME_LIMIT;
use crate::{KeyStore, KeyStoreError, KeyStoreKind};

const SECRETS: &str = "org.freedesktop.secrets";
const SECRETS_PATH: &str = "/org/freedesktop/secrets";
const NO_OBJECT: &str = "/";

pub(crate) struct SecretService(Keyring);

pub(crate) fn open(app_id: &str) -> SecretService {
    SecretService(Keyring::new(app_id, &[("label", LABEL)], || {
        let store: Arc<_> = zbus_secret_service_keyring_store::Store::new()?;
        Ok(store)
    }))
}

/// What the keyring's own window shows for an item: no name and no serial.
const LABEL: &str = "One-time password token";

impl SecretService {
    fn explain<T>(&self, answer: Result<T, KeyStoreError>) -> Result<T, KeyStoreError> {
        answer.map_err(|error| match error {
            KeyStoreError::Missing | KeyStoreError::Locked | KeyStoreError::Refused => {
                probe_provider().err().unwrap_or(error)
            }
            other => other,
        })
    }
}

impl KeyStore for SecretService {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        self.explain(self.0.put(name, value))
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.explain(self.0.get(name))
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.explain(self.0.delete(name))
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        probe_provider()
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::SecretService
    }
}

/// Asks, without a prompt, whether there is a provider with an open default collection.
fn probe_provider() -> Result<(), KeyStoreError> {
    // A connection of its own: the store's may be the one that waits for a prompt.
    let bus = connection::Builder::session()
        .and_then(|builder| builder.method_timeout(TIME_LIMIT).build())
        .map_err(|_| KeyStoreError::Absent)?;
    if !has_provider(&bus).map_err(|_| KeyStoreError::Refused)? {
        return Err(KeyStoreError::Absent);
    }
    // A provider that is named and cannot be started is none.
    let service = Proxy::new(
        &bus,
        SECRETS,
        SECRETS_PATH,
        "org.freedesktop.Secret.Service",
    )
    .map_err(|_| KeyStoreError::Absent)?;
    let default: OwnedObjectPath = service
        .call("ReadAlias", &("default",))
        .map_err(|_| KeyStoreError::Absent)?;
    if default.as_str() == NO_OBJECT {
        return Err(KeyStoreError::Absent);
    }
    let collection = Proxy::new(&bus, SECRETS, default, "org.freedesktop.Secret.Collection")
        .map_err(|_| KeyStoreError::Refused)?;
    match collection.get_property::<bool>("Locked") {
        Ok(false) => Ok(()),
        Ok(true) => Err(KeyStoreError::Locked),
        Err(_) => Err(KeyStoreError::Refused),
    }
}

fn has_provider(bus: &Connection) -> zbus::Result<bool> {
    let names = DBusProxy::new(bus)?;
    if names.name_has_owner(BusName::try_from(SECRETS)?)? {
        return Ok(true);
    }
    Ok(names
        .list_activatable_names()?
        .iter()
        .any(|name| name.as_str() == SECRETS))
}
