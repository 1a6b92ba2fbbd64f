//! S at the service.

use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;

use crate::confirm::MatchNumber;
use crate::device::Evidence;
use crate::grant::Grant;
use crate::ids::DeviceId;
use crate::institution::ProvisioningPublicKey;
use crate::wire::{SHelloRequest, SIssueRequest, SIssueResponse, WireError};

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
pub struct SServer;

/// A device has asked for a token and proved its key.
pub struct SClaim {
    /// What the device says of itself.
    pub evidence: Evidence,
    /// Shown at the bank.
    pub match_number: MatchNumber,
    /// The device.
    pub device_id: DeviceId,
}

/// Bytes that are no [`ProvisioningSigningKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a provisioning signing key")]
pub struct ProvisioningKeyError;

/// The P-256 key the service signs grants of S with; its public half is pinned in the app.
pub struct ProvisioningSigningKey(());

impl ProvisioningSigningKey {
    /// Makes a new one; its id is derived from the public key.
    pub fn make<R: CryptoRngCore>(_rng: &mut R) -> Self {
        todo!()
    }

    /// Bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`ProvisioningSigningKey::encode`] wrote.
    ///
    /// # Errors
    /// [`ProvisioningKeyError`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, ProvisioningKeyError> {
        todo!()
    }

    /// The public half, as the institution list carries it.
    pub fn public(&self) -> ProvisioningPublicKey {
        todo!()
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
    pub fn check_hello(_hello: &SHelloRequest) -> Result<(), SServerError> {
        todo!()
    }

    /// Checks S2 against the hello and the challenge it answers: ids, work, then signature. That
    /// the challenge is unused and young is the caller's to know.
    ///
    /// # Errors
    /// [`SServerError`].
    pub fn check_issue(
        _hello: &SHelloRequest,
        _challenge: &[u8; 32],
        _work_bits: u8,
        _request: &SIssueRequest,
    ) -> Result<SClaim, SServerError> {
        todo!()
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
        _grant: &Grant,
        _key: &ProvisioningSigningKey,
        _rng: &mut R,
    ) -> Result<(SIssueResponse, SecretBytes), SServerError> {
        todo!()
    }
}
