//! Stop: a device ends its own token, and the receipt it may believe.
//!
//! ```text
//! device                                         service
//! start: signed      ── request ──►  verify_device; Provisioned, Active, Locked, Suspended → Revoked
//! body kept until it is answered
//! open: signature first  ◄─ reply ─  answer: state, receipt, time, signed
//! receipt on disk before it is shown
//! ```
//! It needs no ratchet: whoever has the device key may end the token, a copy too. It is fail-safe, and
//! there is no way back.

use skts_otp::SerialNumber;
use skts_sealed::{FieldWriter, SecretBytes};

use crate::check_in::NotSigned;
use crate::device::{DeviceSigner, SignError, sign_checked, verify_device_signature};
use crate::ids::{DeviceId, RequestId};
use crate::institution::ProvisioningPublicKey;
use crate::p256_text::{canonical_sec1, verify_strict};
use crate::s::ProvisioningSigningKey;
use crate::wire::{Bytes, Message, Request, ShortText, StopRequest, StopResponse, WireError};

/// Why a stop was not asked for, or its answer not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopError {
    /// A field out of bounds.
    #[error("the message is malformed")]
    Message(#[from] WireError),
    /// The answer names no pinned key.
    #[error("the answer is signed with a key this app does not know")]
    UnknownKey,
    /// The answer's signature does not hold for this request.
    #[error("the answer's signature does not hold")]
    Signature,
    /// The device key does not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// A request to stop that was made and not yet answered; sent until it is.
#[derive(Debug)]
pub struct PendingStop {
    /// What is asked.
    pub request: StopRequest,
    body: Vec<u8>,
}

impl PendingStop {
    /// Makes the request. Keep its body before it is sent: signatures are randomised.
    ///
    /// # Errors
    /// [`StopError::Sign`].
    pub fn start(
        serial: &SerialNumber,
        signer: &dyn DeviceSigner,
        request_id: RequestId,
    ) -> Result<Self, StopError> {
        let device_id = DeviceId::from_spki(signer.spki());
        let said = said(&request_id, serial, &device_id);
        // EXPOSE: a signed message is not secret.
        let signature = sign_checked(signer, said.expose_secret())?;
        let request = StopRequest {
            request_id,
            serial: serial.clone(),
            device_spki: Bytes::from_slice(signer.spki()),
            signature: Bytes(signature),
        };
        let body = request.to_body();
        Ok(Self { request, body })
    }

    /// The serialized request, to be sent again byte for byte.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body of a request that was kept.
    ///
    /// # Errors
    /// [`StopError::Message`].
    pub fn read(body: &[u8]) -> Result<Self, StopError> {
        let request = StopRequest::parse(body)?;
        let body = body.to_vec();
        Ok(Self { request, body })
    }

    /// Gives the answer back if it is signed under a pinned key, for this request.
    ///
    /// # Errors
    /// [`StopError`]; nothing of the answer may be believed then.
    pub fn open(
        &self,
        reply: StopResponse,
        pinned: &[ProvisioningPublicKey],
    ) -> Result<StopResponse, StopError> {
        reply.check()?;
        let key = pinned
            .iter()
            .find(|key| key.id == reply.key_id.as_str())
            .and_then(|key| canonical_sec1(&key.sec1.0))
            .ok_or(StopError::UnknownKey)?;
        let message = told(&self.request, &reply);
        // EXPOSE: a signed message is not secret.
        if verify_strict(&key, message.expose_secret(), &reply.signature.0) {
            Ok(reply)
        } else {
            Err(StopError::Signature)
        }
    }
}

/// Checks the signature under the key the request names; whether that is the token's device is the
/// caller's to know.
///
/// # Errors
/// [`NotSigned`].
pub fn verify_device(request: &StopRequest) -> Result<DeviceId, NotSigned> {
    request.check().map_err(|_| NotSigned)?;
    let device_id = DeviceId::from_spki(&request.device_spki.0);
    let said = said(&request.request_id, &request.serial, &device_id);
    verify_device_signature(
        &request.device_spki.0,
        // EXPOSE: a signed message is not secret.
        said.expose_secret(),
        &request.signature.0,
    )
    .map_err(|_| NotSigned)?;
    Ok(device_id)
}

/// Signs what `reply` says to `request`; its key id and signature are filled in.
///
/// # Errors
/// [`WireError`] if a field is out of bounds.
pub fn answer(
    request: &StopRequest,
    mut reply: StopResponse,
    key: &ProvisioningSigningKey,
) -> Result<StopResponse, WireError> {
    reply.key_id = ShortText::new(key.public().id)?;
    let message = told(request, &reply);
    // EXPOSE: a signed message is not secret.
    reply.signature = Bytes(key.sign(message.expose_secret()));
    reply.check()?;
    Ok(reply)
}

/// What the device signs.
fn said(request_id: &RequestId, serial: &SerialNumber, device_id: &DeviceId) -> SecretBytes {
    FieldWriter::new()
        .bytes(b"skts/stop/v1")
        .bytes(request_id.as_bytes())
        .bytes(serial.as_str().as_bytes())
        .bytes(device_id.as_bytes())
        .finish()
}

/// What the service signs: the request's digest and every field of the reply before the key id.
fn told(request: &StopRequest, reply: &StopResponse) -> SecretBytes {
    let fields = FieldWriter::new()
        .bytes(b"skts/stop-reply/v1")
        .bytes(&request.digest())
        .bytes(reply.state.as_str().as_bytes());
    let fields = match &reply.receipt {
        Some(receipt) => fields
            .bytes(receipt.number.as_bytes())
            .u64(receipt.at.as_secs()),
        None => fields.bytes(&[]).bytes(&[]),
    };
    fields.u64(reply.server_time.as_secs()).finish()
}
