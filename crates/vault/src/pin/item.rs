//! What the device's item in the keystore is under a PIN.
//!
//! ```text
//! open    32 secret bytes
//! closed  1 ‖ memory KiB ‖ passes ‖ salt ‖ secret ⊕ pad ‖ SHA-256 of device.skts ‖ place ‖ guard
//! over    0
//! ```

use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use skts_sealed::{FieldReader, FieldWriter, SecretBytes};
use zeroize::Zeroizing;

use super::Pin;
use crate::DeviceKeyError;
use crate::record::{self, Kind, RecordError};

pub(super) const SECRET_BYTES: usize = 32;
/// As for the activation password (RFC 9106 §4, the second recommended option). The unit tests
/// try hundreds; those in `tests/` pay the real one.
pub(super) const COST: Cost = Cost {
    memory_kib: if cfg!(test) { 64 } else { 64 * 1024 },
    passes: 3,
};
/// More than this is damage, and not waited for.
const MOST_COST: Cost = Cost {
    memory_kib: 1024 * 1024,
    passes: 16,
};

/// What the device's item holds instead of its secret.
pub(crate) enum Lock {
    Closed(Closed),
    /// Ten wrong PINs: the secret is not there any more.
    Over,
}

/// What one PIN costs to try, by Argon2id.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
}

/// The secret behind a PIN.
pub(crate) struct Closed {
    pub(super) cost: Cost,
    pub(super) salt: Vec<u8>,
    /// secret ⊕ pad.
    pub(super) masked: Vec<u8>,
    /// SHA-256 of `device.skts`, so that damage to it is not taken for a wrong PIN.
    pub(super) device_digest: Vec<u8>,
    /// Of the hardware's guard; both empty where there is none.
    pub(super) place: Vec<u8>,
    pub(super) guard: Vec<u8>,
}

impl Lock {
    /// `None` if the item is the open secret.
    pub(crate) fn decode(item: &SecretBytes) -> Result<Option<Self>, RecordError> {
        if item.len() == SECRET_BYTES {
            return Ok(None);
        }
        // EXPOSE: what is locked is not secret by itself.
        let mut reader = FieldReader::new(record::decode_frame(Kind::Lock, item.expose_secret())?);
        let lock = match reader.u64()? {
            0 => Self::Over,
            1 => Self::Closed(Closed {
                cost: Cost::read(&mut reader)?,
                salt: reader.bytes()?.to_vec(),
                masked: reader.bytes()?.to_vec(),
                device_digest: reader.bytes()?.to_vec(),
                place: reader.bytes()?.to_vec(),
                guard: reader.bytes()?.to_vec(),
            }),
            _ => return Err(RecordError::Damaged),
        };
        reader.end()?;
        Ok(Some(lock))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Over => FieldWriter::new().u64(0),
            Self::Closed(closed) => FieldWriter::new()
                .u64(1)
                .u64(u64::from(closed.cost.memory_kib))
                .u64(u64::from(closed.cost.passes))
                .bytes(&closed.salt)
                .bytes(&closed.masked)
                .bytes(&closed.device_digest)
                .bytes(&closed.place)
                .bytes(&closed.guard),
        };
        // EXPOSE: as in `decode`.
        record::encode_frame(Kind::Lock, body.finish().expose_secret())
    }
}

impl Cost {
    fn read(reader: &mut FieldReader<'_>) -> Result<Self, RecordError> {
        let mut number = |most: u32| match u32::try_from(reader.u64()?) {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(RecordError::Damaged),
        };
        Ok(Self {
            memory_kib: number(MOST_COST.memory_kib)?,
            passes: number(MOST_COST.passes)?,
        })
    }
}

impl Closed {
    /// The secret, if `pad` is the right one; other bytes if it is not.
    pub(crate) fn open(&self, pad: &SecretBytes) -> SecretBytes {
        // EXPOSE: the mask is taken off.
        SecretBytes::new(masked(&self.masked, pad.expose_secret()))
    }
}

impl Closed {
    pub(super) fn is_guarded(&self) -> bool {
        !self.place.is_empty()
    }

    /// Whether `device.skts` is still what was locked.
    pub(crate) fn fits(&self, device_piece: &[u8]) -> bool {
        self.device_digest == digest(device_piece)
    }
}

pub(super) fn stretch(pin: &Pin, salt: &[u8], cost: Cost) -> Result<SecretBytes, DeviceKeyError> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(SECRET_BYTES));
    let params = params.map_err(|_| DeviceKeyError::Refused)?;
    let mut key = Zeroizing::new(vec![0; SECRET_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        // EXPOSE: stretched here.
        .hash_password_into(pin.digits().expose_secret(), salt, &mut key)
        .map_err(|_| DeviceKeyError::Damaged)?;
    Ok(SecretBytes::from_slice(&key))
}

pub(super) fn masked(bytes: &[u8], pad: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .zip(pad)
        .map(|(byte, pad)| byte ^ pad)
        .collect()
}

pub(super) fn digest(device_piece: &[u8]) -> Vec<u8> {
    Sha256::digest(device_piece).to_vec()
}
