//! What both set-ups end in: a grant, a match number and the confirmation.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use skts_otp::SerialNumber;
use skts_sealed::{FieldReader, FieldWriter, LabelledHash, SecretBytes};

use crate::device::{DeviceSigner, SignError, sign_checked, verify_device_signature};
use crate::grant::Grant;
use crate::ids::RequestId;
use crate::wire::{Bytes, ConfirmRequest, Message};

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
    pub(crate) fn new(grant: Grant, secret: ConfirmSecret) -> Self {
        Self {
            grant,
            match_number: MatchNumber::derive(&secret.transcript),
            secret,
        }
    }

    /// Makes the confirmation. Store it before it is sent: signatures are randomised.
    ///
    /// # Shapes and units
    /// - `credential`: what the device's hardware made of [`Grant::credential`], if it did.
    ///
    /// # Errors
    /// [`SignError`] if the device key cannot sign.
    pub fn confirm(
        &self,
        signer: &dyn DeviceSigner,
        credential: Option<&SecretBytes>,
    ) -> Result<ConfirmRequest, SignError> {
        let (request_id, serial) = (self.secret.request_id, self.grant.serial.clone());
        let mac = self.secret.mac(&serial, FIRST_COUNTER);
        let proof = credential.map(|credential| {
            self.secret
                .credential_mac(credential, &serial, FIRST_COUNTER)
        });
        let mut request = ConfirmRequest {
            request_id,
            serial,
            mac: Bytes(mac.finalize().into_bytes().to_vec()),
            signature: Bytes(Vec::new()),
            counter: FIRST_COUNTER,
            credential_proof: Bytes(
                proof.map_or_else(Vec::new, |proof| proof.finalize().into_bytes().to_vec()),
            ),
        };
        let message = self.secret.proof(&request);
        // EXPOSE: the proof goes to the signer.
        request.signature = Bytes(sign_checked(signer, message.expose_secret())?);
        Ok(request)
    }
}

/// Verifies a confirmation (K3, S3) under what [`crate::k::KClaim::confirm_secret`] or
/// [`crate::s::SClaim::seal_grant`] gave. A serial other than the granted one fails too: the
/// device took it out of the sealed grant.
///
/// # Shapes and units
/// - `spki`: the device key of the set-up, 91 bytes of DER.
///
/// # Errors
/// [`ConfirmError`].
pub fn verify_confirm(
    request: &ConfirmRequest,
    confirm_secret: &SecretBytes,
    spki: &[u8],
) -> Result<(), ConfirmError> {
    // EXPOSE: the stored secret is decoded into a wiped form of its own.
    let secret =
        ConfirmSecret::decode(confirm_secret.expose_secret()).ok_or(ConfirmError::Secret)?;
    request.check().map_err(|_| ConfirmError::Request)?;
    if request.request_id != secret.request_id || request.counter != FIRST_COUNTER {
        return Err(ConfirmError::Request);
    }
    secret
        .mac(&request.serial, request.counter)
        .verify_slice(&request.mac.0)
        .map_err(|_| ConfirmError::Mac)?;
    let message = secret.proof(request);
    // EXPOSE: a signed message is not secret.
    verify_device_signature(spki, message.expose_secret(), &request.signature.0)
        .map_err(|_| ConfirmError::Signature)
}

/// Whether a confirmation that [`verify_confirm`] took also shows that the device's hardware opened
/// the grant's credential.
///
/// # Shapes and units
/// - `credential`: the secret that is in the credential.
pub fn proves_credential(
    request: &ConfirmRequest,
    confirm_secret: &SecretBytes,
    credential: &SecretBytes,
) -> bool {
    // EXPOSE: the stored secret is decoded into a wiped form of its own.
    ConfirmSecret::decode(confirm_secret.expose_secret()).is_some_and(|secret| {
        secret
            .credential_mac(credential, &request.serial, request.counter)
            .verify_slice(&request.credential_proof.0)
            .is_ok()
    })
}

/// The confirmation is the device's first counted call.
const FIRST_COUNTER: u64 = 1;
const SECRET_LABEL: &[u8] = b"skts/confirm-secret/v1";

/// What both sides keep for the confirmation: `k_confirm`, the transcript and the request id.
pub(crate) struct ConfirmSecret {
    pub(crate) key: SecretBytes,
    pub(crate) transcript: [u8; 64],
    pub(crate) request_id: RequestId,
}

impl ConfirmSecret {
    /// `label ‖ k_confirm ‖ transcript ‖ request id`, each length-prefixed.
    pub(crate) fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(SECRET_LABEL)
            // EXPOSE: the key goes into the record, which is sealed before it is stored.
            .bytes(self.key.expose_secret())
            .bytes(&self.transcript)
            .bytes(self.request_id.as_bytes())
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = FieldReader::new(bytes);
        if reader.bytes().ok()? != SECRET_LABEL {
            return None;
        }
        let key = reader.bytes().ok()?;
        let transcript = reader.bytes().ok()?.try_into().ok()?;
        let request_id = RequestId::from_bytes(reader.bytes().ok()?.try_into().ok()?);
        reader.end().ok()?;
        (key.len() == 32).then(|| Self {
            key: SecretBytes::from_slice(key),
            transcript,
            request_id,
        })
    }

    fn fields(&self, label: &str, serial: &SerialNumber, counter: u64) -> FieldWriter {
        FieldWriter::new()
            .bytes(label.as_bytes())
            .bytes(&self.transcript)
            .bytes(self.request_id.as_bytes())
            .bytes(serial.as_str().as_bytes())
            .u64(counter)
    }

    fn mac(&self, serial: &SerialNumber, counter: u64) -> Hmac<Sha256> {
        self.mac_under(&self.key, "skts/confirm-mac/v1", serial, counter)
    }

    fn credential_mac(
        &self,
        credential: &SecretBytes,
        serial: &SerialNumber,
        counter: u64,
    ) -> Hmac<Sha256> {
        self.mac_under(credential, "skts/credential-proof/v1", serial, counter)
    }

    fn mac_under(
        &self,
        key: &SecretBytes,
        label: &str,
        serial: &SerialNumber,
        counter: u64,
    ) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        // EXPOSE: the key goes into the HMAC.
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(key.expose_secret()).expect("HMAC takes any key");
        mac.update(
            self.fields(label, serial, counter)
                .finish()
                // EXPOSE: what is MACed is not secret.
                .expose_secret(),
        );
        mac
    }

    /// What the device signs: everything that is in the confirmation.
    fn proof(&self, request: &ConfirmRequest) -> SecretBytes {
        self.fields("skts/confirm-proof/v1", &request.serial, request.counter)
            .bytes(&request.mac.0)
            .bytes(&request.credential_proof.0)
            .finish()
    }
}

impl fmt::Debug for ConfirmSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmSecret(redacted)")
    }
}

impl MatchNumber {
    /// `SHA-256("skts/match-number/v1", transcript)`, its first eight bytes modulo 10000.
    pub(crate) fn derive(transcript: &[u8; 64]) -> Self {
        let hash = LabelledHash::new("skts/match-number/v1")
            .field(transcript)
            .sha256();
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
