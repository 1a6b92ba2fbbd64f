//! Keys as they come out of a file.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use crate::error::KeyError;
use crate::secret::Secret;

/// How long a secret is, in bytes: 128 bits at least (RFC 4226 requirement R6, RFC 6030 §10.1), the
/// output of the longest hash at most (RFC 6238 §5.1).
pub const SECRET_BYTES: RangeInclusive<usize> = 16..=64;
/// How many characters a manufacturer or model may have.
const LONGEST_NAME: usize = 64;
const SERIAL_LENGTH: RangeInclusive<usize> = 8..=12;
/// A day, as in the periods that codes are computed with.
const LONGEST_PERIOD_SECS: u32 = 86_400;

/// What a key file holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeyFile {
    /// Its keys in the file's order: at least one, and no serial number twice for the same use.
    pub keys: Vec<Key>,
}

/// One key of one hardware token.
#[derive(Debug)]
#[non_exhaustive]
pub struct Key {
    /// What is printed on the token.
    pub serial: SerialNumber,
    /// Who made the token: 1..=64 characters.
    pub manufacturer: Option<String>,
    /// Which of the maker's tokens it is: 1..=64 characters.
    pub model: Option<String>,
    /// What the token computes.
    pub algorithm: Algorithm,
    /// The hash under its HMAC.
    pub hash: HashAlgorithm,
    /// Digits of a code: 6 or 8; with OCRA what the suite says, 4..=10.
    pub digits: u8,
    /// Not to be used before, if the file says so.
    pub starts_at: Option<DateTime<Utc>>,
    /// Not to be used after, if the file says so.
    pub expires_at: Option<DateTime<Utc>>,
    /// The secret: [`SECRET_BYTES`].
    pub secret: Secret,
}

/// What a token computes, with the values that it starts from.
///
/// # Source
/// RFC 4226, RFC 6238, RFC 6287; RFC 6030 §4.1 and §10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Algorithm {
    /// Codes by event.
    Hotp {
        /// The counter of the next code; 0 if the file does not say.
        counter: u64,
    },
    /// Codes by time.
    Totp {
        /// How long a code is shown: 1..=86400 s.
        period_secs: u32,
        /// Steps by which the token's clock was found to be off; positive is ahead.
        drift_steps: i32,
    },
    /// Responses to challenges.
    Ocra {
        /// `OCRA-1:HOTP-SHA…-digits:input`; the input part is the reader's to parse.
        suite: String,
        /// The next counter, if the suite has one; 0 if the file does not say.
        counter: Option<u64>,
    },
}

impl Algorithm {
    /// Whether it answers challenges; a token may have one such key beside one for codes.
    pub(crate) fn answers_challenges(&self) -> bool {
        matches!(self, Self::Ocra { .. })
    }
}

/// The hash under the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-1, also where the file does not say.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// Reads `SHA1`, `SHA-256`, `HMAC-SHA512`, `HmacSHA256`: the spellings in use.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let folded: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | '_'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        match folded.strip_prefix("HMAC").unwrap_or(&folded) {
            "SHA1" => Some(Self::Sha1),
            "SHA256" => Some(Self::Sha256),
            "SHA512" => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// A hardware token's serial number.
///
/// # Shapes and units
/// - 8 to 12 ASCII digits or upper-case letters; lower case is folded, and the hyphens and spaces by
///   which some makers group them are dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(String);

impl SerialNumber {
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let serial: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let shape = serial.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && SERIAL_LENGTH.contains(&serial.len());
        shape.then_some(Self(serial)).ok_or(KeyError::Serial)
    }

    /// The serial number without grouping.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes a secret of a good length.
pub(crate) fn checked_secret(secret: Secret) -> Result<Secret, KeyError> {
    if SECRET_BYTES.contains(&secret.len()) {
        Ok(secret)
    } else {
        Err(KeyError::SecretLength)
    }
}

/// Takes a manufacturer or model; an empty one is none.
pub(crate) fn checked_name(text: &str, of: &'static str) -> Result<Option<String>, KeyError> {
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST_NAME {
        return Err(KeyError::Value { of });
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(crate) fn parse_digits(text: &str, of: &'static str) -> Result<u8, KeyError> {
    match text {
        "6" => Ok(6),
        "8" => Ok(8),
        _ => Err(KeyError::Value { of }),
    }
}

pub(crate) fn parse_period(text: &str, of: &'static str) -> Result<u32, KeyError> {
    let period = u32::try_from(parse_count(text, of)?).ok();
    period
        .filter(|secs| (1..=LONGEST_PERIOD_SECS).contains(secs))
        .ok_or(KeyError::Value { of })
}

/// Reads a number of digits only, as far as `xs:long` goes.
pub(crate) fn parse_count(text: &str, of: &'static str) -> Result<u64, KeyError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.then(|| text.parse::<i64>().ok()).flatten();
    count
        .and_then(|count| u64::try_from(count).ok())
        .ok_or(KeyError::Value { of })
}

/// Reads `2037-12-31T00:00:00Z`, or another offset; a time without one could be any of many.
pub(crate) fn parse_time(text: &str, of: &'static str) -> Result<DateTime<Utc>, KeyError> {
    let refused = KeyError::Value { of };
    // chrono also takes a space for the T, small letters, and leap seconds, which RFC 6030 §5 excludes.
    let shape = text.as_bytes();
    if shape.get(10) != Some(&b'T') || shape.get(17..19) == Some(b"60") || text.ends_with('z') {
        return Err(refused);
    }
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| refused)?;
    Ok(time.with_timezone(&Utc))
}
