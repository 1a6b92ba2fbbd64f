//! P-256 keys and signatures in their one accepted encoding each.

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey};

/// Parses a P-256 SPKI; `None` unless writing it again gives the same bytes.
pub fn canonical_spki(spki: &[u8]) -> Option<VerifyingKey> {
    let key = p256::PublicKey::from_public_key_der(spki).ok()?;
    let again = key.to_public_key_der().ok()?;
    (again.as_bytes() == spki).then(|| VerifyingKey::from(key))
}

/// Parses an uncompressed SEC1 point of 65 bytes.
pub(crate) fn canonical_sec1(point: &[u8]) -> Option<VerifyingKey> {
    if point.len() != 65 {
        return None;
    }
    VerifyingKey::from_sec1_bytes(point).ok()
}

/// Puts `s` into the lower half.
pub(crate) fn low_s(signature: Signature) -> Signature {
    signature.normalize_s().unwrap_or(signature)
}

/// Verifies 64 bytes `r ‖ s`; a high `s` is refused, so that nobody can make a second signature
/// out of a first.
pub(crate) fn verify_strict(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::from_slice(signature) else {
        return false;
    };
    signature.normalize_s().is_none() && key.verify(message, &signature).is_ok()
}
