//! Event-based codes.

use crate::code::{Digits, HashAlgorithm, KeyLengthError, Otp, code};
use crate::time::TimeStep;

/// Computes the code of `counter`: `truncate(HMAC(key, u64be(counter)))`.
///
/// # Shapes and units
/// - `key`: 16..=64 bytes, secret.
/// - `counter`: a count of presses.
///
/// # Errors
/// [`KeyLengthError`] for other key lengths.
///
/// # Source
/// RFC 4226 §5.2, §5.3; vectors: Appendix D (`tests/vectors/rfc4226.json`).
pub fn hotp(
    key: &[u8],
    hash: HashAlgorithm,
    counter: u64,
    digits: Digits,
) -> Result<Otp, KeyLengthError> {
    code(key, hash, TimeStep::from_index(counter), digits)
}
