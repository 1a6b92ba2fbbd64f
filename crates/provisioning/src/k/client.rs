//! K on the device.

use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;

use crate::confirm::Provisioned;
use crate::device::{DeviceSigner, Evidence, SignError};
use crate::grant::GrantError;
use crate::ids::{ActivationPassword, ConsentVersion, RequestId, ServiceId, UserId};
use crate::wire::{KBeginRequest, KBeginResponse, KFinishRequest, KFinishResponse, WireError};

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
pub struct KBegin;

/// K1 is made. Store [`KPendingBegin::encode`], then send [`KPendingBegin::body`].
pub struct KPendingBegin {
    /// What is sent.
    pub request: KBeginRequest,
    body: Vec<u8>,
    institution_id: String,
    login: SecretBytes,
}

/// K2 is made. Store [`KPendingFinish::encode`], then send [`KPendingFinish::body`].
pub struct KPendingFinish {
    /// What is sent.
    pub request: KFinishRequest,
    body: Vec<u8>,
    institution_id: String,
}

impl KBegin {
    /// Makes K1.
    ///
    /// # Shapes and units
    /// - `spki`: 91 bytes of DER.
    ///
    /// # Errors
    /// [`KError::Params`].
    pub fn start<R: CryptoRngCore>(
        _params: KParams,
        _password: &ActivationPassword,
        _spki: &[u8],
        _request_id: RequestId,
        _rng: &mut R,
    ) -> Result<KPendingBegin, KError> {
        todo!()
    }
}

impl KPendingBegin {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The institution's id in the signed list.
    pub fn institution_id(&self) -> &str {
        &self.institution_id
    }

    /// Bytes to be stored sealed. The password is not among them.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`KPendingBegin::encode`] wrote.
    ///
    /// # Errors
    /// [`KError::Damaged`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, KError> {
        todo!()
    }

    /// Takes KE2, finds out whether the password is right, and makes K2. Takes a second or so:
    /// the password is stretched with Argon2id.
    ///
    /// # Errors
    /// [`KError`].
    pub fn finish<R: CryptoRngCore>(
        &self,
        _password: &ActivationPassword,
        _reply: &KBeginResponse,
        _signer: &dyn DeviceSigner,
        _evidence: &Evidence,
        _rng: &mut R,
    ) -> Result<KPendingFinish, KError> {
        todo!()
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

    /// Bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`KPendingFinish::encode`] wrote.
    ///
    /// # Errors
    /// [`KError::Damaged`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, KError> {
        todo!()
    }

    /// Opens the grant. May be done again after a restart.
    ///
    /// # Errors
    /// [`KError`].
    pub fn open(&self, _reply: &KFinishResponse) -> Result<Provisioned, KError> {
        todo!()
    }
}
