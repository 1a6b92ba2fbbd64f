//! K on the device.

use rand_core::CryptoRngCore;
use skts_sealed::{FieldReader, FieldWriter, Namespace, SealingKey, SecretBytes, seal, unseal};

use super::schedule::{self, Keys};
use crate::confirm::Provisioned;
use crate::device::{DeviceSigner, Evidence, SignError, canonical_spki, sign_checked};
use crate::grant::{Grant, GrantError};
use crate::ids::{ActivationPassword, ConsentVersion, RequestId, ServiceId, UserId};
use crate::institution::is_institution_id;
use crate::opaque::{self, OpaqueError};
use crate::wire::{
    Bytes, KBeginRequest, KBeginResponse, KFinishRequest, KFinishResponse, Message,
    SUITE_RISTRETTO255_ARGON2ID, ShortText, WireError,
};

/// What an activation begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KParams {
    /// The institution, as typed.
    pub service_id: ServiceId,
    /// The activation, as typed.
    pub user_id: UserId,
    /// The institution's id in the signed list.
    pub institution_id: String,
    /// Terms agreed to.
    pub consent_version: ConsentVersion,
    /// The app's version, at most 128 bytes.
    pub app_version: String,
}

/// Why an activation does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KError {
    /// The stored state is damaged or of a newer version.
    #[error("the stored activation state cannot be read")]
    Damaged,
    /// The grant opened, but is none.
    #[error("the grant cannot be read")]
    Grant(#[from] GrantError),
    /// The grant names another institution.
    #[error("the grant is of another institution")]
    OtherInstitution,
    /// The signer is not the key the activation began with.
    #[error("the activation began with another device key")]
    OtherDevice,
    /// What the activation should begin with is out of bounds.
    #[error("a parameter is out of bounds")]
    Params,
    /// Wrong password, or unknown, expired or exhausted activation: nobody here can tell which.
    #[error("the activation was refused")]
    PasswordRefused,
    /// The service's answer is no such message, or was tampered with.
    #[error("the answer of the service is malformed")]
    Reply(#[from] WireError),
    /// The sealed grant does not open under the agreed key.
    #[error("the sealed grant does not open")]
    Sealed,
    /// The device key did not sign.
    #[error("the device key did not sign")]
    Sign(#[from] SignError),
}

/// Entry point of K on the device.
#[derive(Debug)]
pub struct KBegin;

/// K1 is made. Store [`KPendingBegin::encode`], then send [`KPendingBegin::body`].
#[derive(Debug)]
pub struct KPendingBegin {
    /// What is sent.
    pub request: KBeginRequest,
    body: Vec<u8>,
    institution_id: String,
    login: SecretBytes,
}

/// K2 is made. Store [`KPendingFinish::encode`], then send [`KPendingFinish::body`].
#[derive(Debug)]
pub struct KPendingFinish {
    /// What is sent.
    pub request: KFinishRequest,
    body: Vec<u8>,
    institution_id: String,
    seed_key: SealingKey,
    confirm_key: SecretBytes,
    transcript: [u8; 64],
}

impl KBegin {
    /// Makes K1.
    ///
    /// # Shapes and units
    /// - `spki`: 91 bytes of DER.
    ///
    /// # Errors
    /// [`KError::Params`].
    ///
    /// # Source
    /// RFC 9807 §6.2.1.
    pub fn start<R: CryptoRngCore>(
        params: KParams,
        password: &ActivationPassword,
        spki: &[u8],
        request_id: RequestId,
        rng: &mut R,
    ) -> Result<KPendingBegin, KError> {
        if !is_institution_id(&params.institution_id) || canonical_spki(spki).is_none() {
            return Err(KError::Params);
        }
        let text = |text: String| ShortText::new(text).map_err(|_| KError::Params);
        let app_version = text(params.app_version)?;
        let suite = text(SUITE_RISTRETTO255_ARGON2ID.to_owned())?;
        // EXPOSE: OPAQUE blinds the password; neither it nor the state leaves the device.
        let (ke1, login) =
            opaque::client_start(password.expose_secret(), rng).map_err(|_| KError::Params)?;
        let request = KBeginRequest {
            request_id,
            service_id: params.service_id,
            user_id: params.user_id,
            suite,
            ke1: Bytes(ke1),
            device_spki: Bytes::from_slice(spki),
            consent_version: params.consent_version,
            app_version,
        };
        let body = request.to_body();
        Ok(KPendingBegin {
            request,
            body,
            institution_id: params.institution_id,
            login,
        })
    }
}

const BEGIN_LABEL: &[u8] = b"skts/pending-activation-begin/v1";
const FINISH_LABEL: &[u8] = b"skts/pending-activation-finish/v1";

impl KPendingBegin {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The institution's id in the signed list.
    pub fn institution_id(&self) -> &str {
        &self.institution_id
    }

    /// Bytes to be stored sealed: `label ‖ body ‖ institution id ‖ OPAQUE state`, each
    /// length-prefixed. The password is not among them.
    pub fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(BEGIN_LABEL)
            .bytes(&self.body)
            .bytes(self.institution_id.as_bytes())
            // EXPOSE: the login state goes into the record, which the vault seals.
            .bytes(self.login.expose_secret())
            .finish()
    }

    /// Reads what [`KPendingBegin::encode`] wrote.
    ///
    /// # Errors
    /// [`KError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KError> {
        let read = || {
            let mut reader = FieldReader::new(bytes);
            if reader.bytes().ok()? != BEGIN_LABEL {
                return None;
            }
            let body = reader.bytes().ok()?.to_vec();
            let request = KBeginRequest::parse(&body).ok()?;
            let institution_id = institution_id(reader.bytes().ok()?)?;
            let login = SecretBytes::from_slice(reader.bytes().ok()?);
            reader.end().ok()?;
            Some(Self {
                request,
                body,
                institution_id,
                login,
            })
        };
        read().ok_or(KError::Damaged)
    }

    /// Takes KE2, finds out whether the password is right, and makes K2. Takes about a second:
    /// the password is stretched with Argon2id. May be called again, after a restart too, with
    /// the same reply.
    ///
    /// # Errors
    /// [`KError`].
    ///
    /// # Source
    /// RFC 9807 §6.2.3.
    pub fn finish<R: CryptoRngCore>(
        &self,
        password: &ActivationPassword,
        reply: &KBeginResponse,
        signer: &dyn DeviceSigner,
        evidence: &Evidence,
        rng: &mut R,
    ) -> Result<KPendingFinish, KError> {
        reply.check()?;
        evidence.check().map_err(|_| KError::Params)?;
        if signer.spki() != self.request.device_spki.0 {
            return Err(KError::OtherDevice);
        }
        let context = schedule::context(&self.request, &self.institution_id);
        let server = schedule::server_identity(&self.institution_id);
        let finished = opaque::client_finish(
            // EXPOSE: state and password go into OPAQUE, which keeps neither.
            self.login.expose_secret(),
            password.expose_secret(),
            &reply.ke2.0,
            &context,
            schedule::parties(&self.request.user_id, &server),
            &opaque::stretching(),
            rng,
        )
        .map_err(|error| match error {
            OpaqueError::Message => KError::Reply(WireError::Field { field: "ke2" }),
            OpaqueError::Refused => KError::PasswordRefused,
            OpaqueError::State => KError::Damaged,
        })?;
        let transcript =
            schedule::transcript(&context, &self.request.ke1.0, &reply.ke2.0, &finished.ke3);
        let keys = Keys::derive(&finished.session_key, &transcript);
        let sealed_evidence = seal(
            &keys.request,
            Namespace::ActivationRequest,
            &transcript,
            // EXPOSE: the evidence is the plaintext of the envelope.
            evidence.encode().expose_secret(),
            rng,
        );
        let message = schedule::proof(&transcript, &sealed_evidence);
        // EXPOSE: the proof goes to the signer.
        let signature = sign_checked(signer, message.expose_secret())?;
        let request = KFinishRequest {
            request_id: self.request.request_id,
            ke3: Bytes(finished.ke3),
            signature: Bytes(signature),
            sealed_evidence: Bytes(sealed_evidence),
        };
        let body = request.to_body();
        Ok(KPendingFinish {
            request,
            body,
            institution_id: self.institution_id.clone(),
            seed_key: keys.seed,
            confirm_key: keys.confirm,
            transcript,
        })
    }
}

impl KPendingFinish {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The institution's id in the signed list.
    pub fn institution_id(&self) -> &str {
        &self.institution_id
    }

    /// Bytes to be stored sealed: `label ‖ body ‖ institution id ‖ k_seed ‖ k_confirm ‖
    /// transcript`, each length-prefixed.
    pub fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(FINISH_LABEL)
            .bytes(&self.body)
            .bytes(self.institution_id.as_bytes())
            // EXPOSE: the keys go into the record, which the vault seals.
            .bytes(self.seed_key.expose_secret())
            .bytes(self.confirm_key.expose_secret())
            .bytes(&self.transcript)
            .finish()
    }

    /// Reads what [`KPendingFinish::encode`] wrote.
    ///
    /// # Errors
    /// [`KError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KError> {
        let read = || {
            let mut reader = FieldReader::new(bytes);
            if reader.bytes().ok()? != FINISH_LABEL {
                return None;
            }
            let body = reader.bytes().ok()?.to_vec();
            let request = KFinishRequest::parse(&body).ok()?;
            let institution_id = institution_id(reader.bytes().ok()?)?;
            let seed_key = SealingKey::try_from_slice(reader.bytes().ok()?).ok()?;
            let confirm_key = SecretBytes::from_slice(reader.bytes().ok()?);
            let transcript = reader.bytes().ok()?.try_into().ok()?;
            reader.end().ok()?;
            (confirm_key.len() == 32).then_some(Self {
                request,
                body,
                institution_id,
                seed_key,
                confirm_key,
                transcript,
            })
        };
        read().ok_or(KError::Damaged)
    }

    /// Opens the grant. May be done again after a restart.
    ///
    /// # Errors
    /// [`KError`].
    pub fn open(&self, reply: &KFinishResponse) -> Result<Provisioned, KError> {
        reply.check()?;
        let bytes = unseal(
            &self.seed_key,
            Namespace::ActivationGrant,
            &self.transcript,
            &reply.sealed_grant.0,
        )
        .map_err(|_| KError::Sealed)?;
        // EXPOSE: the opened grant is decoded into wiped fields.
        let grant = Grant::decode(bytes.expose_secret())?;
        if grant.institution_id != self.institution_id {
            return Err(KError::OtherInstitution);
        }
        let secret =
            schedule::confirm_secret(&self.confirm_key, self.transcript, self.request.request_id);
        Ok(Provisioned::new(grant, secret))
    }
}

fn institution_id(bytes: &[u8]) -> Option<String> {
    let id = std::str::from_utf8(bytes).ok()?;
    is_institution_id(id).then(|| id.to_owned())
}
