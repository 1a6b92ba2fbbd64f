//! What can go wrong when a profile is opened or used.

use std::io;
use std::path::PathBuf;

use crate::{DeviceKeyError, KeyStoreError};

/// Why a profile did not open. None of these is answered by making a new key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No token was ever set up here.
    #[error("no token has been set up here")]
    NotSetUp,
    /// The keystore is locked, or the request to unlock it was dismissed.
    #[error("the keystore is locked")]
    KeyStoreLocked,
    /// The app's own lock: a PIN opens it, or none any more.
    #[error("the profile is locked by a PIN")]
    PinLocked,
    /// There is no usable keystore on this computer.
    #[error("there is no usable keystore on this computer")]
    KeyStoreAbsent,
    /// The keystore has not answered within the time limit.
    #[error("the keystore has not answered yet")]
    KeyStoreSlow,
    /// This build of the program is not signed for the keystore.
    #[error("this build is not signed with the keychain entitlement")]
    KeyStoreNotEntitled,
    /// A token was set up here, and its item is no longer in the keystore.
    #[error("the key of the token is no longer in the keystore")]
    ItemMissing {
        /// The institution of the first token concerned, where its record could be read.
        institution_id: Option<String>,
    },
    /// The device's piece is gone: `device.skts` was deleted, or the chip was cleared.
    #[error("the device key is gone")]
    DeviceKeyGone,
    /// The security chip that holds the device key is not there, may not be used, or failed.
    #[error("the security chip cannot be used")]
    ChipAbsent,
    /// The security chip is busy or in its lockout; later it may answer.
    #[error("the security chip is busy")]
    ChipBusy,
    /// The profile was made on another machine. Nothing was read but the marker, nothing changed.
    #[error("the profile belongs to another device")]
    CopiedProfile,
    /// A file or item is damaged, or the pieces do not belong together.
    #[error("the profile is damaged")]
    Corrupt {
        /// The copy that was made of the damaged file, where one could be made.
        saved_aside: Option<PathBuf>,
    },
    /// Written by a later version of this program.
    #[error("the profile was written by a newer version")]
    NewerFormat,
    /// Another program has the profile open.
    #[error("the profile is in use by another program")]
    InUse,
    /// The disk refused: full, read-only, no right.
    #[error("the profile could not be read or written ({0})")]
    Disk(io::ErrorKind),
}

/// Why an open vault did not do what was asked. Nothing is lost by any of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no such token here.
    #[error("there is no such token here")]
    UnknownToken,
    /// A name for a pending set-up is not 1..=64 of `a-z`, `0-9`, `-`.
    #[error("the name of the pending set-up is not allowed")]
    Name,
    /// The keystore gave this answer; `Missing` means the token's item is gone.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// The device key gave this answer.
    #[error("the device key failed: {0}")]
    DeviceKey(DeviceKeyError),
    /// A file of the profile is damaged.
    #[error("a file of the profile is damaged")]
    Corrupt {
        /// The copy that was made of the damaged file, where one could be made.
        saved_aside: Option<PathBuf>,
    },
    /// Written by a later version of this program.
    #[error("a file of the profile was written by a newer version")]
    NewerFormat,
    /// What came back from the keystore computes other codes than the seed that went in.
    #[error("the self-test failed")]
    SelfTest,
    /// A PIN locks the profile already.
    #[error("there is a PIN already")]
    PinSet,
    /// No PIN locks the profile.
    #[error("there is no PIN")]
    NoPin,
    /// The disk refused: full, read-only, no right.
    #[error("the profile could not be written ({0})")]
    Disk(io::ErrorKind),
}

impl From<KeyStoreError> for OpenError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Absent | KeyStoreError::Refused => Self::KeyStoreAbsent,
            KeyStoreError::Locked => Self::KeyStoreLocked,
            KeyStoreError::Slow => Self::KeyStoreSlow,
            KeyStoreError::NotEntitled => Self::KeyStoreNotEntitled,
            KeyStoreError::Missing => Self::ItemMissing {
                institution_id: None,
            },
            KeyStoreError::Damaged => Self::Corrupt { saved_aside: None },
        }
    }
}

impl From<DeviceKeyError> for OpenError {
    fn from(error: DeviceKeyError) -> Self {
        match error {
            DeviceKeyError::Gone => Self::DeviceKeyGone,
            DeviceKeyError::Busy => Self::ChipBusy,
            DeviceKeyError::Absent
            | DeviceKeyError::NotHardware
            | DeviceKeyError::Denied
            | DeviceKeyError::Unsupported
            | DeviceKeyError::Refused => Self::ChipAbsent,
            DeviceKeyError::Damaged | DeviceKeyError::WrongItem | DeviceKeyError::KeyLength => {
                Self::Corrupt { saved_aside: None }
            }
            DeviceKeyError::NewerFormat => Self::NewerFormat,
            DeviceKeyError::KeyStore(error) => error.into(),
        }
    }
}

impl From<VaultError> for OpenError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::UnknownToken
            | VaultError::Name
            | VaultError::SelfTest
            | VaultError::PinSet
            | VaultError::NoPin => Self::Corrupt { saved_aside: None },
            VaultError::KeyStore(error) => error.into(),
            VaultError::DeviceKey(error) => error.into(),
            VaultError::Corrupt { saved_aside } => Self::Corrupt { saved_aside },
            VaultError::NewerFormat => Self::NewerFormat,
            VaultError::Disk(kind) => Self::Disk(kind),
        }
    }
}

impl From<DeviceKeyError> for VaultError {
    fn from(error: DeviceKeyError) -> Self {
        match error {
            DeviceKeyError::KeyStore(error) => Self::KeyStore(error),
            DeviceKeyError::NewerFormat => Self::NewerFormat,
            other => Self::DeviceKey(other),
        }
    }
}
