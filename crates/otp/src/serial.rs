//! Serial numbers: what is printed under a code and typed at the bank.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};

use crate::fold::fold;

/// Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Our own class A prefix: OMP `SK` (not registered by us), token type `TS`.
const PREFIX: &str = "SKTS";
const UNIQUE_LENGTH: usize = 8;

/// How an institution's serials are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SerialScheme {
    /// OATH class A: 12 characters, a prefix of four (OMP 2 + type 2) and eight of Crockford's base32.
    ClassA {
        /// Four ASCII letters or digits, upper case.
        prefix: String,
    },
    /// Nine digits, the first not zero.
    Numeric9,
}

impl SerialScheme {
    /// `SKTS` and eight characters.
    pub fn skts() -> Self {
        Self::ClassA {
            prefix: PREFIX.to_owned(),
        }
    }
}

/// A token's serial number.
///
/// # Shapes and units
/// - 8 to 12 ASCII upper-case letters or digits, never empty; ours have 12 (`SKTS` + 8) or 9 digits,
///   hardware tokens' are taken as printed.
///
/// # Source
/// OATH Token Identifier, class A; guides 000 to 004.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SerialNumber(String);

impl SerialNumber {
    /// Makes a random serial of `scheme`: 40 random bits (class A) or 29.7 (nine digits).
    pub fn make<R: CryptoRngCore>(scheme: &SerialScheme, rng: &mut R) -> Self {
        match scheme {
            SerialScheme::ClassA { prefix } => {
                let mut serial = prefix.clone();
                let bytes = rng.next_u64().to_be_bytes();
                for byte in bytes.iter().take(UNIQUE_LENGTH) {
                    // 256 is a multiple of 32: no character is likelier than another.
                    let index = usize::from(byte & 31);
                    serial.push(ALPHABET.get(index).copied().map_or('0', char::from));
                }
                Self(serial)
            }
            SerialScheme::Numeric9 => loop {
                // Rejection keeps the nine digits uniform over 100 000 000..=999 999 999.
                let candidate = rng.next_u32() >> 2;
                if (100_000_000..=999_999_999).contains(&candidate) {
                    return Self(candidate.to_string());
                }
            },
        }
    }

    /// Reads a serial as typed: width and case are folded, spaces and dashes dropped; after `SKTS`
    /// the look-alikes I, L and O are read as 1, 1 and 0.
    ///
    /// # Errors
    /// [`SerialParseError`].
    pub fn parse(text: &str) -> Result<Self, SerialParseError> {
        let folded = fold(text).to_ascii_uppercase();
        if folded.is_empty() {
            return Err(SerialParseError::Empty);
        }
        if !folded.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(SerialParseError::NotAlphanumeric);
        }
        if !(8..=12).contains(&folded.len()) {
            return Err(SerialParseError::Length {
                found: folded.len(),
            });
        }
        let Some(unique) = folded.strip_prefix(PREFIX) else {
            return Ok(Self(folded));
        };
        if unique.len() != UNIQUE_LENGTH {
            return Err(SerialParseError::Length {
                found: folded.len(),
            });
        }
        let mut serial = PREFIX.to_owned();
        for c in unique.chars() {
            serial.push(match c {
                'I' | 'L' => '1',
                'O' => '0',
                'U' => return Err(SerialParseError::NotInAlphabet),
                other => other,
            });
        }
        Ok(Self(serial))
    }

    /// The serial without spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The serial in groups for reading: `SKTS 1234 5678`, `243 725 864`, else in fours.
    pub fn grouped(&self) -> String {
        let size = if self.0.len() == 9 { 3 } else { 4 };
        let chars: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = chars
            .chunks(size)
            .map(|group| group.iter().collect())
            .collect();
        groups.join(" ")
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SerialNumber {
    type Err = SerialParseError;

    fn from_str(text: &str) -> Result<Self, SerialParseError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = SerialParseError;

    fn try_from(text: String) -> Result<Self, SerialParseError> {
        Self::parse(&text)
    }
}

impl From<SerialNumber> for String {
    fn from(serial: SerialNumber) -> Self {
        serial.0
    }
}

/// Why typed text is no serial number. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SerialParseError {
    /// Nothing was typed.
    #[error("no serial number")]
    Empty,
    /// Too short or too long.
    #[error("a serial number has 8 to 12 characters (12 after SKTS), not {found}")]
    Length {
        /// How many there were.
        found: usize,
    },
    /// Something else than letters and digits.
    #[error("a serial number has letters and digits only")]
    NotAlphanumeric,
    /// A character that our serials never hold.
    #[error("a serial number that begins with SKTS has no U")]
    NotInAlphabet,
}
