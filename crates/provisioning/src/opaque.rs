//! OPAQUE (RFC 9807), bytes in and bytes out: ristretto255-SHA512, 3DH, HKDF-SHA512,
//! Argon2id 64 MiB t=3 p=1. The only place that knows opaque-ke.

use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;

/// Bytes of KE1: blinded element, nonce, key share.
pub const KE1_BYTES: usize = 96;
/// Bytes of KE2: evaluated element, masking nonce, masked response, nonce, key share, MAC.
pub const KE2_BYTES: usize = 320;
/// Bytes of KE3: MAC.
pub const KE3_BYTES: usize = 64;
/// Bytes of a registration record: client key, masking key, envelope.
pub const RECORD_BYTES: usize = 192;

/// The service's long-lived OPAQUE secrets: OPRF seed, key pair, and the key of fake records.
/// Kept apart from the records: either alone gives no password away.
pub struct OpaqueSetup(());

/// Bytes that are no [`OpaqueSetup`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an OPAQUE server setup")]
pub struct OpaqueSetupError;

impl OpaqueSetup {
    /// Makes a new one.
    pub fn make<R: CryptoRngCore>(_rng: &mut R) -> Self {
        todo!()
    }

    /// Bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`OpaqueSetup::encode`] wrote.
    ///
    /// # Errors
    /// [`OpaqueSetupError`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, OpaqueSetupError> {
        todo!()
    }
}
