//! Time-based codes, and the verifier's search.

use serde::{Deserialize, Serialize};
use subtle::ConditionallySelectable;

use crate::code::{Digits, HashAlgorithm, KeyLengthError, Otp, code};
use crate::time::TimeStep;

/// Computes the code of `step`: `truncate(HMAC(key, u64be(step)))`.
///
/// # Shapes and units
/// - `key`: 16..=64 bytes, secret.
/// - `step`: a count of periods, from [`Period::step_at`](crate::Period::step_at).
///
/// # Errors
/// [`KeyLengthError`] for other key lengths.
///
/// # Source
/// RFC 6238 §4; vectors: Appendix B (`tests/vectors/rfc6238.json`).
pub fn totp(
    key: &[u8],
    hash: HashAlgorithm,
    step: TimeStep,
    digits: Digits,
) -> Result<Otp, KeyLengthError> {
    code(key, hash, step, digits)
}

/// How many steps around the expected one a verifier accepts (RFC 6238 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceWindow {
    /// Steps into the past.
    pub behind: u8,
    /// Steps into the future.
    pub ahead: u8,
}

impl AcceptanceWindow {
    /// One step each way: soft tokens.
    pub const SOFT: Self = Self {
        behind: 1,
        ahead: 1,
    };
    /// Two steps each way: hardware tokens.
    pub const HARDWARE: Self = Self {
        behind: 2,
        ahead: 2,
    };
}

/// How far a prover's clock was found to be off, in steps (RFC 6238 §6): positive is ahead.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Drift(i32);

impl Drift {
    /// A drift of `steps` steps.
    pub const fn from_steps(steps: i32) -> Self {
        Self(steps)
    }

    /// Steps; positive is ahead.
    pub const fn steps(self) -> i32 {
        self.0
    }
}

/// Searches the window around `base` for the step whose code is `otp`.
///
/// Every candidate is computed and compared in constant time, whatever matches: the time taken
/// tells nothing of where, or whether, there was a match. If two candidates match, the latest wins.
///
/// # Shapes and units
/// - `base`: the step expected now, drift included.
/// - returns: the matching step, or none.
///
/// # Errors
/// [`KeyLengthError`] unless `key` has 16..=64 bytes.
///
/// # Source
/// RFC 6238 §5.2, §6.
pub fn verify(
    key: &[u8],
    hash: HashAlgorithm,
    base: TimeStep,
    window: AcceptanceWindow,
    otp: &Otp,
) -> Result<Option<TimeStep>, KeyLengthError> {
    let mut matched = 0_u64;
    let mut found = subtle::Choice::from(0);
    for distance in 0_i64.saturating_sub(i64::from(window.behind))..=i64::from(window.ahead) {
        // Before the first step there is nothing to accept.
        let Some(step) = base.offset(distance) else {
            continue;
        };
        let equal = totp(key, hash, step, otp.digits())?.ct_matches(otp);
        matched.conditional_assign(&step.index(), equal);
        found |= equal;
    }
    Ok(bool::from(found).then(|| TimeStep::from_index(matched)))
}

/// Looks for two consecutive codes in `window` around `base`, as in a resync.
///
/// Every candidate is computed and compared in constant time, as in [`verify`]. Far more steps can be
/// searched than for one code: a pair of six digits is right by chance once in 10^12.
///
/// # Shapes and units
/// - `first`, `second`: in the order they were shown; `second` belongs to the step after.
/// - returns: the step of `second`, or none.
///
/// # Errors
/// [`KeyLengthError`] unless `key` has 16..=64 bytes.
///
/// # Source
/// RFC 4226 §7.4, RFC 6238 §6.
pub fn verify_pair(
    key: &[u8],
    hash: HashAlgorithm,
    base: TimeStep,
    window: AcceptanceWindow,
    first: &Otp,
    second: &Otp,
) -> Result<Option<TimeStep>, KeyLengthError> {
    let mut matched = 0_u64;
    let mut found = subtle::Choice::from(0);
    for distance in 0_i64.saturating_sub(i64::from(window.behind))..=i64::from(window.ahead) {
        let (Some(before), Some(step)) = (
            base.offset(distance.saturating_sub(1)),
            base.offset(distance),
        ) else {
            continue;
        };
        let equal = totp(key, hash, before, first.digits())?.ct_matches(first)
            & totp(key, hash, step, second.digits())?.ct_matches(second);
        matched.conditional_assign(&step.index(), equal);
        found |= equal;
    }
    Ok(bool::from(found).then(|| TimeStep::from_index(matched)))
}
