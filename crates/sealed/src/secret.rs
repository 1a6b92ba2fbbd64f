//! Bytes that must not be seen.

use std::fmt;

use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::memory::keep_in_memory;

/// Secret bytes: kept out of the swap, wiped on drop, never printed, never copied by accident.
///
/// # Shapes and units
/// - any length, also empty.
///
/// There is no `Clone`, no `Serialize` and no `PartialEq`: copies are made by hand where they are
/// needed, and comparison is [`SecretBytes::ct_eq`].
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes ownership of `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        keep_in_memory(&bytes);
        Self(Zeroizing::new(bytes))
    }

    /// Copies `bytes`. The caller wipes the original.
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }

    /// Makes `len` random bytes.
    pub fn make<R: CryptoRngCore>(len: usize, rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new(vec![0; len]);
        rng.fill_bytes(&mut bytes);
        keep_in_memory(&bytes);
        Self(bytes)
    }

    /// The bytes themselves. Every call outside this crate says why under an `// EXPOSE:` line.
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in time that depends on the length only.
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}
