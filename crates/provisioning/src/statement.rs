//! What a device's hardware says of its key, and the question it is asked about it: bytes in,
//! types out.
//!
//! ```text
//! TPM 2.0  field("tpm-ek/v1") ‖ field(TPMT_PUBLIC of the device key) ‖ field(EK certificate) ‖ field(intermediate)…
//! Android  field("android-key/v1") ‖ field(bound to) ‖ field(certificate of the device key) ‖ field(next)… ‖ field(root)
//! none     no bytes
//! ```
//! Certificates are DER, each signed by the next. The key of Android's chain was made with the
//! challenge [`android_challenge`] of `bound to`: bytes of the device's own choice, its profile's
//! id as text. A backend of the vault writes these with `FieldWriter`; nothing here says that what
//! they contain is true.

use skts_sealed::{FieldReader, FieldWriter, LabelledHash};

use crate::device::MAX_STATEMENT_BYTES;

/// First field of a TPM's statement.
pub const TPM_TAG: &[u8] = b"tpm-ek/v1";
/// First field of an Android keystore's statement.
pub const ANDROID_TAG: &[u8] = b"android-key/v1";
/// Most certificates in a statement.
pub const MAX_CERTIFICATES: usize = 8;
/// Most bytes of what an Android key is bound to.
pub const MAX_BOUND_BYTES: usize = 64;
/// Most bytes of a TPM key's public area.
const MAX_PUBLIC_BYTES: usize = 256;
/// Most bytes of each half of a [`Credential`].
const MAX_CREDENTIAL_BYTES: usize = 512;

/// A statement, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The device says nothing of its key.
    None,
    /// The key is in a TPM 2.0.
    Tpm(TpmStatement),
    /// The key is in an Android keystore.
    Android(AndroidStatement),
}

/// What a TPM 2.0 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmStatement {
    /// `TPMT_PUBLIC` of the device key, 1 to 256 bytes.
    pub public: Vec<u8>,
    /// The certificate of the chip's endorsement key and what it is signed by, as far as the chip
    /// has it: 1 to [`MAX_CERTIFICATES`], DER.
    pub certificates: Vec<Vec<u8>>,
}

/// What an Android keystore says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndroidStatement {
    /// What the key was made for, 1 to [`MAX_BOUND_BYTES`] bytes.
    pub bound_to: Vec<u8>,
    /// The device key's certificate and what it is signed by: 1 to [`MAX_CERTIFICATES`], DER.
    pub certificates: Vec<Vec<u8>>,
}

/// Bytes that are no statement, or no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Cut short, too long, or a part out of its bounds.
    #[error("the statement is malformed")]
    Malformed,
    /// Of a kind this program does not know.
    #[error("the statement is of an unknown kind")]
    UnknownKind,
}

impl Statement {
    /// The bytes of [`crate::device::Evidence::statement`].
    pub fn encode(&self) -> Vec<u8> {
        let (tag, first, certificates) = match self {
            Self::None => return Vec::new(),
            Self::Tpm(said) => (TPM_TAG, &said.public, &said.certificates),
            Self::Android(said) => (ANDROID_TAG, &said.bound_to, &said.certificates),
        };
        let writer = FieldWriter::new().bytes(tag).bytes(first);
        let record = certificates
            .iter()
            .fold(writer, |writer, certificate| writer.bytes(certificate))
            .finish();
        // EXPOSE: public keys and certificates.
        record.expose_secret().to_vec()
    }

    /// Reads what [`Statement::encode`] wrote.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        if bytes.is_empty() {
            return Ok(Self::None);
        }
        let malformed = |_| StatementError::Malformed;
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(StatementError::Malformed);
        }
        let mut reader = FieldReader::new(bytes);
        let tag = reader.bytes().map_err(malformed)?;
        if tag != TPM_TAG && tag != ANDROID_TAG {
            return Err(StatementError::UnknownKind);
        }
        let first = reader.bytes().map_err(malformed)?.to_vec();
        let certificates = certificates(reader)?;
        let most = if tag == TPM_TAG {
            MAX_PUBLIC_BYTES
        } else {
            MAX_BOUND_BYTES
        };
        if !(1..=most).contains(&first.len()) {
            return Err(StatementError::Malformed);
        }
        Ok(if tag == TPM_TAG {
            Self::Tpm(TpmStatement {
                public: first,
                certificates,
            })
        } else {
            Self::Android(AndroidStatement {
                bound_to: first,
                certificates,
            })
        })
    }
}

/// Everything that is left, a certificate a field.
fn certificates(mut reader: FieldReader<'_>) -> Result<Vec<Vec<u8>>, StatementError> {
    let mut certificates = Vec::new();
    while !reader.is_at_end() {
        let certificate = reader.bytes().map_err(|_| StatementError::Malformed)?;
        if certificate.is_empty() || certificates.len() == MAX_CERTIFICATES {
            return Err(StatementError::Malformed);
        }
        certificates.push(certificate.to_vec());
    }
    if certificates.is_empty() {
        return Err(StatementError::Malformed);
    }
    Ok(certificates)
}

/// The challenge an Android key is made with: `SHA-256("skts/attest/v1", bound to)`.
///
/// That the key answers now is shown by its signature over the set-up; the challenge keeps a
/// certificate of this app's other keys from being taken for this one's.
pub fn android_challenge(bound_to: &[u8]) -> [u8; 32] {
    LabelledHash::new("skts/attest/v1").field(bound_to).sha256()
}

/// A secret that only one chip can recover, and only while it holds one key: what
/// `TPM2_MakeCredential` gives and `TPM2_ActivateCredential` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What is in `TPM2B_ID_OBJECT`, 1 to 512 bytes.
    pub id_object: Vec<u8>,
    /// What is in `TPM2B_ENCRYPTED_SECRET`, 1 to 512 bytes.
    pub encrypted_secret: Vec<u8>,
}

impl Credential {
    /// `field(id object) ‖ field(encrypted secret)`: what the device's hardware is given.
    pub fn encode(&self) -> Vec<u8> {
        let record = FieldWriter::new()
            .bytes(&self.id_object)
            .bytes(&self.encrypted_secret)
            .finish();
        // EXPOSE: what is secret in it is encrypted for the chip.
        record.expose_secret().to_vec()
    }

    /// Reads what [`Credential::encode`] wrote.
    ///
    /// # Errors
    /// [`StatementError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        let read = || {
            let mut reader = FieldReader::new(bytes);
            let mut part = || {
                let part = reader.bytes().ok()?;
                (1..=MAX_CREDENTIAL_BYTES)
                    .contains(&part.len())
                    .then(|| part.to_vec())
            };
            let (id_object, encrypted_secret) = (part()?, part()?);
            reader.end().ok()?;
            Some(Self {
                id_object,
                encrypted_secret,
            })
        };
        read().ok_or(StatementError::Malformed)
    }
}
