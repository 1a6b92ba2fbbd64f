//! K at the service.

use rand_core::CryptoRngCore;
use skts_sealed::{FieldReader, FieldWriter, Namespace, SealingKey, SecretBytes, seal, unseal};

use super::schedule::{self, Keys};
use crate::confirm::MatchNumber;
use crate::device::{Evidence, canonical_spki, verify_device_signature};
use crate::grant::Grant;
use crate::ids::{ActivationPassword, DeviceId, RequestId, ServiceId, UserId};
use crate::opaque::{self, KE2_BYTES, OpaqueError, OpaqueSetup};
use crate::wire::{
    Bytes, KBeginRequest, KBeginResponse, KFinishRequest, KFinishResponse, Message,
    SUITE_RISTRETTO255_ARGON2ID, WireError,
};

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
#[derive(Debug)]
pub struct KServer;

/// A device has proved the password.
#[derive(Debug)]
pub struct KClaim {
    /// What the device says of itself.
    pub evidence: Evidence,
    /// Shown at the bank.
    pub match_number: MatchNumber,
    /// The device.
    pub device_id: DeviceId,
    seed_key: SealingKey,
    confirm_key: SecretBytes,
    transcript: [u8; 64],
    request_id: RequestId,
}

const STATE_LABEL: &[u8] = b"skts/activation-state/v1";

impl KServer {
    /// Registers `password` for an activation: both sides of RFC 9807 §5, run in the service
    /// (DV6). Takes the time and the 64 MiB of Argon2id.
    ///
    /// # Shapes and units
    /// - returns: the record, 192 bytes, to be stored apart from `setup`.
    ///
    /// # Errors
    /// [`KServerError::State`] if OPAQUE fails inside.
    pub fn register<R: CryptoRngCore>(
        setup: &OpaqueSetup,
        service_id: &ServiceId,
        user_id: &UserId,
        institution_id: &str,
        password: &ActivationPassword,
        rng: &mut R,
    ) -> Result<Vec<u8>, KServerError> {
        let server = schedule::server_identity(institution_id);
        opaque::register(
            // EXPOSE: setup and password go into OPAQUE, which keeps neither.
            setup.encode().expose_secret(),
            &schedule::credential_identifier(service_id, user_id),
            schedule::parties(user_id, &server),
            password.expose_secret(),
            &opaque::stretching(),
            rng,
        )
        .map_err(|_| KServerError::State)
    }

    /// Answers K1. `record: None` answers with a fake record: same work, same shape.
    ///
    /// Returns the answer and the state to be stored, sealed, until the activation ends. Count a
    /// failed try before the answer goes out: the device learns from it whether it guessed right
    /// (RFC 9807 §9.2).
    ///
    /// # Errors
    /// [`KServerError`] for a message no honest device sends.
    ///
    /// # Source
    /// RFC 9807 §6.2.2, §10.9.
    pub fn begin<R: CryptoRngCore>(
        setup: &OpaqueSetup,
        record: Option<&[u8]>,
        institution_id: &str,
        request: &KBeginRequest,
        rng: &mut R,
    ) -> Result<(KBeginResponse, SecretBytes), KServerError> {
        request.check()?;
        if request.suite.as_str() != SUITE_RISTRETTO255_ARGON2ID {
            return Err(KServerError::UnknownSuite);
        }
        canonical_spki(&request.device_spki.0).ok_or(KServerError::DeviceKey)?;
        let server = schedule::server_identity(institution_id);
        let (ke2, login) = opaque::server_start(
            setup,
            record,
            &schedule::credential_identifier(&request.service_id, &request.user_id),
            &request.ke1.0,
            &schedule::context(request, institution_id),
            schedule::parties(&request.user_id, &server),
            rng,
        )
        .map_err(|error| match error {
            OpaqueError::Message | OpaqueError::Refused => KServerError::Ke1,
            OpaqueError::State => KServerError::State,
        })?;
        let state = FieldWriter::new()
            .bytes(STATE_LABEL)
            .bytes(&ke2)
            // EXPOSE: the login state goes into the record, which the service seals.
            .bytes(login.expose_secret())
            .finish();
        Ok((KBeginResponse { ke2: Bytes(ke2) }, state))
    }

    /// Takes K2: KE3 first, then the device's signature, then the evidence.
    ///
    /// # Shapes and units
    /// - `state`: what [`KServer::begin`] gave for `begin`.
    ///
    /// # Errors
    /// [`KServerError`].
    ///
    /// # Source
    /// RFC 9807 §6.2.4.
    pub fn finish(
        state: &[u8],
        begin: &KBeginRequest,
        institution_id: &str,
        request: &KFinishRequest,
    ) -> Result<KClaim, KServerError> {
        begin.check()?;
        request.check()?;
        if begin.request_id != request.request_id {
            return Err(KServerError::OtherRequest);
        }
        let (ke2, login) = read_state(state).ok_or(KServerError::State)?;
        let context = schedule::context(begin, institution_id);
        let server = schedule::server_identity(institution_id);
        let session_key = opaque::server_finish(
            login,
            &request.ke3.0,
            &context,
            schedule::parties(&begin.user_id, &server),
        )
        .map_err(|error| match error {
            OpaqueError::Message | OpaqueError::Refused => KServerError::Refused,
            OpaqueError::State => KServerError::State,
        })?;
        let transcript = schedule::transcript(&context, &begin.ke1.0, ke2, &request.ke3.0);
        let proof = schedule::proof(&transcript, &request.sealed_evidence.0);
        verify_device_signature(
            &begin.device_spki.0,
            // EXPOSE: a signed message is not secret.
            proof.expose_secret(),
            &request.signature.0,
        )
        .map_err(|_| KServerError::Signature)?;
        let keys = Keys::derive(&session_key, &transcript);
        let evidence = unseal(
            &keys.request,
            Namespace::ActivationRequest,
            &transcript,
            &request.sealed_evidence.0,
        )
        .ok()
        // EXPOSE: the opened evidence is decoded.
        .and_then(|bytes| Evidence::decode(bytes.expose_secret()))
        .ok_or(KServerError::Evidence)?;
        Ok(KClaim {
            evidence,
            match_number: MatchNumber::derive(&transcript),
            device_id: DeviceId::from_spki(&begin.device_spki.0),
            seed_key: keys.seed,
            confirm_key: keys.confirm,
            transcript,
            request_id: request.request_id,
        })
    }
}

fn read_state(state: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = FieldReader::new(state);
    if reader.bytes().ok()? != STATE_LABEL {
        return None;
    }
    let (ke2, login) = (reader.bytes().ok()?, reader.bytes().ok()?);
    reader.end().ok()?;
    (ke2.len() == KE2_BYTES).then_some((ke2, login))
}

impl KClaim {
    /// Seals the grant for this device. Store the answer: sealing is randomised.
    pub fn seal_grant<R: CryptoRngCore>(&self, grant: &Grant, rng: &mut R) -> KFinishResponse {
        KFinishResponse {
            sealed_grant: Bytes(seal(
                &self.seed_key,
                Namespace::ActivationGrant,
                &self.transcript,
                // EXPOSE: the grant is the plaintext of the envelope.
                grant.encode().expose_secret(),
                rng,
            )),
        }
    }

    /// What [`crate::confirm::verify_confirm`] will need; to be stored sealed until the
    /// confirmation.
    pub fn confirm_secret(&self) -> SecretBytes {
        schedule::confirm_secret(&self.confirm_key, self.transcript, self.request_id).encode()
    }
}
