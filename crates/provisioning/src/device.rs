//! The device key as this crate sees it, and the evidence that goes with it.

use p256::ecdsa::Signature;
use serde::{Deserialize, Serialize};
use skts_sealed::{FieldReader, FieldWriter, LabelledHash, SecretBytes};

use crate::p256_text::{low_s, verify_strict};
use crate::wire::{Bytes, ShortText, WireError};

pub use crate::p256_text::canonical_spki;

/// Bytes of a P-256 SPKI in DER, uncompressed point: the only form taken.
pub const SPKI_BYTES: usize = 91;
/// Bytes of a signature: `r ‖ s`, `s` in the lower half.
pub const SIGNATURE_BYTES: usize = 64;
/// Most bytes of a platform's attestation statement.
pub const MAX_STATEMENT_BYTES: usize = 8 * 1024;

/// A P-256 key that signs for the device; hardware where there is some.
pub trait DeviceSigner {
    /// The public key: 91 bytes of DER SPKI, uncompressed point.
    fn spki(&self) -> &[u8];

    /// Signs `message` (hashed with SHA-256 inside): 64 bytes `r ‖ s`, either `s`.
    ///
    /// # Errors
    /// [`SignError`] if the key cannot be used now, or is gone.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Why the device key made no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key is no longer there.
    #[error("the device key is gone")]
    Gone,
    /// The keystore, which has a part of the key, is locked.
    #[error("the device key is locked away")]
    Locked,
    /// The keystore has not answered.
    #[error("the keystore of the device key has not answered")]
    Slow,
    /// There is no keystore.
    #[error("the keystore of the device key is not there")]
    NoKeyStore,
    /// The keystore's part of the key is not in it any more.
    #[error("a part of the device key is missing")]
    PartMissing,
    /// The hardware that holds the key is busy.
    #[error("the device key is busy")]
    Busy,
    /// The hardware that holds the key cannot be used.
    #[error("the device key cannot be used now")]
    Unavailable,
    /// What came back is not a signature of this key over this message.
    #[error("the device key gave something that is not its signature")]
    WrongShape,
}

/// A device signature that does not hold, or a key that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceSignatureError {
    /// Not a P-256 public key in its one accepted encoding.
    #[error("not a P-256 public key in its one accepted encoding")]
    PublicKey,
    /// Wrong length, high `s`, or made by another key or over another message.
    #[error("the device signature does not hold")]
    Signature,
}

/// Verifies a device's signature over `message`.
///
/// # Shapes and units
/// - `spki`: 91 bytes of DER, uncompressed point.
/// - `signature`: 64 bytes `r ‖ s`, `s` in the lower half, so that there is one encoding only.
///
/// # Errors
/// [`DeviceSignatureError`].
///
/// # Source
/// FIPS 186-5 §6.4 with SHA-256.
pub fn verify_device_signature(
    spki: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), DeviceSignatureError> {
    let key = canonical_spki(spki).ok_or(DeviceSignatureError::PublicKey)?;
    if verify_strict(&key, message, signature) {
        Ok(())
    } else {
        Err(DeviceSignatureError::Signature)
    }
}

/// Lets the device sign, puts `s` into the lower half and checks the outcome: a keystore that
/// answers with another key's signature is found here and not at the service.
pub(crate) fn sign_checked(
    signer: &dyn DeviceSigner,
    message: &[u8],
) -> Result<Vec<u8>, SignError> {
    let raw = signer.sign(message)?;
    let signature = Signature::from_slice(&raw).map_err(|_| SignError::WrongShape)?;
    let signature = low_s(signature).to_bytes().to_vec();
    verify_device_signature(signer.spki(), message, &signature)
        .map_err(|_| SignError::WrongShape)?;
    Ok(signature)
}

/// What a device says of itself and of its key. The service decides the assurance level from it,
/// never from the app's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Operating system, in words.
    pub platform: ShortText,
    /// What the customer will know the device by.
    pub device_label: ShortText,
    /// Where the key lives: `software`, `tpm2`, `secure-enclave`, `platform-provider`, `tee`,
    /// `strongbox`.
    pub key_kind: ShortText,
    /// The platform's attestation, in its own form; may be empty.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::wire::schema::bytes::<0, MAX_STATEMENT_BYTES>")
    )]
    pub statement: Bytes,
}

const EVIDENCE_VERSION: u64 = 1;

impl Evidence {
    /// Checks the bounds the types do not.
    ///
    /// # Errors
    /// [`WireError::Field`] if the statement is too long.
    pub fn check(&self) -> Result<(), WireError> {
        if self.statement.0.len() > MAX_STATEMENT_BYTES {
            return Err(WireError::Field { field: "statement" });
        }
        Ok(())
    }

    /// `SHA-256("skts/evidence/v1", platform, device label, key kind, statement)`.
    pub fn digest(&self) -> [u8; 32] {
        LabelledHash::new("skts/evidence/v1")
            .field(self.platform.as_str().as_bytes())
            .field(self.device_label.as_str().as_bytes())
            .field(self.key_kind.as_str().as_bytes())
            .field(&self.statement.0)
            .sha256()
    }

    /// Bytes that are sealed in K2.
    pub(crate) fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .u64(EVIDENCE_VERSION)
            .bytes(self.platform.as_str().as_bytes())
            .bytes(self.device_label.as_str().as_bytes())
            .bytes(self.key_kind.as_str().as_bytes())
            .bytes(&self.statement.0)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = FieldReader::new(bytes);
        if reader.u64().ok()? != EVIDENCE_VERSION {
            return None;
        }
        let mut text = || {
            let bytes = reader.bytes().ok()?;
            ShortText::new(std::str::from_utf8(bytes).ok()?).ok()
        };
        let (platform, device_label, key_kind) = (text()?, text()?, text()?);
        let statement = Bytes::from_slice(reader.bytes().ok()?);
        reader.end().ok()?;
        let evidence = Self {
            platform,
            device_label,
            key_kind,
            statement,
        };
        evidence.check().ok()?;
        Some(evidence)
    }
}
