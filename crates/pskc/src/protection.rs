//! How a file is protected: what its head says, the key that opens it, MACs and decryption.
//!
//! ```text
//! encryption key = pre-shared | PBKDF2(password, salt, iterations)
//! MAC key        = decrypt(encryption key, MACKey)
//! ValueMAC       = HMAC(MAC key, IV ‖ ciphertext)            AES-CBC: must be there
//! secret         = decrypt(encryption key, IV ‖ ciphertext)   after every MAC of the file is good
//! ```
//! Key wrap (RFC 3394, RFC 5649) has its own integrity and needs no MAC.

use std::ops::RangeInclusive;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::cipher::{Cipher, Ciphertext};
use crate::derivation::Derivation;
use crate::error::{ElementError, KeyFileError, ProtectionError, at};
use crate::secret::Secret;
use crate::xml::{Element, Namespace, Shape};

/// Half the output of SHA-1's HMAC is the least that RFC 2104 §5 would have; its block is the most.
const MAC_KEY_BYTES: RangeInclusive<usize> = 10..=128;

/// How the sender said that he protects the file. The file must bear it out: a file that is weaker
/// than what was agreed is refused.
#[derive(Debug)]
pub enum Protection {
    /// Nothing is encrypted.
    Plain,
    /// AES with a key that both have: 16, 24 or 32 bytes, as the file's method says.
    PreSharedKey(Secret),
    /// AES with a key derived from a password, taken byte for byte.
    Password(Secret),
}

/// What `EncryptionKey` and `MACMethod` say.
#[derive(Default)]
pub(crate) struct Head {
    key: Option<KeySource>,
    mac: Option<MacMethod>,
}

enum KeySource {
    Named,
    Derived(Derivation),
}

/// Some makers write an empty shell of it beside key wrap: what is missing counts when a MAC is needed.
struct MacMethod {
    hash: Option<MacHash>,
    key: Option<Ciphertext>,
}

#[derive(Clone, Copy)]
enum MacHash {
    Sha1,
    Sha256,
}

/// The secret of a key package as the file has it.
pub(crate) enum Value {
    Plain(Secret),
    Encrypted(Encrypted),
}

/// A ciphertext, and its MAC if it has one.
pub(crate) struct Encrypted {
    pub(crate) ciphertext: Ciphertext,
    pub(crate) mac: Option<Vec<u8>>,
}

const ENCRYPTION_KEY: Shape = Shape {
    attributes: &["Id"],
    ..Shape::of(
        "EncryptionKey",
        &[
            (Namespace::Signature, "KeyName"),
            (Namespace::Derivation, "DerivedKey"),
        ],
    )
};
const MAC_METHOD: Shape = Shape {
    attributes: &["Algorithm"],
    ..Shape::of("MACMethod", &[(Namespace::Pskc, "MACKey")])
};

impl Head {
    /// Takes the container's `EncryptionKey`.
    pub(crate) fn read_encryption_key(&mut self, element: &Element) -> Result<(), KeyFileError> {
        if self.key.is_some() {
            let name = ENCRYPTION_KEY.name;
            return Err(ElementError::Repeated { name }.into());
        }
        let name = element.child("KeyName");
        let derived = element.child("DerivedKey");
        self.key = Some(match (name, derived) {
            (Some(_), None) => KeySource::Named,
            (None, Some(derived)) => KeySource::Derived(Derivation::read(derived)?),
            _ => {
                return Err(ProtectionError::Unsupported {
                    of: "EncryptionKey",
                }
                .into());
            }
        });
        Ok(element.check(&ENCRYPTION_KEY)?)
    }

    /// Takes the container's `MACMethod`.
    pub(crate) fn read_mac_method(&mut self, element: &Element) -> Result<(), KeyFileError> {
        if self.mac.is_some() {
            let name = MAC_METHOD.name;
            return Err(ElementError::Repeated { name }.into());
        }
        element.check(&MAC_METHOD)?;
        let hash = match element.attribute("Algorithm") {
            Some("http://www.w3.org/2000/09/xmldsig#hmac-sha1") => Some(MacHash::Sha1),
            Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256") => Some(MacHash::Sha256),
            Some(_) => return Err(ProtectionError::Unsupported { of: "MACMethod" }.into()),
            None => None,
        };
        let key = element
            .child("MACKey")
            .map(|key| Ciphertext::read::<KeyFileError>(key, "MACKey"));
        self.mac = Some(MacMethod {
            hash,
            key: key.transpose()?,
        });
        Ok(())
    }

    /// Checks every MAC, then decrypts: the secret of each of `values`, in their order.
    pub(crate) fn open(
        &self,
        protection: &Protection,
        values: Vec<Value>,
    ) -> Result<Vec<Secret>, KeyFileError> {
        if matches!(protection, Protection::Plain) {
            if self.key.is_some() || self.mac.is_some() {
                return Err(ProtectionError::Needed.into());
            }
            return each(values, |value| match value {
                Value::Plain(secret) => Ok(secret),
                Value::Encrypted(_) => Err(ProtectionError::Needed),
            });
        }
        let source = self.key.as_ref().ok_or(ProtectionError::Absent)?;
        let values = each(values, |value| match value {
            Value::Plain(_) => Err(ProtectionError::Absent),
            Value::Encrypted(encrypted) => Ok(encrypted),
        })?;
        let cipher = self.one_cipher(&values)?;
        let has_macs = values.iter().any(|value| value.mac.is_some());
        if !cipher.needs_mac() && !has_macs {
            let key = encryption_key(protection, source, cipher.key_bytes())?;
            return Ok(decrypt(
                cipher,
                &key,
                values.iter().map(|value| &value.ciphertext),
            )?);
        }
        let values = each(values, |value| {
            let mac = value.mac.ok_or(ProtectionError::MacMissing)?;
            Ok((value.ciphertext, mac))
        })?;
        let (hash, mac_key) = self.mac_method()?;
        let key = encryption_key(protection, source, cipher.key_bytes())?;
        verify(hash, &cipher.decrypt(&key, mac_key)?, &values)?;
        Ok(decrypt(
            cipher,
            &key,
            values.iter().map(|(ciphertext, _)| ciphertext),
        )?)
    }

    /// The method of all values: RFC 6030 §6 has one for the file.
    fn one_cipher(&self, values: &[Encrypted]) -> Result<Cipher, ProtectionError> {
        let unsupported = ProtectionError::Unsupported {
            of: "EncryptionMethod",
        };
        let mac_key = self.mac.as_ref().and_then(|mac| mac.key.as_ref());
        let mut ciphers = values
            .iter()
            .map(|value| &value.ciphertext)
            .chain(mac_key)
            .map(Ciphertext::cipher);
        let first = ciphers.next().ok_or(unsupported)?;
        ciphers
            .all(|cipher| cipher == first)
            .then_some(first)
            .ok_or(unsupported)
    }

    /// The hash of the MACs and their key, still encrypted. A MAC key agreed on otherwise
    /// (`MACKeyReference`) would be a second secret, which we do not take.
    fn mac_method(&self) -> Result<(MacHash, &Ciphertext), ProtectionError> {
        let method = self.mac.as_ref();
        let parts = method.and_then(|method| Some((method.hash?, method.key.as_ref()?)));
        parts.ok_or(ProtectionError::Unsupported { of: "MACMethod" })
    }
}

/// Takes what `take` takes of each value; there is one in each key package, whose number an error
/// comes with.
fn each<V, T>(
    values: Vec<V>,
    take: impl Fn(V) -> Result<T, ProtectionError>,
) -> Result<Vec<T>, KeyFileError> {
    let numbered = (1..).zip(values);
    numbered
        .map(|(number, value)| take(value).map_err(|error| at(number)(error.into())))
        .collect()
}

/// Verifies every MAC, with the same work whatever the others gave.
fn verify(
    hash: MacHash,
    key: &Secret,
    values: &[(Ciphertext, Vec<u8>)],
) -> Result<(), ProtectionError> {
    let mut good = MAC_KEY_BYTES.contains(&key.len());
    for (ciphertext, mac) in values {
        good &= hash.verify(key, ciphertext.bytes(), mac);
    }
    good.then_some(()).ok_or(ProtectionError::Refused)
}

fn decrypt<'a>(
    cipher: Cipher,
    key: &Secret,
    ciphertexts: impl Iterator<Item = &'a Ciphertext>,
) -> Result<Vec<Secret>, ProtectionError> {
    ciphertexts
        .map(|ciphertext| cipher.decrypt(key, ciphertext))
        .collect()
}

impl MacHash {
    fn verify(self, key: &Secret, bytes: &[u8], mac: &[u8]) -> bool {
        match self {
            Self::Sha1 => verify_hmac::<Hmac<Sha1>>(key, bytes, mac),
            Self::Sha256 => verify_hmac::<Hmac<Sha256>>(key, bytes, mac),
        }
    }
}

fn verify_hmac<M: Mac + KeyInit>(key: &Secret, bytes: &[u8], mac: &[u8]) -> bool {
    // EXPOSE: the MAC is computed here, and compared in constant time.
    let Ok(hmac) = <M as Mac>::new_from_slice(key.expose_secret()) else {
        return false;
    };
    hmac.chain_update(bytes).verify_slice(mac).is_ok()
}

fn encryption_key(
    protection: &Protection,
    source: &KeySource,
    key_bytes: usize,
) -> Result<Secret, ProtectionError> {
    match (protection, source) {
        (Protection::PreSharedKey(key), KeySource::Named) if key.len() == key_bytes => {
            // EXPOSE: copied into another that is wiped alike.
            Ok(Secret::new(key.expose_secret().to_vec()))
        }
        (Protection::PreSharedKey(_), KeySource::Named) => Err(ProtectionError::KeyLength),
        (Protection::Password(password), KeySource::Derived(derivation)) => {
            derivation.derive(password, key_bytes)
        }
        _ => Err(ProtectionError::OtherKind),
    }
}
