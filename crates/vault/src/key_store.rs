//! The operating system's keystore, seen as a map from names to opaque bytes.

use skts_sealed::SecretBytes;

/// Which facility of the operating system keeps the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyStoreKind {
    /// Linux: a provider of the freedesktop Secret Service (GNOME Keyring, KWallet, KeePassXC).
    SecretService,
    /// macOS and iOS: the data protection keychain.
    AppleKeychain,
    /// Windows: Credential Manager.
    WindowsCredentials,
    /// Android: preferences sealed under an Android Keystore key.
    AndroidKeystore,
    /// A map in memory, which only tests use.
    Memory,
}

/// Why the keystore did not do what was asked.
///
/// No variant carries what the store below said: some of its errors hold the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyStoreError {
    /// There is no keystore here: no session bus, no provider, or no default collection.
    #[error("there is no keystore on this computer")]
    Absent,
    /// The keystore is locked, or the customer dismissed the request to unlock it.
    #[error("the keystore is locked")]
    Locked,
    /// No answer within the time limit, or an earlier call is still waiting for one.
    #[error("the keystore has not answered yet")]
    Slow,
    /// The keystore works and is open, and the item is not in it.
    #[error("the item is not in the keystore")]
    Missing,
    /// The keystore is there and refused for a reason it does not say in a way we know.
    #[error("the keystore refused")]
    Refused,
    /// This build of the program may not use the keystore: it is not signed for it (Apple).
    #[error("this build is not signed with the keychain entitlement")]
    NotEntitled,
    /// The item, or the store itself, is not in the form it was written in.
    #[error("the keystore item is damaged")]
    Damaged,
}

/// Keeps opaque bytes under a name in the operating system's keystore.
///
/// # Shapes and units
/// - `name`: 1..=120 ASCII letters, digits, `.` and `-`; never a person's name or a serial.
/// - `value`: at most 1800 bytes, so that base64 text of it fits every system's limit.
///
/// # Errors
/// Each method gives a [`KeyStoreError`]; only `Missing` means that the item is not there.
pub trait KeyStore: Send + Sync {
    /// Stores `value` under `name`, replacing what was there.
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError>;

    /// Reads what was stored under `name`.
    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError>;

    /// Removes the item; [`KeyStoreError::Missing`] if there was none.
    fn delete(&self, name: &str) -> Result<(), KeyStoreError>;

    /// Tells whether the keystore could be used now, without asking the customer for anything.
    ///
    /// `Ok` is no promise: a store that cannot tell says `Ok`.
    fn probe(&self) -> Result<(), KeyStoreError>;

    /// Which facility this is.
    fn kind(&self) -> KeyStoreKind;
}
