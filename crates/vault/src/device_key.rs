//! The key that ties a profile to this device.

use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac, TimeStep};
use skts_sealed::{SealingKey, SecretBytes};

use crate::{KeyStore, KeyStoreError, MachineId};

/// What holds the device key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKeyKind {
    /// A P-256 key sealed in the profile under a key kept in the keystore.
    Software,
}

/// Why the device key did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DeviceKeyError {
    /// The key is gone: its file was deleted, or the chip was cleared.
    #[error("the device key is gone")]
    Gone,
    /// The key's file or the item is not in the form it was written in.
    #[error("the device key or the item is damaged")]
    Damaged,
    /// Written by a later version of this program.
    #[error("the device key was written by a newer version")]
    NewerFormat,
    /// The item was made for another token, device or application, or was changed.
    #[error("the item does not belong to this device key")]
    WrongItem,
    /// The key does not fit the hash: HMAC keys are 16..=64 bytes.
    #[error("the key length is not allowed")]
    KeyLength,
    /// The hardware answered with a failure of its own.
    #[error("the hardware refused")]
    Refused,
    /// The keystore, where part of the key is kept, gave this answer.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
}

/// What a device key is made for: the key refuses to work for any other.
#[derive(Clone, Copy)]
pub struct DeviceKeyContext<'a> {
    /// The profile's random name: 16 bytes as 32 hex digits.
    pub profile_id: &'a str,
    /// The application's identifier, also the service name of its keystore items.
    pub app_id: &'a str,
    /// The machine the profile was made on.
    pub machine: &'a MachineId,
    /// Where a backend may keep a piece under `<profile id>.device`.
    pub key_store: &'a dyn KeyStore,
}

/// Makes and reopens device keys of one kind. A new kind of hardware is one file that implements
/// this and [`DeviceKey`].
pub trait DeviceKeyBackend: Send + Sync {
    /// Which kind this makes.
    fn kind(&self) -> DeviceKeyKind;

    /// Makes a new key; returns it with the bytes that `open` needs, which go into `device.skts`.
    ///
    /// # Errors
    /// [`DeviceKeyError::KeyStore`] or [`DeviceKeyError::Refused`].
    fn make(
        &self,
        context: &DeviceKeyContext<'_>,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError>;

    /// Opens the key again. It never makes one.
    ///
    /// # Errors
    /// Any [`DeviceKeyError`] but `KeyLength`.
    fn open(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError>;
}

/// A key that cannot leave this device, and what is done with it.
///
/// Hardware that computes HMAC itself implements `import_hmac_key` by importing the key, returning
/// its handle or wrapped blob, and `mac` by one call; the key then never comes back into memory.
/// Hardware that only unwraps, and software, return ciphertext and unseal it into one zeroizing
/// buffer for one computation.
pub trait DeviceKey: Send + Sync {
    /// The public key.
    ///
    /// # Shapes and units
    /// DER SubjectPublicKeyInfo of a P-256 key, 91 bytes.
    fn spki(&self) -> &[u8];

    /// Signs `message` with ECDSA over SHA-256.
    ///
    /// # Shapes and units
    /// Returns r ‖ s, 64 bytes.
    ///
    /// # Errors
    /// [`DeviceKeyError::Gone`] or [`DeviceKeyError::Refused`], by hardware only.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError>;

    /// What holds the key.
    fn kind(&self) -> DeviceKeyKind;

    /// The highest assurance level this key can be claimed for; the service decides the real one.
    fn level(&self) -> AssuranceLevel;

    /// Takes an HMAC key in and returns what is to be kept of it in the keystore.
    ///
    /// # Shapes and units
    /// - `key`: 16..=64 bytes, secret.
    /// - `context`: what the key is for; `mac` must be given the same bytes.
    /// - returns: at most 600 bytes, worthless without this device key.
    ///
    /// # Errors
    /// [`DeviceKeyError::KeyLength`], or by hardware `Gone` and `Refused`.
    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError>;

    /// Computes HMAC over the time step with an imported key.
    ///
    /// # Shapes and units
    /// - `item`: what `import_hmac_key` returned.
    /// - `step`: eight bytes, big-endian, is the message (RFC 4226 §5.2).
    ///
    /// # Errors
    /// [`DeviceKeyError::WrongItem`], `Damaged`, `NewerFormat`, or by hardware `Gone`, `Refused`.
    fn mac(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        step: TimeStep,
    ) -> Result<Mac, DeviceKeyError>;

    /// Derives the key that seals one kind of file of the profile.
    ///
    /// # Shapes and units
    /// - `label`: names the kind of file, for example `"skts/vault-record/v1"`.
    ///
    /// # Errors
    /// By hardware only: [`DeviceKeyError::Gone`] or [`DeviceKeyError::Refused`].
    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError>;
}
