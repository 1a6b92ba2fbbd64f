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
//! What providers do in their own ways, as seen with GNOME's keyring 42, KeePassXC 2.7 and KWallet 5.103:
//! - A locked KWallet shows none of its items, so the store finds nothing that it could ask to be
//!   unlocked. No item is called missing before its collection was unlocked.
//! - KWallet calls a collection locked until this program has unlocked it, also while the wallet is
//!   open and no question would come; whether it is, its own interface tells.
//!
//! [`Worker`]: crate::Worker

use std::sync::Arc;

use secret_service::EncryptionType;
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
/// KDE's own name for it and where it answers, in Frameworks 5 and 6.
const KWALLETS: [(&str, &str); 2] = [
    ("org.kde.kwalletd5", "/modules/kwalletd5"),
    ("org.kde.kwalletd6", "/modules/kwalletd6"),
];

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

impl SecretService {
    /// What the store finds; and where it finds nothing in a locked collection, what it finds once the
    /// customer has unlocked that.
    fn look<T>(&self, call: impl Fn() -> Result<T, KeyStoreError>) -> Result<T, KeyStoreError> {
        match call() {
            Err(KeyStoreError::Missing) if is_locked() => {
                unlock()?;
                self.explain(call())
            }
            other => self.explain(other),
        }
    }
}

impl KeyStore for SecretService {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        self.explain(self.0.put(name, value))
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.look(|| self.0.get(name))
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        self.look(|| self.0.delete(name))
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
    let collection = DefaultCollection::find()?;
    if collection.is_locked()? && !collection.is_open_wallet() {
        return Err(KeyStoreError::Locked);
    }
    Ok(())
}

/// Whether the default collection hides what is in it from this program.
fn is_locked() -> bool {
    DefaultCollection::find().and_then(|collection| collection.is_locked()) == Ok(true)
}

/// Has the provider ask the customer to unlock the default collection.
fn unlock() -> Result<(), KeyStoreError> {
    // Nothing secret goes this way.
    let service = secret_service::blocking::SecretService::connect(EncryptionType::Plain)
        .map_err(|_| KeyStoreError::Absent)?;
    let default = service
        .get_default_collection()
        .map_err(|_| KeyStoreError::Absent)?;
    default.unlock().map_err(|_| KeyStoreError::Locked)
}

/// The collection that the alias `default` names, asked over a connection of its own: the store's may
/// be the one that waits for a prompt.
struct DefaultCollection {
    bus: Connection,
    collection: Proxy<'static>,
}

impl DefaultCollection {
    fn find() -> Result<Self, KeyStoreError> {
        let bus = connection::Builder::session()
            .and_then(|builder| builder.method_timeout(TIME_LIMIT).build())
            .map_err(|_| KeyStoreError::Absent)?;
        if !has_provider(&bus).map_err(|_| KeyStoreError::Refused)? {
            return Err(KeyStoreError::Absent);
        }
        // A provider that is named and cannot be started is none.
        let interface = "org.freedesktop.Secret.Service";
        let service = Proxy::new(&bus, SECRETS, SECRETS_PATH, interface)
            .map_err(|_| KeyStoreError::Absent)?;
        let default: OwnedObjectPath = service
            .call("ReadAlias", &("default",))
            .map_err(|_| KeyStoreError::Absent)?;
        if default.as_str() == NO_OBJECT {
            return Err(KeyStoreError::Absent);
        }
        let interface = "org.freedesktop.Secret.Collection";
        let collection = Proxy::new_owned(bus.clone(), SECRETS, default, interface)
            .map_err(|_| KeyStoreError::Refused)?;
        Ok(Self { bus, collection })
    }

    fn is_locked(&self) -> Result<bool, KeyStoreError> {
        self.collection
            .get_property("Locked")
            .map_err(|_| KeyStoreError::Refused)
    }

    /// Whether this is KDE's, and the wallet of this name is open.
    fn is_open_wallet(&self) -> bool {
        let is_open = |(name, path): (&'static str, &'static str)| {
            let owner = |name: &'static str| {
                let names = DBusProxy::new(&self.bus).ok()?;
                names.get_name_owner(BusName::try_from(name).ok()?).ok()
            };
            if owner(name).is_none() || owner(name) != owner(SECRETS) {
                return None;
            }
            let label: String = self.collection.get_property("Label").ok()?;
            let wallets = Proxy::new(&self.bus, name, path, "org.kde.KWallet").ok()?;
            wallets.call::<_, _, bool>("isOpen", &(label,)).ok()
        };
        KWALLETS
            .into_iter()
            .any(|wallet| is_open(wallet) == Some(true))
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
