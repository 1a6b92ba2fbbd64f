//! K at the service.

use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;

use crate::confirm::MatchNumber;
use crate::device::Evidence;
use crate::grant::Grant;
use crate::ids::{ActivationPassword, DeviceId, ServiceId, UserId};
use crate::opaque::OpaqueSetup;
use crate::wire::{KBeginRequest, KBeginResponse, KFinishRequest, KFinishResponse, WireError};

/// Why the service does not go on with an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KServerError {
    /// The device public key is not a P-256 key in its one accepted encoding.
    #[error("the device public key is malformed")]
    DeviceKey,
    /// The sealed evidence does not open.
    #[error("the sealed evidence does not open")]
    Evidence,
    /// KE1 holds a point that is none, or the identity.
    #[error("KE1 is malformed")]
    Ke1,
    /// A field out of bounds.
    #[error("the message is malformed")]
    Message(#[from] WireError),
    /// K2 carries another request id than K1.
    #[error("the message is of another set-up")]
    OtherRequest,
    /// KE3 does not hold: the password was wrong, the record was fake, or something was changed
    /// on the way. Counts as a failed try.
    #[error("the password was not proved")]
    Refused,
    /// The device signature does not hold.
    #[error("the device signature does not hold")]
    Signature,
    /// The stored state or record is damaged.
    #[error("the stored activation state is damaged")]
    State,
    /// A suite this service does not speak.
    #[error("unknown suite")]
    UnknownSuite,
}

/// Entry points of K at the service.
pub struct KServer;

/// A device has proved the password.
pub struct KClaim {
    /// What the device says of itself.
    pub evidence: Evidence,
    /// Shown at the bank.
    pub match_number: MatchNumber,
    /// The device.
    pub device_id: DeviceId,
}

impl KServer {
    /// Registers `password` for an activation: both sides of RFC 9807 §5, run in the service.
    /// Takes the time and the 64 MiB of Argon2id; the record is 192 bytes, to be stored apart from
    /// `setup`.
    ///
    /// # Errors
    /// [`KServerError::State`] if OPAQUE fails inside.
    pub fn register<R: CryptoRngCore>(
        _setup: &OpaqueSetup,
        _service_id: &ServiceId,
        _user_id: &UserId,
        _institution_id: &str,
        _password: &ActivationPassword,
        _rng: &mut R,
    ) -> Result<Vec<u8>, KServerError> {
        todo!()
    }

    /// Answers K1. `record: None` answers with a fake record: same work, same shape.
    ///
    /// Returns the answer and the state to be stored, sealed, until the activation ends.
    ///
    /// # Errors
    /// [`KServerError`] for a message no honest device sends.
    pub fn begin<R: CryptoRngCore>(
        _setup: &OpaqueSetup,
        _record: Option<&[u8]>,
        _institution_id: &str,
        _request: &KBeginRequest,
        _rng: &mut R,
    ) -> Result<(KBeginResponse, SecretBytes), KServerError> {
        todo!()
    }

    /// Takes K2: KE3 first, then the device's signature, then the evidence.
    ///
    /// # Errors
    /// [`KServerError`].
    pub fn finish(
        _state: &[u8],
        _begin: &KBeginRequest,
        _institution_id: &str,
        _request: &KFinishRequest,
    ) -> Result<KClaim, KServerError> {
        todo!()
    }
}

impl KClaim {
    /// Seals the grant for this device. Store the answer: sealing is randomised.
    pub fn seal_grant<R: CryptoRngCore>(&self, _grant: &Grant, _rng: &mut R) -> KFinishResponse {
        todo!()
    }

    /// What [`crate::confirm::verify_confirm`] will need; to be stored sealed until the
    /// confirmation.
    pub fn confirm_secret(&self) -> SecretBytes {
        todo!()
    }
}
