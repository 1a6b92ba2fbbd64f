//! Check-in: the ratchet that tells copies of a token from each other, and the answer the device may
//! believe.
//!
//! ```text
//! device                                         service
//! r_n, n                                         r_n, n
//! start: proof under r_n, signed ── request ──►  verify_device, then judge:
//! kept until it is answered                        Next   advance: r_{n+1} = HKDF(r_n, ρ), kept with the reply
//!                                                  Stale  a copy, or a backup put back: the token stops
//!                                                  Ahead  the service itself was put back: nothing moves
//! open: signature first, then all else ◄─ reply ─  answer: ρ or nothing, state, time, signed
//! r_{n+1} on disk before anything is shown
//! ```

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use skts_otp::SerialNumber;
use skts_sealed::{FieldReader, FieldWriter, SecretBytes, derive_secret};

use crate::device::{DeviceSigner, SignError, sign_checked, verify_device_signature};
use crate::ids::{DeviceId, RequestId};
use crate::institution::ProvisioningPublicKey;
use crate::p256_text::{canonical_sec1, verify_strict};
use crate::s::ProvisioningSigningKey;
use crate::wire::{
    ADVANCE_BYTES, Bytes, CheckInRequest, CheckInResponse, MAX_COUNTER, Message, Request,
    ShortText, WireError,
};

/// Bytes of a ratchet value.
pub const RATCHET_BYTES: usize = 32;

const PENDING_LABEL: &[u8] = b"skts/pending-check-in/v1";
const RATCHET_LABEL: &str = "skts/ratchet/v1";

/// Why a check-in was not made, or its answer not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckInError {
    /// The stored check-in is damaged.
    #[error("the stored check-in is damaged")]
    Damaged,
    /// The ratchet value at hand is none, or has been turned as often as there are numbers.
    #[error("the ratchet value is unusable")]
    Ratchet,
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

/// A check-in that was made and not yet answered. The device makes one at a time, and sends it until
/// it is answered.
#[derive(Debug)]
pub struct PendingCheckIn {
    /// What is asked.
    pub request: CheckInRequest,
    body: Vec<u8>,
}

/// An answer whose signature was found good.
#[derive(Debug)]
pub struct CheckedIn {
    /// What the service says.
    pub told: CheckInResponse,
    /// The next ratchet value, 32 bytes; none: the old one stays.
    pub ratchet: Option<SecretBytes>,
}

impl PendingCheckIn {
    /// Makes a check-in. Store it before it is sent: signatures are randomised.
    ///
    /// # Shapes and units
    /// - `ratchet`: 32 bytes, secret; `count`: how often it has moved since set-up.
    ///
    /// # Errors
    /// [`CheckInError::Ratchet`], [`CheckInError::Sign`].
    pub fn start(
        serial: &SerialNumber,
        ratchet: &SecretBytes,
        count: u64,
        signer: &dyn DeviceSigner,
        request_id: RequestId,
    ) -> Result<Self, CheckInError> {
        let counter = count.checked_add(1).filter(|next| *next <= MAX_COUNTER);
        let counter = counter.ok_or(CheckInError::Ratchet)?;
        if ratchet.len() != RATCHET_BYTES {
            return Err(CheckInError::Ratchet);
        }
        let said = Said {
            request_id: &request_id,
            serial,
            counter,
            device_id: DeviceId::from_spki(signer.spki()),
        };
        let proof = said.proof(ratchet).finalize().into_bytes().to_vec();
        // EXPOSE: a signed message is not secret.
        let signature = sign_checked(signer, said.signed(&proof).expose_secret())?;
        let request = CheckInRequest {
            request_id,
            serial: serial.clone(),
            device_spki: Bytes::from_slice(signer.spki()),
            counter,
            proof: Bytes(proof),
            signature: Bytes(signature),
        };
        let body = request.to_body();
        Ok(Self { request, body })
    }

    /// The serialized request, to be sent again byte for byte.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// `label ‖ body`, each length-prefixed; to be stored sealed.
    pub fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(PENDING_LABEL)
            .bytes(&self.body)
            .finish()
    }

    /// Reads what [`PendingCheckIn::encode`] wrote.
    ///
    /// # Errors
    /// [`CheckInError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CheckInError> {
        let read = || {
            let mut reader = FieldReader::new(bytes);
            if reader.bytes().ok()? != PENDING_LABEL {
                return None;
            }
            let body = reader.bytes().ok()?.to_vec();
            reader.end().ok()?;
            let request = CheckInRequest::parse(&body).ok()?;
            Some(Self { request, body })
        };
        read().ok_or(CheckInError::Damaged)
    }

    /// Checks the answer's signature under the pinned keys, then turns the ratchet as it says.
    ///
    /// # Errors
    /// [`CheckInError`]; nothing of the answer may be believed then.
    pub fn open(
        &self,
        reply: CheckInResponse,
        pinned: &[ProvisioningPublicKey],
        ratchet: &SecretBytes,
    ) -> Result<CheckedIn, CheckInError> {
        reply.check()?;
        let key = pinned
            .iter()
            .find(|key| key.id == reply.key_id.as_str())
            .and_then(|key| canonical_sec1(&key.sec1.0))
            .ok_or(CheckInError::UnknownKey)?;
        let digest = self.request.digest();
        // EXPOSE: a signed message is not secret.
        let message = told(&digest, &reply);
        if !verify_strict(&key, message.expose_secret(), &reply.signature.0) {
            return Err(CheckInError::Signature);
        }
        let ratchet = match &reply.advance {
            Some(advance) => Some(turn(ratchet, &advance.0, &digest)?),
            None => None,
        };
        Ok(CheckedIn {
            told: reply,
            ratchet,
        })
    }
}

/// How a request stands to the service's ratchet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It proves the value the service has: the ratchet moves.
    Next,
    /// It proves an older value, or none: another copy has moved the ratchet since, or this one was
    /// put back from a backup.
    Stale,
    /// It counts further than the service does: the service's own database was put back.
    Ahead,
}

/// A request that no device key has signed as it stands, or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the check-in is not signed by its device key")]
pub struct NotSigned;

/// Checks the signature under the key the request names; whether that is the token's device is the
/// caller's to know.
///
/// # Errors
/// [`NotSigned`].
pub fn verify_device(request: &CheckInRequest) -> Result<DeviceId, NotSigned> {
    request.check().map_err(|_| NotSigned)?;
    let said = Said::of(request);
    verify_device_signature(
        &request.device_spki.0,
        // EXPOSE: a signed message is not secret.
        said.signed(&request.proof.0).expose_secret(),
        &request.signature.0,
    )
    .map_err(|_| NotSigned)?;
    Ok(said.device_id)
}

/// Compares a signed request with the service's ratchet, which has moved `count` times.
pub fn judge(request: &CheckInRequest, ratchet: &SecretBytes, count: u64) -> Standing {
    let next = count.saturating_add(1);
    let proved = Said::of(request)
        .proof(ratchet)
        .verify_slice(&request.proof.0)
        .is_ok();
    match request.counter.cmp(&next) {
        std::cmp::Ordering::Equal if proved => Standing::Next,
        std::cmp::Ordering::Equal | std::cmp::Ordering::Less => Standing::Stale,
        std::cmp::Ordering::Greater => Standing::Ahead,
    }
}

/// The value after `ratchet`: `HKDF-SHA256(r_n, salt ρ, field("skts/ratchet/v1") ‖ field(H(request)))`.
///
/// # Shapes and units
/// - `ratchet`: 32 bytes, secret; `advance`: 32 random bytes; `digest`: of the request that proved
///   `ratchet`.
///
/// # Errors
/// [`CheckInError::Ratchet`] if there are not so many.
///
/// # Source
/// RFC 5869.
pub fn turn(
    ratchet: &SecretBytes,
    advance: &[u8],
    digest: &[u8; 32],
) -> Result<SecretBytes, CheckInError> {
    if ratchet.len() != RATCHET_BYTES || advance.len() != ADVANCE_BYTES {
        return Err(CheckInError::Ratchet);
    }
    // EXPOSE: a ratchet value is derived from the one before.
    let before = ratchet.expose_secret();
    derive_secret(before, advance, RATCHET_LABEL, digest, RATCHET_BYTES)
        .map_err(|_| CheckInError::Ratchet)
}

/// Signs what `reply` says to `request`; its key id and signature are filled in.
///
/// # Errors
/// [`WireError`] if a field is out of bounds.
pub fn answer(
    request: &CheckInRequest,
    mut reply: CheckInResponse,
    key: &ProvisioningSigningKey,
) -> Result<CheckInResponse, WireError> {
    reply.key_id = ShortText::new(key.public().id)?;
    let message = told(&request.digest(), &reply);
    // EXPOSE: a signed message is not secret.
    reply.signature = Bytes(key.sign(message.expose_secret()));
    reply.check()?;
    Ok(reply)
}

/// What proof and signature are over.
struct Said<'a> {
    request_id: &'a RequestId,
    serial: &'a SerialNumber,
    counter: u64,
    device_id: DeviceId,
}

impl<'a> Said<'a> {
    fn of(request: &'a CheckInRequest) -> Self {
        Self {
            request_id: &request.request_id,
            serial: &request.serial,
            counter: request.counter,
            device_id: DeviceId::from_spki(&request.device_spki.0),
        }
    }

    fn fields(&self, label: &[u8]) -> FieldWriter {
        FieldWriter::new()
            .bytes(label)
            .bytes(self.request_id.as_bytes())
            .bytes(self.serial.as_str().as_bytes())
            .u64(self.counter)
            .bytes(self.device_id.as_bytes())
    }

    fn proof(&self, ratchet: &SecretBytes) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        // EXPOSE: the ratchet value goes into the HMAC.
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(ratchet.expose_secret())
            .expect("HMAC takes any key");
        let body = self.fields(b"skts/check-in-proof/v1").finish();
        // EXPOSE: what is MACed is not secret.
        mac.update(body.expose_secret());
        mac
    }

    fn signed(&self, proof: &[u8]) -> SecretBytes {
        self.fields(b"skts/check-in/v1").bytes(proof).finish()
    }
}

impl fmt::Debug for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said(..)")
    }
}

/// What the service signs: the request's digest and every field of the reply before the key id.
fn told(digest: &[u8; 32], reply: &CheckInResponse) -> SecretBytes {
    let time = |fields: FieldWriter, time: Option<skts_otp::UnixTime>| match time {
        Some(time) => fields.u64(time.as_secs()),
        None => fields.bytes(&[]),
    };
    let advance = reply
        .advance
        .as_ref()
        .map(Bytes::as_slice)
        .unwrap_or_default();
    let fields = FieldWriter::new()
        .bytes(b"skts/check-in-reply/v1")
        .bytes(digest)
        .bytes(advance)
        .bytes(&[u8::from(reply.answered_before)])
        .bytes(reply.state.as_str().as_bytes())
        .bytes(&[u8::from(reply.copy_suspected)])
        .bytes(&[u8::from(reply.registered)])
        .u64(reply.server_time.as_secs())
        .u64(reply.expires_at.as_secs())
        .u64(reply.renewable_from.as_secs());
    let fields = time(time(fields, reply.lapses_at), reply.last_used_at);
    fields.bytes(&[u8::from(reply.resync_asked)]).finish()
}
