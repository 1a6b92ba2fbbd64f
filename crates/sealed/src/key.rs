//! Sealing keys and their derivation.

use std::fmt;

use hkdf::Hkdf;
use rand_core::CryptoRngCore;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::push_field;
use crate::memory::keep_in_memory;
use crate::secret::SecretBytes;

/// A key for [`seal`](crate::seal) and [`unseal`](crate::unseal).
///
/// # Shapes and units
/// - exactly 32 bytes, secret; in one place on the heap, as moving it about would leave copies.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealingKey(Box<[u8; 32]>);

impl SealingKey {
    /// Makes a random key.
    pub fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        let mut key = Self::zero();
        rng.fill_bytes(key.0.as_mut_slice());
        key
    }

    fn zero() -> Self {
        let key = Box::new([0; 32]);
        keep_in_memory(key.as_slice());
        Self(key)
    }

    /// Takes 32 bytes that are already a key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut key = Self::zero();
        key.0.copy_from_slice(bytes);
        key
    }

    /// Takes a slice that is already a key.
    ///
    /// # Errors
    /// [`KeyLengthError`] unless there are exactly 32 bytes.
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self, KeyLengthError> {
        match bytes.try_into() {
            Ok(bytes) => Ok(Self::from_bytes(bytes)),
            Err(_) => Err(KeyLengthError {
                found_bytes: bytes.len(),
            }),
        }
    }

    /// Derives a key: `HKDF-SHA256(ikm, salt, u32be(|label|) ‖ label ‖ u32be(|context|) ‖ context)`.
    ///
    /// # Shapes and units
    /// - `ikm`: high-entropy secret, 32 bytes or more; never a password.
    /// - `salt`, `context`: public, any length.
    ///
    /// # Source
    /// RFC 5869.
    pub fn derive(ikm: &[u8], salt: &[u8], label: &str, context: &[u8]) -> Self {
        let mut key = Self::zero();
        // 32 bytes is one HKDF block; the only failure of `expand` is more than 255 blocks.
        let _ = Hkdf::<Sha256>::new(Some(salt), ikm)
            .expand(&info(label, context), key.0.as_mut_slice());
        key
    }

    /// The bytes themselves, for wrapping this key under another.
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

/// A key must have 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key has 32 bytes, not {found_bytes}")]
pub struct KeyLengthError {
    /// How many there were.
    pub found_bytes: usize,
}

/// Derives `len` secret bytes, with the same formula as [`SealingKey::derive`].
///
/// # Errors
/// [`OutputLengthError`] above 8160 bytes (255 blocks).
///
/// # Source
/// RFC 5869.
pub fn derive_secret(
    ikm: &[u8],
    salt: &[u8],
    label: &str,
    context: &[u8],
    len: usize,
) -> Result<SecretBytes, OutputLengthError> {
    let mut out = zeroize::Zeroizing::new(vec![0; len]);
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(&info(label, context), &mut out)
        .map_err(|_| OutputLengthError { asked_bytes: len })?;
    Ok(SecretBytes::from_slice(&out))
}

/// HKDF gives at most 8160 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("HKDF-SHA256 gives at most 8160 bytes, not {asked_bytes}")]
pub struct OutputLengthError {
    /// How many were asked for.
    pub asked_bytes: usize,
}

fn info(label: &str, context: &[u8]) -> Vec<u8> {
    let mut info = Vec::new();
    push_field(&mut info, label.as_bytes());
    push_field(&mut info, context);
    info
}
