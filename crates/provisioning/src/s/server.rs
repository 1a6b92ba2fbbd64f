//! S at the service.

use std::fmt;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use skts_sealed::SecretBytes;
use zeroize::Zeroize;

use super::schedule::{self, CONFIRM_EXPORT, GRANT_AAD, Work};
use crate::confirm::{ConfirmSecret, MatchNumber};
use crate::device::{Evidence, canonical_spki, verify_device_signature};
use crate::grant::Grant;
use crate::hybrid;
use crate::ids::{DeviceId, RequestId};
use crate::institution::ProvisioningPublicKey;
use crate::p256_text::low_s;
use crate::wire::{
    Bytes, Message, SHelloRequest, SIssueRequest, SIssueResponse, ShortText, WireError,
};

/// Why the service does not issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SServerError {
    /// Not the challenge this service gave for this hello.
    #[error("another challenge")]
    Challenge,
    /// The device public key is not a P-256 key in its one accepted encoding.
    #[error("the device public key is malformed")]
    DeviceKey,
    /// The HPKE public key is unusable.
    #[error("the HPKE public key is unusable")]
    HpkeKey,
    /// A field out of bounds.
    #[error("the message is malformed")]
    Message(#[from] WireError),
    /// S2 carries another request id than S1.
    #[error("the message is of another set-up")]
    OtherRequest,
    /// The device signature does not hold.
    #[error("the device signature does not hold")]
    Signature,
    /// The proof of work does not hold.
    #[error("the proof of work does not hold")]
    Work,
}

/// Entry points of S at the service.
#[derive(Debug)]
pub struct SServer;

/// A device has asked for a token and proved its key.
#[derive(Debug)]
pub struct SClaim {
    /// What the device says of itself.
    pub evidence: Evidence,
    /// Shown at the bank.
    pub match_number: MatchNumber,
    /// The device.
    pub device_id: DeviceId,
    hpke_public_key: Vec<u8>,
    transcript: [u8; 64],
    request_id: RequestId,
}

/// Bytes that are no [`ProvisioningSigningKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a provisioning signing key")]
pub struct ProvisioningKeyError;

/// The P-256 key the service signs grants of S with; its public half is pinned in the app.
pub struct ProvisioningSigningKey(SigningKey);

impl ProvisioningSigningKey {
    /// Makes a new one; its id comes of the public key.
    pub fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        Self(SigningKey::random(rng))
    }

    /// 32 bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        let mut bytes = self.0.to_bytes();
        let secret = SecretBytes::from_slice(&bytes);
        bytes.zeroize();
        secret
    }

    /// Reads what [`ProvisioningSigningKey::encode`] wrote.
    ///
    /// # Errors
    /// [`ProvisioningKeyError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ProvisioningKeyError> {
        if bytes.len() != 32 {
            return Err(ProvisioningKeyError);
        }
        SigningKey::from_slice(bytes)
            .map(Self)
            .map_err(|_| ProvisioningKeyError)
    }

    /// 64 bytes `r ‖ s`, `s` in the lower half.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        low_s(signature).to_bytes().to_vec()
    }

    /// The public half, as the institution list carries it. Its id is the first 16 hexadecimal
    /// digits of `SHA-256(point)`.
    pub fn public(&self) -> ProvisioningPublicKey {
        let sec1 = self
            .0
            .verifying_key()
            .to_encoded_point(false)
            .as_bytes()
            .to_vec();
        let id = hex::encode(Sha256::digest(&sec1))
            .chars()
            .take(16)
            .collect();
        ProvisioningPublicKey {
            id,
            sec1: Bytes(sec1),
        }
    }
}

impl fmt::Debug for ProvisioningSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvisioningSigningKey(redacted)")
    }
}

impl SServer {
    /// Makes a challenge: 32 random bytes, good once and for five minutes.
    pub fn challenge<R: CryptoRngCore>(rng: &mut R) -> [u8; 32] {
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        challenge
    }

    /// Checks a hello before a challenge is given for it.
    ///
    /// # Errors
    /// [`SServerError`].
    pub fn check_hello(hello: &SHelloRequest) -> Result<(), SServerError> {
        hello.check()?;
        canonical_spki(&hello.device_spki.0).ok_or(SServerError::DeviceKey)?;
        if hybrid::is_usable(&hello.hpke_public_key.0) {
            Ok(())
        } else {
            Err(SServerError::HpkeKey)
        }
    }

    /// Checks S2 against the hello and the challenge it answers: ids, work, then signature. That
    /// the challenge is unused and young is the caller's to know.
    ///
    /// # Errors
    /// [`SServerError`].
    pub fn check_issue(
        hello: &SHelloRequest,
        challenge: &[u8; 32],
        work_bits: u8,
        request: &SIssueRequest,
    ) -> Result<SClaim, SServerError> {
        Self::check_hello(hello)?;
        request.check()?;
        if hello.request_id != request.request_id {
            return Err(SServerError::OtherRequest);
        }
        if request.challenge.0 != challenge {
            return Err(SServerError::Challenge);
        }
        if !Work::new(hello, challenge).holds(request.work, work_bits) {
            return Err(SServerError::Work);
        }
        let transcript =
            schedule::transcript(hello, challenge, work_bits, request.work, &request.evidence);
        verify_device_signature(
            &hello.device_spki.0,
            // EXPOSE: a signed message is not secret.
            schedule::proof(&transcript).expose_secret(),
            &request.signature.0,
        )
        .map_err(|_| SServerError::Signature)?;
        Ok(SClaim {
            evidence: request.evidence.clone(),
            match_number: MatchNumber::derive(&transcript),
            device_id: DeviceId::from_spki(&hello.device_spki.0),
            hpke_public_key: hello.hpke_public_key.0.clone(),
            transcript,
            request_id: request.request_id,
        })
    }
}

impl SClaim {
    /// Seals the grant to the device's fresh key and signs it. Store both: sealing is randomised,
    /// and the second is what [`crate::confirm::verify_confirm`] will need (store it sealed).
    ///
    /// # Errors
    /// [`SServerError::HpkeKey`] if the device's key is of low order.
    pub fn seal_grant<R: CryptoRngCore>(
        &self,
        grant: &Grant,
        key: &ProvisioningSigningKey,
        rng: &mut R,
    ) -> Result<(SIssueResponse, SecretBytes), SServerError> {
        let sealed = hybrid::seal(
            &self.hpke_public_key,
            &self.transcript,
            GRANT_AAD,
            // EXPOSE: the grant is the plaintext of the encryption.
            grant.encode().expose_secret(),
            CONFIRM_EXPORT,
            rng,
        )
        .map_err(|_| SServerError::HpkeKey)?;
        let message = schedule::issued(&self.transcript, &sealed.encapped_key, &sealed.ciphertext);
        // EXPOSE: a signed message is not secret.
        let signature = key.sign(message.expose_secret());
        let response = SIssueResponse {
            encapped_key: Bytes(sealed.encapped_key),
            ciphertext: Bytes(sealed.ciphertext),
            key_id: ShortText::new(key.public().id)?,
            signature: Bytes(signature),
        };
        let secret = ConfirmSecret {
            key: sealed.exported,
            transcript: self.transcript,
            request_id: self.request_id,
        };
        Ok((response, secret.encode()))
    }
}
