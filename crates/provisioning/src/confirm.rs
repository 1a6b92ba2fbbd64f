//! What both set-ups end in: a grant, a match number and the confirmation.

use std::fmt;

use skts_sealed::{LabelledHash, SecretBytes};

use crate::device::{DeviceSigner, SignError};
use crate::grant::Grant;
use crate::ids::RequestId;
use crate::wire::ConfirmRequest;

/// Four digits that the app and the bank's page both show, from the transcript.
#[derive(Clone, PartialEq, Eq)]
pub struct MatchNumber(String);

/// A confirmation that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// The stored confirm secret is damaged.
    #[error("the stored confirm secret is damaged")]
    Secret,
    /// A field out of bounds, or another set-up's request id.
    #[error("the confirmation is malformed or of another set-up")]
    Request,
    /// The MAC is not that of the key the set-up agreed on.
    #[error("the confirmation was made with another key")]
    Mac,
    /// The device signature does not hold.
    #[error("the device signature does not hold")]
    Signature,
}

/// A finished set-up on the device: seal the grant, test it, then confirm.
#[derive(Debug)]
pub struct Provisioned {
    /// The token.
    pub grant: Grant,
    /// Shown in the app until the bank has accepted a first code.
    pub match_number: MatchNumber,
    secret: ConfirmSecret,
}

impl Provisioned {
    /// Makes the confirmation. Store it before it is sent: signatures are randomised.
    ///
    /// # Errors
    /// [`SignError`] if the device key cannot sign.
    pub fn confirm(&self, _signer: &dyn DeviceSigner) -> Result<ConfirmRequest, SignError> {
        todo!()
    }
}

/// Verifies a confirmation (K3, S3) under what [`crate::k::KClaim::confirm_secret`] or
/// [`crate::s::SClaim::seal_grant`] gave.
///
/// # Errors
/// [`ConfirmError`].
pub fn verify_confirm(
    _request: &ConfirmRequest,
    _confirm_secret: &SecretBytes,
    _spki: &[u8],
) -> Result<(), ConfirmError> {
    todo!()
}

pub(crate) struct ConfirmSecret {
    key: SecretBytes,
    transcript: [u8; 64],
    request_id: RequestId,
}

impl fmt::Debug for ConfirmSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmSecret(…)")
    }
}

impl MatchNumber {
    /// `SHA-256("skts/match-number/v1", transcript)`, its first eight bytes modulo 10000.
    pub(crate) fn derive(transcript: &[u8; 64]) -> Self {
        let hash = LabelledHash::new("skts/match-number/v1").field(transcript).sha256();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 10_000;
        Self(format!("{number:04}"))
    }

    /// Four ASCII digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatchNumber({})", self.0)
    }
}
