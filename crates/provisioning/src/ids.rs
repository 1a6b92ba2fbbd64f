//! Identifiers a customer types or a message carries, each parsed once into its own type.

use std::fmt;

use rand_core::CryptoRngCore;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use skts_sealed::SecretBytes;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Longest text looked at before it is refused; anything typed is far shorter.
pub(crate) const MAX_TYPED_CHARS: usize = 64;

/// Why a typed identifier or password was not taken. Carries no part of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdParseError {
    /// Nothing was typed, or only spaces and hyphens.
    #[error("the field is empty")]
    Empty,
    /// Something other than digits was typed.
    #[error("the field holds something other than digits")]
    NotDigits,
    /// Only digits, but too few or too many.
    #[error("expected {expected} digits, found {found}")]
    Length {
        /// How many digits the field has; for a password the nearer bound.
        expected: usize,
        /// How many were typed.
        found: usize,
    },
}

/// Folds full-width forms (NFKC), strips white space and hyphens, and requires ASCII digits.
fn fold_digits(text: &str) -> Result<Zeroizing<String>, IdParseError> {
    let mut digits = Zeroizing::new(String::with_capacity(MAX_TYPED_CHARS));
    for (at, c) in text.nfkc().enumerate() {
        if at >= MAX_TYPED_CHARS {
            return Err(IdParseError::NotDigits);
        }
        match c {
            '0'..='9' => digits.push(c),
            // U+2010..U+2015 dashes, U+2212 minus and U+30FC, which Japanese keyboards put for '-'.
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' => {}
            c if c.is_whitespace() => {}
            _ => return Err(IdParseError::NotDigits),
        }
    }
    if digits.is_empty() {
        Err(IdParseError::Empty)
    } else {
        Ok(digits)
    }
}

fn exactly(text: &str, expected: usize) -> Result<String, IdParseError> {
    let digits = fold_digits(text)?;
    match digits.len() {
        found if found == expected => Ok(digits.as_str().to_owned()),
        found => Err(IdParseError::Length { expected, found }),
    }
}

/// Writes `digits` in groups of four with a space between.
fn in_fours(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && at.is_multiple_of(4) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

macro_rules! digit_id {
    ($(#[$doc:meta])* $name:ident, $digits:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses what a customer typed: full-width digits are folded, spaces and hyphens
            /// dropped.
            ///
            /// # Errors
            /// [`IdParseError`] if anything else is left, or the count of digits is wrong.
            pub fn parse(text: &str) -> Result<Self, IdParseError> {
                exactly(text, $digits).map(Self)
            }

            /// The ASCII digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The digits in groups of four, for a person to read.
            pub fn grouped(&self) -> String {
                in_fours(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        // Folding is for people. A message carries the plain digits or is refused.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                if text.len() == $digits && text.bytes().all(|b| b.is_ascii_digit()) {
                    Ok(Self(text))
                } else {
                    Err(de::Error::custom($what))
                }
            }
        }
    };
}

digit_id!(
    /// The 8 digits that name an institution at set-up (サービスID).
    ServiceId,
    8,
    "a service ID is 8 digits"
);
digit_id!(
    /// The 12 digits that name one activation (利用者ID).
    UserId,
    12,
    "a user ID is 12 digits"
);

impl UserId {
    /// Makes a user ID of 12 uniformly random digits.
    pub fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        let mut digits = String::with_capacity(12);
        while digits.len() < 12 {
            let mut byte = [0_u8];
            rng.fill_bytes(&mut byte);
            let [byte] = byte;
            // 250 is the largest multiple of ten in a byte: above it a digit would be favoured.
            if byte < 250 {
                digits.push(char::from(b'0'.saturating_add(byte % 10)));
            }
        }
        Self(digits)
    }
}

/// The 4 to 8 digits typed once at set-up (利用開始パスワード). Wiped when dropped, never printed.
pub struct ActivationPassword(SecretBytes);

impl ActivationPassword {
    /// Fewest digits.
    pub const MIN_DIGITS: usize = 4;
    /// Most digits.
    pub const MAX_DIGITS: usize = 8;

    /// Parses what a customer typed, folded as [`UserId::parse`] does.
    ///
    /// # Errors
    /// [`IdParseError`] if it is not 4 to 8 digits.
    pub fn parse(text: &str) -> Result<Self, IdParseError> {
        let digits = fold_digits(text)?;
        let found = digits.len();
        if found < Self::MIN_DIGITS {
            return Err(IdParseError::Length {
                expected: Self::MIN_DIGITS,
                found,
            });
        }
        if found > Self::MAX_DIGITS {
            return Err(IdParseError::Length {
                expected: Self::MAX_DIGITS,
                found,
            });
        }
        Ok(Self(SecretBytes::from_slice(digits.as_bytes())))
    }

    /// The ASCII digits, 4..=8 bytes, secret.
    pub fn expose_secret(&self) -> &[u8] {
        // EXPOSE: handed on under the same name: the caller says why.
        self.0.expose_secret()
    }
}

impl fmt::Debug for ActivationPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationPassword(…)")
    }
}

impl<'de> Deserialize<'de> for ActivationPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(de::Error::custom)
    }
}

fn serialize_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

fn deserialize_hex<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(deserializer)?;
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut bytes = [0_u8; N];
    if !lower || hex::decode_to_slice(&text, &mut bytes).is_err() {
        return Err(de::Error::custom(
            "expected lower-case hexadecimal digits of a fixed length",
        ));
    }
    Ok(bytes)
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_hex(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize_hex(deserializer).map(Self)
            }
        }
    };
}

hex_id!(
    /// 16 random bytes that name one call for ever: same id and same body, same answer. Written
    /// as 32 lower-case hexadecimal digits.
    RequestId,
    16
);
hex_id!(
    /// SHA-256 of a device key's SPKI. Written as 64 lower-case hexadecimal digits.
    DeviceId,
    32
);

impl RequestId {
    /// Makes a random one.
    pub fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Parses 32 lower-case hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut bytes = [0; 16];
        (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(Self(bytes))
    }
}

impl DeviceId {
    /// `SHA-256(spki)`; `spki` is the DER of the public key.
    pub fn from_spki(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }
}

/// Which version of the terms the customer agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ConsentVersion(pub u32);
