//! S on the device.

use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;

use crate::confirm::Provisioned;
use crate::device::{DeviceSigner, Evidence, SignError};
use crate::grant::GrantError;
use crate::ids::{ConsentVersion, RequestId, ServiceId};
use crate::institution::ProvisioningPublicKey;
use crate::wire::{SHelloRequest, SHelloResponse, SIssueRequest, SIssueResponse, WireError};

/// What self-provisioning begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SParams {
    /// The institution chosen.
    pub service_id: ServiceId,
    /// Operating system, in words, at most 128 bytes.
    pub platform: String,
    /// Terms agreed to.
    pub consent_version: ConsentVersion,
    /// The app's version, at most 128 bytes.
    pub app_version: String,
}

/// Why self-provisioning does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SError {
    /// The stored state is damaged or of a newer version.
    #[error("the stored set-up state cannot be read")]
    Damaged,
    /// The grant opened, but is none.
    #[error("the grant cannot be read")]
    Grant(#[from] GrantError),
    /// The signer is not the key the set-up began with.
    #[error("the set-up began with another device key")]
    OtherDevice,
    /// What the set-up should begin with is out of bounds.
    #[error("a parameter is out of bounds")]
    Params,
    /// The service's answer is no such message.
    #[error("the answer of the service is malformed")]
    Reply(#[from] WireError),
    /// The sealed grant does not open.
    #[error("the sealed grant does not open")]
    Sealed,
    /// The device key did not sign.
    #[error("the device key did not sign")]
    Sign(#[from] SignError),
    /// The service's signature does not hold.
    #[error("the service's signature does not hold")]
    Signature,
    /// Signed with a key that is not pinned.
    #[error("the service signed with a key that is not pinned")]
    UnknownKey,
    /// More work is asked for than any honest service asks.
    #[error("too much work is asked for: {bits} bits")]
    Work {
        /// Leading zero bits asked for.
        bits: u8,
    },
}

/// Entry point of S on the device.
pub struct SHello;

/// S1 is made. Store [`SPendingHello::encode`], then send [`SPendingHello::body`].
pub struct SPendingHello {
    /// What is sent.
    pub request: SHelloRequest,
    body: Vec<u8>,
    private_key: SecretBytes,
}

/// S2 is made. Store [`SPendingIssue::encode`], then send [`SPendingIssue::body`].
pub struct SPendingIssue {
    /// What is sent.
    pub request: SIssueRequest,
    body: Vec<u8>,
    private_key: SecretBytes,
    transcript: [u8; 64],
}

impl SHello {
    /// Makes S1 with a fresh X25519 key.
    ///
    /// # Errors
    /// [`SError::Params`].
    pub fn start<R: CryptoRngCore>(
        _params: SParams,
        _spki: &[u8],
        _request_id: RequestId,
        _rng: &mut R,
    ) -> Result<SPendingHello, SError> {
        todo!()
    }
}

impl SPendingHello {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`SPendingHello::encode`] wrote.
    ///
    /// # Errors
    /// [`SError::Damaged`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, SError> {
        todo!()
    }

    /// Does the proof of work and makes S2.
    ///
    /// # Errors
    /// [`SError`].
    pub fn issue(
        &self,
        _reply: &SHelloResponse,
        _signer: &dyn DeviceSigner,
        _evidence: &Evidence,
    ) -> Result<SPendingIssue, SError> {
        todo!()
    }
}

impl SPendingIssue {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Bytes to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        todo!()
    }

    /// Reads what [`SPendingIssue::encode`] wrote.
    ///
    /// # Errors
    /// [`SError::Damaged`].
    pub fn decode(_bytes: &[u8]) -> Result<Self, SError> {
        todo!()
    }

    /// Checks the service's signature under the pinned keys, then opens the grant. May be done
    /// again after a restart.
    ///
    /// # Errors
    /// [`SError`].
    pub fn open(
        &self,
        _reply: &SIssueResponse,
        _pinned: &[ProvisioningPublicKey],
    ) -> Result<Provisioned, SError> {
        todo!()
    }
}
