//! The encryption key derived from a password (RFC 6030 §6.2).

use std::ops::RangeInclusive;

use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use crate::error::{KeyFileError, ProtectionError};
use crate::secret::Secret;
use crate::value::decode_base64;
use crate::xml::{Element, Namespace, Shape};

/// PBKDF2's rounds: no fewer than RFC 6030's own example, no more than a few seconds' work.
pub const ITERATIONS: RangeInclusive<u32> = 1_000..=10_000_000;
/// PBKDF2's salt, in bytes: 64 bits at least (PKCS #5 §4.1).
pub const SALT_BYTES: RangeInclusive<usize> = 8..=64;

/// What a `DerivedKey` says: PBKDF2 and its parameters.
pub(crate) struct Derivation {
    salt: Vec<u8>,
    iterations: u32,
    key_bytes: Option<usize>,
    hash: DerivationHash,
}

#[derive(Clone, Copy)]
enum DerivationHash {
    Sha1,
    Sha256,
    Sha512,
}

const DERIVED_KEY: Shape = Shape {
    attributes: &["Id", "Type", "Recipient"],
    ..Shape::of(
        "DerivedKey",
        &[
            (Namespace::Derivation, "KeyDerivationMethod"),
            (Namespace::Encryption, "ReferenceList"),
            (Namespace::Derivation, "DerivedKeyName"),
            (Namespace::Derivation, "MasterKeyName"),
        ],
    )
};
const KEY_DERIVATION_METHOD: Shape = Shape {
    attributes: &["Algorithm"],
    ..Shape::of(
        "KeyDerivationMethod",
        &[(Namespace::Derivation, "PBKDF2-params")],
    )
};
// RFC 6030's own example has the parameters without a namespace; under a default one they fall
// into PSKC's.
const PBKDF2_PARAMS: Shape = Shape::of(
    "PBKDF2-params",
    &[
        (Namespace::Absent, "Salt"),
        (Namespace::Absent, "IterationCount"),
        (Namespace::Absent, "KeyLength"),
        (Namespace::Absent, "PRF"),
        (Namespace::Derivation, "Salt"),
        (Namespace::Derivation, "IterationCount"),
        (Namespace::Derivation, "KeyLength"),
        (Namespace::Derivation, "PRF"),
        (Namespace::Pskc, "Salt"),
        (Namespace::Pskc, "IterationCount"),
        (Namespace::Pskc, "KeyLength"),
        (Namespace::Pskc, "PRF"),
    ],
);
const SALT: Shape = Shape::of(
    "Salt",
    &[
        (Namespace::Absent, "Specified"),
        (Namespace::Derivation, "Specified"),
        (Namespace::Pskc, "Specified"),
    ],
);

impl Derivation {
    /// Takes the `DerivedKey` of an `EncryptionKey`.
    pub(crate) fn read(derived: &Element) -> Result<Self, KeyFileError> {
        derived.check(&DERIVED_KEY)?;
        let method = derived.required("KeyDerivationMethod")?;
        match method.attribute("Algorithm") {
            Some(
                "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2"
                | "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#pbkdf2"
                | "http://www.w3.org/2009/xmlenc11#pbkdf2",
            ) => {}
            _ => {
                return Err(ProtectionError::Unsupported {
                    of: "KeyDerivationMethod",
                }
                .into());
            }
        }
        method.check(&KEY_DERIVATION_METHOD)?;
        let params = method.required("PBKDF2-params")?;
        params.check(&PBKDF2_PARAMS)?;
        let salt = params.required("Salt")?;
        salt.check(&SALT)?;
        let salt = salt.child_text("Specified")?.unwrap_or_default();
        let salt = decode_base64(salt).filter(|salt| SALT_BYTES.contains(&salt.len()));
        let iterations = params.child_text("IterationCount")?.unwrap_or_default();
        let iterations = parse_number(iterations).filter(|count| ITERATIONS.contains(count));
        let key_bytes = params.child_text("KeyLength")?;
        let refused = |of| ProtectionError::Derivation { of };
        Ok(Self {
            salt: salt.ok_or(refused("Salt"))?.to_vec(),
            iterations: iterations.ok_or(refused("IterationCount"))?,
            key_bytes: key_bytes
                .map(|text| {
                    let bytes = parse_number(text).and_then(|bytes| usize::try_from(bytes).ok());
                    bytes.ok_or(refused("KeyLength"))
                })
                .transpose()?,
            hash: DerivationHash::read(params.child("PRF"))?,
        })
    }

    /// Derives the key of `key_bytes` bytes that the file's method needs.
    pub(crate) fn derive(
        &self,
        password: &Secret,
        key_bytes: usize,
    ) -> Result<Secret, ProtectionError> {
        if self.key_bytes.is_some_and(|told| told != key_bytes) {
            return Err(ProtectionError::Derivation { of: "KeyLength" });
        }
        if password.is_empty() {
            return Err(ProtectionError::KeyLength);
        }
        let mut key = Zeroizing::new(vec![0; key_bytes]);
        // EXPOSE: the password is stretched here and goes nowhere else.
        let (password, salt) = (password.expose_secret(), &self.salt);
        match self.hash {
            DerivationHash::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, self.iterations, &mut key),
            DerivationHash::Sha256 => {
                pbkdf2_hmac::<Sha256>(password, salt, self.iterations, &mut key);
            }
            DerivationHash::Sha512 => {
                pbkdf2_hmac::<Sha512>(password, salt, self.iterations, &mut key);
            }
        }
        Ok(Secret::from(key))
    }
}

impl DerivationHash {
    /// Reads `PRF`: HMAC-SHA-1 where nothing is said (PKCS #5 Appendix A.2); the name as an attribute
    /// or, with some makers, as text.
    fn read(prf: Option<&Element>) -> Result<Self, KeyFileError> {
        let Some(prf) = prf else {
            return Ok(Self::Sha1);
        };
        prf.check(&Shape {
            attributes: &["Algorithm"],
            ..Shape::text("PRF")
        })?;
        match (prf.attribute("Algorithm"), prf.text()) {
            (None, "") => Ok(Self::Sha1),
            (Some(name), "") | (None, name) => match name.rsplit_once('#') {
                Some(("http://www.w3.org/2000/09/xmldsig", "hmac-sha1")) => Ok(Self::Sha1),
                Some(("http://www.w3.org/2001/04/xmldsig-more", "hmac-sha256")) => Ok(Self::Sha256),
                Some(("http://www.w3.org/2001/04/xmldsig-more", "hmac-sha512")) => Ok(Self::Sha512),
                _ => Err(ProtectionError::Derivation { of: "PRF" }.into()),
            },
            _ => Err(ProtectionError::Derivation { of: "PRF" }.into()),
        }
    }
}

fn parse_number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
