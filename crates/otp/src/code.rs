//! Codes: the one dynamic truncation, and the digits a person reads and types.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Builder};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::fold::fold;
use crate::time::TimeStep;

/// How long a key may be.
pub(crate) const KEY_BYTES: RangeInclusive<usize> = 16..=64;
const LONGEST_MAC_BYTES: usize = 64;
const LONGEST_CODE: usize = 8;

/// The hash under the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashAlgorithm {
    /// HMAC-SHA-1: hardware tokens and vectors.
    Sha1,
    /// HMAC-SHA-256: our soft tokens.
    Sha256,
    /// HMAC-SHA-512: hardware tokens and vectors.
    Sha512,
}

impl HashAlgorithm {
    /// Length of the MAC: 20, 32 or 64 bytes.
    pub const fn mac_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// How many digits a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Digits {
    /// Six digits.
    Six,
    /// Eight digits.
    Eight,
}

impl Digits {
    /// 6 or 8.
    pub const fn count(self) -> usize {
        match self {
            Self::Six => 6,
            Self::Eight => 8,
        }
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        match digits {
            Digits::Six => 6,
            Digits::Eight => 8,
        }
    }
}

impl TryFrom<u8> for Digits {
    type Error = DigitsError;

    fn try_from(count: u8) -> Result<Self, DigitsError> {
        match count {
            6 => Ok(Self::Six),
            8 => Ok(Self::Eight),
            _ => Err(DigitsError { found: count }),
        }
    }
}

/// Codes have six or eight digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has 6 or 8 digits, not {found}")]
pub struct DigitsError {
    /// What was asked for.
    pub found: u8,
}

/// An HMAC of a counter or time step, before truncation. As good as the code itself, so secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Mac {
    bytes: [u8; LONGEST_MAC_BYTES],
    len: usize,
}

impl Mac {
    /// Takes a MAC that a keystore or [`mac`] computed.
    ///
    /// # Errors
    /// [`MacLengthError`] unless it has 20, 32 or 64 bytes.
    pub fn from_bytes(mac: &[u8]) -> Result<Self, MacLengthError> {
        let wrong_length = MacLengthError {
            found_bytes: mac.len(),
        };
        if !matches!(mac.len(), 20 | 32 | 64) {
            return Err(wrong_length);
        }
        let mut bytes = [0; LONGEST_MAC_BYTES];
        bytes
            .get_mut(..mac.len())
            .ok_or(wrong_length)?
            .copy_from_slice(mac);
        Ok(Self {
            bytes,
            len: mac.len(),
        })
    }

    /// The MAC's bytes: 20, 32 or 64.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(redacted)")
    }
}

/// A MAC has the length of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a MAC has 20, 32 or 64 bytes, not {found_bytes}")]
pub struct MacLengthError {
    /// How many there were.
    pub found_bytes: usize,
}

/// Computes `HMAC(key, u64be(step))`.
///
/// # Shapes and units
/// - `key`: 16..=64 bytes, secret.
/// - `step`: a count, not seconds; for HOTP the counter.
///
/// # Errors
/// [`KeyLengthError`] for other key lengths.
///
/// # Source
/// RFC 4226 §5.2 and requirement R6; RFC 6238 §4.
pub fn mac(key: &[u8], hash: HashAlgorithm, step: TimeStep) -> Result<Mac, KeyLengthError> {
    sign(key, hash, step, Mac::from_bytes)?.map_err(|_| KeyLengthError {
        found_bytes: key.len(),
    })
}

/// [`mac`] and [`truncate`] in one, without a copy of the MAC in between.
pub(crate) fn code(
    key: &[u8],
    hash: HashAlgorithm,
    step: TimeStep,
    digits: Digits,
) -> Result<Otp, KeyLengthError> {
    sign(key, hash, step, |mac| truncate_bytes(mac, digits))
}

fn sign<T>(
    key: &[u8],
    hash: HashAlgorithm,
    step: TimeStep,
    take: impl FnOnce(&[u8]) -> T,
) -> Result<T, KeyLengthError> {
    if !KEY_BYTES.contains(&key.len()) {
        return Err(KeyLengthError {
            found_bytes: key.len(),
        });
    }
    let algorithm = match hash {
        HashAlgorithm::Sha1 => Algorithm::SHA1,
        HashAlgorithm::Sha256 => Algorithm::SHA256,
        HashAlgorithm::Sha512 => Algorithm::SHA512,
    };
    // A period of one second makes the library's time the step itself.
    let totp = Builder::new()
        .with_algorithm(algorithm)
        .with_step_duration(1)
        .with_secret(Box::<[u8]>::from(key))
        .build_noncompliant();
    Ok(take(totp.sign(step.index()).as_ref()))
}

/// Keys have 128 to 512 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token's key has 16 to 64 bytes, not {found_bytes}")]
pub struct KeyLengthError {
    /// How many there were.
    pub found_bytes: usize,
}

/// Truncates a MAC to digits: `(mac[o..o+4] as u31) mod 10^digits` with `o = mac[last] & 15`.
///
/// The only truncation in the project: for codes computed here and for MACs made in hardware.
///
/// # Source
/// RFC 4226 §5.3; for longer MACs RFC 6238 §1.2 and its reference implementation.
pub fn truncate(mac: &Mac, digits: Digits) -> Otp {
    truncate_bytes(mac.as_bytes(), digits)
}

fn truncate_bytes(bytes: &[u8], digits: Digits) -> Otp {
    let mut otp = Otp {
        ascii: [b'0'; LONGEST_CODE],
        digits,
    };
    let places = otp.ascii.iter_mut().take(digits.count());
    write_decimal(dynamic_word(bytes), places);
    otp
}

/// The 31 bits that the MAC's last nibble points at: RFC 4226 §5.3.
pub(crate) fn dynamic_word(mac: &[u8]) -> u32 {
    let offset = usize::from(mac.last().copied().unwrap_or(0) & 0x0f);
    // A MAC has at least 20 bytes, and the offset is at most 15.
    mac.get(offset..)
        .and_then(|rest| rest.first_chunk::<4>())
        .map_or(0, |word| u32::from_be_bytes(*word) & 0x7fff_ffff)
}

/// Writes `word mod 10^places` with leading zeros.
pub(crate) fn write_decimal<'a>(word: u32, places: impl DoubleEndedIterator<Item = &'a mut u8>) {
    let mut rest = word;
    for place in places.rev() {
        *place = b'0'.saturating_add(u8::try_from(rest.checked_rem(10).unwrap_or(0)).unwrap_or(0));
        rest = rest.checked_div(10).unwrap_or(0);
    }
}

/// A one-time password. Compared in constant time, never printed by accident, wiped on drop.
///
/// # Shapes and units
/// - exactly 6 or 8 ASCII digits, leading zeros kept.
#[derive(Clone)]
pub struct Otp {
    ascii: [u8; LONGEST_CODE],
    digits: Digits,
}

impl Otp {
    /// Reads what a person typed: full-width digits, spaces and dashes are folded.
    ///
    /// # Errors
    /// [`OtpParseError::NotDigits`], or [`OtpParseError::Length`] if the count is none of `allowed`.
    pub fn parse(text: &str, allowed: &[Digits]) -> Result<Self, OtpParseError> {
        let mut folded = fold(text);
        let parsed = Self::from_ascii(folded.as_bytes(), allowed);
        folded.zeroize();
        parsed
    }

    fn from_ascii(text: &[u8], allowed: &[Digits]) -> Result<Self, OtpParseError> {
        if !text.iter().all(u8::is_ascii_digit) {
            return Err(OtpParseError::NotDigits);
        }
        let digits = allowed
            .iter()
            .copied()
            .find(|digits| digits.count() == text.len())
            .ok_or(OtpParseError::Length)?;
        let mut ascii = [b'0'; LONGEST_CODE];
        for (place, digit) in ascii.iter_mut().zip(text) {
            *place = *digit;
        }
        Ok(Self { ascii, digits })
    }

    /// The digits as text, for the customer's eyes.
    pub fn expose_digits(&self) -> &str {
        let ascii = self.ascii.get(..self.digits.count()).unwrap_or_default();
        std::str::from_utf8(ascii).unwrap_or_default()
    }

    /// Six or eight.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    pub(crate) fn ct_matches(&self, other: &Self) -> subtle::Choice {
        self.ascii.ct_eq(&other.ascii) & subtle::Choice::from(u8::from(self.digits == other.digits))
    }
}

impl PartialEq for Otp {
    fn eq(&self, other: &Self) -> bool {
        self.ct_matches(other).into()
    }
}

impl Eq for Otp {}

impl Drop for Otp {
    fn drop(&mut self) {
        self.ascii.zeroize();
    }
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Otp({} digits, redacted)", self.digits.count())
    }
}

/// Why typed text is no code. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OtpParseError {
    /// Too few or too many digits.
    #[error("a code of this token has another number of digits")]
    Length,
    /// Something else than digits.
    #[error("a code has digits only")]
    NotDigits,
}
