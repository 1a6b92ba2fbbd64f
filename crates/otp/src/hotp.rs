//! Event-based codes, and the verifier's search.

use subtle::{Choice, ConditionallySelectable};

use crate::code::{Digits, HashAlgorithm, KeyLengthError, Otp, code, mac, truncate};
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

/// Searches from the counter `next` on for the one whose code is `otp`.
///
/// Every candidate is computed and compared in constant time, whatever matches: the time taken
/// tells nothing of where, or whether, there was a match. If two candidates match, the latest wins:
/// then the same digits cannot be taken again. Nothing lies behind `next` or beyond the last counter.
///
/// # Shapes and units
/// - `next`: the lowest counter not used yet, as an imported key has it; after a match, one more
///   than the counter found.
/// - `look_ahead`: how many presses may have been for nothing.
/// - returns: the matching counter, or none.
///
/// # Errors
/// [`KeyLengthError`] unless `key` has 16..=64 bytes.
///
/// # Source
/// RFC 4226 §7.2, §7.4.
pub fn verify_counter(
    key: &[u8],
    hash: HashAlgorithm,
    next: u64,
    look_ahead: u8,
    otp: &Otp,
) -> Result<Option<u64>, KeyLengthError> {
    let mut matched = 0_u64;
    let mut found = Choice::from(0);
    for counter in next..=next.saturating_add(u64::from(look_ahead)) {
        let equal = hotp(key, hash, counter, otp.digits())?.ct_matches(otp);
        matched.conditional_assign(&counter, equal);
        found |= equal;
    }
    Ok(bool::from(found).then_some(matched))
}

/// Looks for two consecutive codes from the counter `next` on, as in a resync.
///
/// Every candidate is computed and compared in constant time, as in [`verify_counter`]. Far more
/// presses can be searched than for one code: a pair of six digits is right by chance once in 10^12.
///
/// # Shapes and units
/// - `next`: the lowest counter not used yet; the pair begins there or later.
/// - `look_ahead`: how many presses may have been for nothing before the pair.
/// - `first`, `second`: in the order they were shown; `second` belongs to the counter after.
/// - returns: the counter of `second`, or none.
///
/// # Errors
/// [`KeyLengthError`] unless `key` has 16..=64 bytes.
///
/// # Source
/// RFC 4226 §7.4.
pub fn verify_counter_pair(
    key: &[u8],
    hash: HashAlgorithm,
    next: u64,
    look_ahead: u8,
    first: &Otp,
    second: &Otp,
) -> Result<Option<u64>, KeyLengthError> {
    let mut matched = 0_u64;
    let mut found = Choice::from(0);
    let mut first_before = Choice::from(0);
    let last = next.saturating_add(u64::from(look_ahead)).saturating_add(1);
    for counter in next..=last {
        let mac = mac(key, hash, TimeStep::from_index(counter))?;
        let equal = first_before & truncate(&mac, second.digits()).ct_matches(second);
        matched.conditional_assign(&counter, equal);
        found |= equal;
        first_before = truncate(&mac, first.digits()).ct_matches(first);
    }
    Ok(bool::from(found).then_some(matched))
}
