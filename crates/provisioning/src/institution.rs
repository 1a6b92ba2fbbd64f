//! The signed institution list: addresses, names, accents, pinned provisioning keys, policies.

use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use skts_otp::{TokenPolicy, UnixTime};
use skts_sealed::SecretBytes;

use crate::ids::ServiceId;
use crate::wire::Bytes;

/// The list itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstitutionList {
    /// When it was signed.
    pub issued_at: UnixTime,
    /// At most 1000 institutions, service IDs and ids all different.
    pub institutions: Vec<Institution>,
}

/// One institution as the app knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    /// 1 to 40 of `a`–`z`, `0`–`9` and `-`.
    pub id: String,
    /// サービスID.
    pub service_id: ServiceId,
    /// Name shown.
    pub name: Localized,
    /// Whom to ask.
    pub contact: Localized,
    /// `#rrggbb`.
    pub accent: String,
    /// Base URL, no path, no trailing slash: `https://host[:port]`, or `http://` to loopback.
    pub address: String,
    /// Current and next; at least one, at most four.
    pub provisioning_keys: Vec<ProvisioningPublicKey>,
    /// Settings of its tokens.
    pub policy: TokenPolicy,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// A key the service signs grants of S with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningPublicKey {
    /// First 16 hexadecimal digits of SHA-256 of the point.
    pub id: String,
    /// Uncompressed P-256 point, 65 bytes.
    pub sec1: Bytes,
}

/// Why a list is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A policy contradicts itself.
    #[error("an institution's policy is not valid")]
    BadPolicy,
    /// Two institutions share an id or a service ID.
    #[error("two institutions share an id")]
    Duplicate,
    /// A list from outside names an address that is not loopback.
    #[error("a list from outside names an address that is not loopback")]
    ForeignAddress,
    /// An address that is not `https`, and not `http` to loopback, or not a plain base URL.
    #[error("an institution's address is not an accepted base URL")]
    InsecureAddress,
    /// Not a list, or a field out of bounds.
    #[error("the institution list is malformed")]
    Malformed,
    /// The signature does not hold, or is not of the pinned key.
    #[error("the institution list's signature does not hold")]
    WrongSignature,
}

/// The key lists are signed with.
pub struct ListSigningKey(());

/// Reads and writes signed lists.
pub struct SignedList;

impl ListSigningKey {
    /// Makes a new one.
    pub fn make<R: CryptoRngCore>(_rng: &mut R) -> Self {
        todo!()
    }

    /// 32 bytes to be stored sealed or in a file of the owner's.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`ListSigningKey::encode`] wrote.
    ///
    /// # Errors
    /// [`ListError::Malformed`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, ListError> {
        todo!()
    }

    /// The public half: uncompressed point, 65 bytes.
    pub fn public_sec1(&self) -> Vec<u8> {
        todo!()
    }
}

impl SignedList {
    /// Signs a list; the text goes into a file.
    ///
    /// # Errors
    /// [`ListError`] if the list would not be taken back.
    pub fn sign(_list: &InstitutionList, _key: &ListSigningKey) -> Result<String, ListError> {
        todo!()
    }

    /// Reads a list signed by the pinned key (65 bytes SEC1).
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify_pinned(_text: &str, _pinned: &[u8]) -> Result<InstitutionList, ListError> {
        todo!()
    }

    /// Reads a list from outside, signed by whatever key it carries: every address must be
    /// loopback.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify_outside(_text: &str) -> Result<InstitutionList, ListError> {
        todo!()
    }
}

/// Checks a base URL: `https` to any host, `http` to loopback only.
///
/// # Errors
/// [`ListError::InsecureAddress`].
pub fn check_address(_address: &str) -> Result<(), ListError> {
    todo!()
}

/// Whether `id` is 1 to 40 of `a`–`z`, `0`–`9` and `-`.
pub(crate) fn is_institution_id(id: &str) -> bool {
    (1..=40).contains(&id.len())
        && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
