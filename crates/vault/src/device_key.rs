//! The key that ties a profile to this device.

use std::sync::Arc;

use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac, TimeStep};
use skts_sealed::{FieldError, FieldWriter, SealingKey, SecretBytes, UnsealError};

use crate::{KeyStore, KeyStoreError, MachineId};

/// What holds the device key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKeyKind {
    /// A P-256 key sealed in the profile under a key kept in the keystore.
    Software,
    /// Keys in a TPM 2.0, authorised by a secret kept in the keystore.
    Tpm,
    /// Windows: keys in the TPM by the Platform Crypto Provider, and a data key that it takes the
    /// chip, the user's DPAPI and the keystore to open.
    PlatformProvider,
    /// Keys in an Apple Secure Enclave; what they open needs a half kept in the keystore, too.
    SecureEnclave,
    /// Keys in the Android Keystore: in a chip of its own, or in the processor's trusted part.
    AndroidKeystore,
}

impl DeviceKeyKind {
    /// The name that `doctor` knows it by, and the service unless the key says more: [`DeviceKey::holder`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Tpm => "tpm2",
            Self::PlatformProvider => "platform-provider",
            Self::SecureEnclave => "secure-enclave",
            Self::AndroidKeystore => "android-keystore",
        }
    }
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
    /// There is no such hardware here, or it does not work.
    #[error("the hardware is not there or does not work")]
    Absent,
    /// What calls itself hardware here is a program.
    #[error("what calls itself hardware is a program")]
    NotHardware,
    /// This user may not use the hardware.
    #[error("this user may not use the hardware")]
    Denied,
    /// The hardware is busy, slow or in its lockout; nothing is lost, and later it may answer.
    #[error("the hardware is busy")]
    Busy,
    /// The hardware does not do this kind of key or hash.
    #[error("the hardware does not support this")]
    Unsupported,
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
    pub key_store: &'a Arc<dyn KeyStore>,
}

/// Makes and reopens device keys of one kind. A new kind of hardware is one file that implements
/// this and [`DeviceKey`].
pub trait DeviceKeyBackend: Send + Sync {
    /// Which kind this makes.
    fn kind(&self) -> DeviceKeyKind;

    /// Tells whether keys could be made here now.
    ///
    /// # Errors
    /// `Absent`, `NotHardware`, `Denied`, `Busy`, `Unsupported` or `Refused`.
    fn probe(&self) -> Result<(), DeviceKeyError>;

    /// Makes a new key; returns it with the bytes that `open` needs, which go into `device.skts`.
    ///
    /// # Errors
    /// [`DeviceKeyError::KeyStore`]; by hardware `Absent`, `NotHardware`, `Denied`, `Busy`,
    /// `Unsupported` or `Refused`, with nothing written.
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

    /// Deletes what the hardware itself keeps of this profile's keys; most keeps nothing. What is not
    /// there is deleted already.
    ///
    /// # Errors
    /// `Absent`, `NotHardware`, `Denied`, `Busy` or `Refused`; then something may be left.
    fn forget(&self, context: &DeviceKeyContext<'_>) -> Result<(), DeviceKeyError> {
        let _ = context;
        Ok(())
    }

    /// Where the hardware counts wrong PINs by itself; `None` where it has no such place.
    fn pin_guards(&self) -> Option<&dyn PinGuards> {
        None
    }
}

/// Hardware that gives half of a key to whoever knows a PIN, and counts those who do not.
///
/// # Shapes and units
/// - `place`: names a place in the hardware, at most 16 bytes; public.
/// - `guard`: what the hardware gave out of what is there, at most 600 bytes; public.
/// - `auth`: 32 bytes, made of the PIN; secret.
///
/// # Errors
/// Each method: `Absent`, `Denied`, `Busy`, `Unsupported`, `Refused`, and [`DeviceKeyError::Gone`] for
/// a place that is not there any more.
pub trait PinGuards: Send + Sync {
    /// Finds a free place. Makes nothing.
    fn find_place(&self, rng: &mut dyn CryptoRngCore) -> Result<Vec<u8>, DeviceKeyError>;

    /// Makes a guard there that gives its half to `auth` and to nobody after `most_wrong` others in a
    /// row. Nobody can set its count, and nothing put in its place has its half.
    fn make_guard(
        &self,
        place: &[u8],
        auth: &SecretBytes,
        most_wrong: u32,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError>;

    /// The half, 32 bytes, secret; [`DeviceKeyError::WrongItem`] if `auth` is wrong, which is counted.
    fn half(
        &self,
        place: &[u8],
        guard: &[u8],
        auth: &SecretBytes,
    ) -> Result<SecretBytes, DeviceKeyError>;

    /// Wrong ones in a row.
    fn wrong(&self, place: &[u8]) -> Result<u32, DeviceKeyError>;

    /// Gives the place back. One that is free, or holds what is none of ours, is left alone.
    fn forget_place(&self, place: &[u8]) -> Result<(), DeviceKeyError>;
}

/// A key that cannot leave this device, and what is done with it.
///
/// Hardware that computes HMAC itself implements `import_hmac_key` by importing the key, returning
/// its handle or wrapped blob, and `hmacs` by one call each; the key then never comes back into memory.
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

    /// What the hardware says of the key, for the service to verify; nothing if it says nothing.
    ///
    /// # Shapes and units
    /// At most 8192 bytes, in the form that `docs/protocol.md` gives (What hardware says).
    ///
    /// # Errors
    /// By hardware only: [`DeviceKeyError::Busy`], or that it is not there.
    fn statement(&self) -> Result<Vec<u8>, DeviceKeyError> {
        Ok(Vec::new())
    }

    /// Has the hardware open a credential: the secret comes back only from the hardware, and for the
    /// key, that the statement spoke of.
    ///
    /// # Shapes and units
    /// - `credential`: as it came with the grant.
    /// - returns: 32 bytes.
    ///
    /// # Errors
    /// [`DeviceKeyError::Unsupported`] where the hardware can prove nothing, `WrongItem` for a
    /// credential made for another chip or key, `Damaged`; by hardware `Busy`, `Gone`, `Refused`.
    fn activate_credential(&self, credential: &[u8]) -> Result<SecretBytes, DeviceKeyError> {
        let _ = credential;
        Err(DeviceKeyError::Unsupported)
    }

    /// What holds the key.
    fn kind(&self) -> DeviceKeyKind;

    /// The highest assurance level this key can be claimed for; the service decides the real one.
    fn level(&self) -> AssuranceLevel;

    /// Takes an HMAC key in and returns what is to be kept of it in the keystore.
    ///
    /// # Shapes and units
    /// - `key`: 16..=64 bytes, secret.
    /// - `context`: what the key is for; `hmacs` must be given the same bytes.
    /// - `hash`: what it will be used with.
    /// - returns: at most 600 bytes, worthless without this device key.
    ///
    /// # Errors
    /// [`DeviceKeyError::KeyLength`], or by hardware `Gone` and `Refused`.
    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError>;

    /// Computes HMAC over messages with an imported key, in their order.
    ///
    /// # Shapes and units
    /// - `item`: what `import_hmac_key` returned.
    /// - `messages`: at most 1024 bytes each, which a TPM takes at once; none is secret.
    ///
    /// # Errors
    /// [`DeviceKeyError::WrongItem`], `Damaged`, `NewerFormat`, or by hardware `Gone`, `Refused`.
    fn hmacs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError>;

    /// The same over time steps: each, as eight bytes, big-endian, is one message (RFC 4226 §5.2).
    ///
    /// # Errors
    /// As [`DeviceKey::hmacs`].
    fn macs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        steps: &[TimeStep],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let messages: Vec<[u8; 8]> = steps
            .iter()
            .map(|step| step.index().to_be_bytes())
            .collect();
        let messages: Vec<&[u8]> = messages.iter().map(<[u8; 8]>::as_slice).collect();
        self.hmacs(item, context, hash, &messages)
    }

    /// Deletes what `import_hmac_key` put into the hardware, before the item is deleted. An item
    /// of which nothing lies there, or no longer, is no error.
    ///
    /// # Errors
    /// By hardware only.
    fn forget_hmac_key(&self, _item: &[u8]) -> Result<(), DeviceKeyError> {
        Ok(())
    }

    /// What holds the key, in the protocol's word.
    fn holder(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Derives the key that seals one kind of file of the profile.
    ///
    /// # Shapes and units
    /// - `label`: names the kind of file, for example `"skts/vault-record/v1"`.
    ///
    /// # Errors
    /// By hardware only: [`DeviceKeyError::Gone`] or [`DeviceKeyError::Refused`].
    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError>;
}

/// What the files of a profile are sealed for: records, and set-ups under way.
pub(crate) const FILE_LABELS: [&str; 2] = [RECORD_LABEL, PENDING_LABEL];
pub(crate) const RECORD_LABEL: &str = "skts/vault-record/v1";
pub(crate) const PENDING_LABEL: &str = "skts/vault-pending/v1";

/// The keystore item in which a backend keeps its part of the lock.
pub(crate) fn device_item_name(context: &DeviceKeyContext<'_>) -> String {
    format!("{}.device", context.profile_id)
}

/// What a device key is made for, as bytes: profile ‖ application ‖ machine.
pub(crate) fn seal_context(context: &DeviceKeyContext<'_>) -> SecretBytes {
    FieldWriter::new()
        .bytes(context.profile_id.as_bytes())
        .bytes(context.app_id.as_bytes())
        .bytes(context.machine.as_bytes())
        .finish()
}

/// Whether a TPM of this maker is a program: the simulator that virtual machines use, and
/// hypervisors' own.
#[cfg(any(target_os = "linux", windows, test))]
pub(crate) fn is_virtual_maker(maker: &[u8; 4]) -> bool {
    const VIRTUAL: [&[u8; 4]; 7] = [
        b"IBM\0", b"IBM ", b"VMW\0", b"VMW ", b"MSFT", b"AMZN", b"GOOG",
    ];
    VIRTUAL.contains(&maker)
}

impl From<FieldError> for DeviceKeyError {
    fn from(_: FieldError) -> Self {
        Self::Damaged
    }
}

/// Tells a newer format and a broken shape from a refusal, which only the caller can name.
pub(crate) fn unseal_error(error: UnsealError, refused: DeviceKeyError) -> DeviceKeyError {
    match error {
        UnsealError::UnknownVersion(version) if version > crate::record::VERSION => {
            DeviceKeyError::NewerFormat
        }
        UnsealError::Refused => refused,
        _ => DeviceKeyError::Damaged,
    }
}
