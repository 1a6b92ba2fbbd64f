//! S on the device.

use rand_core::CryptoRngCore;
use skts_sealed::{FieldReader, FieldWriter, SecretBytes};

use super::schedule::{self, CONFIRM_EXPORT, GRANT_AAD, Work};
use crate::confirm::{ConfirmSecret, Provisioned};
use crate::device::{DeviceSigner, Evidence, SignError, canonical_spki, sign_checked};
use crate::grant::{Grant, GrantError};
use crate::hybrid;
use crate::ids::{ConsentVersion, RequestId, ServiceId};
use crate::institution::ProvisioningPublicKey;
use crate::p256_text::{canonical_sec1, verify_strict};
use crate::wire::{
    Bytes, MAX_WORK_BITS, Message, SHelloRequest, SHelloResponse, SIssueRequest, SIssueResponse,
    ShortText, WireError,
};

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
#[derive(Debug)]
pub struct SHello;

/// S1 is made. Store [`SPendingHello::encode`], then send [`SPendingHello::body`].
#[derive(Debug)]
pub struct SPendingHello {
    /// What is sent.
    pub request: SHelloRequest,
    body: Vec<u8>,
    private_key: SecretBytes,
}

/// S2 is made. Store [`SPendingIssue::encode`], then send [`SPendingIssue::body`].
#[derive(Debug)]
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
    /// # Shapes and units
    /// - `spki`: 91 bytes of DER.
    ///
    /// # Errors
    /// [`SError::Params`].
    pub fn start<R: CryptoRngCore>(
        params: SParams,
        spki: &[u8],
        request_id: RequestId,
        rng: &mut R,
    ) -> Result<SPendingHello, SError> {
        if canonical_spki(spki).is_none() {
            return Err(SError::Params);
        }
        let (public_key, private_key) = hybrid::make_keys(rng);
        let request = SHelloRequest {
            request_id,
            service_id: params.service_id,
            device_spki: Bytes::from_slice(spki),
            hpke_public_key: Bytes(public_key),
            platform: ShortText::new(params.platform).map_err(|_| SError::Params)?,
            consent_version: params.consent_version,
            app_version: ShortText::new(params.app_version).map_err(|_| SError::Params)?,
        };
        let body = request.to_body();
        Ok(SPendingHello {
            request,
            body,
            private_key,
        })
    }
}

const HELLO_LABEL: &[u8] = b"skts/pending-self-hello/v1";
const ISSUE_LABEL: &[u8] = b"skts/pending-self-issue/v1";

impl SPendingHello {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Bytes to be stored sealed: `label ‖ body ‖ HPKE private key`, each length-prefixed.
    pub fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(HELLO_LABEL)
            .bytes(&self.body)
            // EXPOSE: the private key goes into the record, which the vault seals.
            .bytes(self.private_key.expose_secret())
            .finish()
    }

    /// Reads what [`SPendingHello::encode`] wrote.
    ///
    /// # Errors
    /// [`SError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SError> {
        let read = || {
            let mut reader = FieldReader::new(bytes);
            if reader.bytes().ok()? != HELLO_LABEL {
                return None;
            }
            let body = reader.bytes().ok()?.to_vec();
            let request = SHelloRequest::parse(&body).ok()?;
            let private_key = private_key(reader.bytes().ok()?)?;
            reader.end().ok()?;
            Some(Self {
                request,
                body,
                private_key,
            })
        };
        read().ok_or(SError::Damaged)
    }

    /// Does the proof of work and makes S2.
    ///
    /// # Errors
    /// [`SError`].
    pub fn issue(
        &self,
        reply: &SHelloResponse,
        signer: &dyn DeviceSigner,
        evidence: &Evidence,
    ) -> Result<SPendingIssue, SError> {
        reply.check()?;
        evidence.check().map_err(|_| SError::Params)?;
        if signer.spki() != self.request.device_spki.0 {
            return Err(SError::OtherDevice);
        }
        let work = find_work(
            &Work::new(&self.request, &reply.challenge.0),
            reply.work_bits,
        )?;
        let transcript = schedule::transcript(
            &self.request,
            &reply.challenge.0,
            reply.work_bits,
            work,
            evidence,
        );
        // EXPOSE: the proof goes to the signer.
        let signature = sign_checked(signer, schedule::proof(&transcript).expose_secret())?;
        let request = SIssueRequest {
            request_id: self.request.request_id,
            challenge: reply.challenge.clone(),
            work,
            evidence: evidence.clone(),
            signature: Bytes(signature),
        };
        let body = request.to_body();
        // EXPOSE: the private key is copied into the next step, which wipes its own.
        let private_key = SecretBytes::from_slice(self.private_key.expose_secret());
        Ok(SPendingIssue {
            request,
            body,
            private_key,
            transcript,
        })
    }
}

/// Looks for work of `bits` bits. Of 2^(bits + 5) numbers none fits once in e^32 searches: the
/// search is bounded and does not fail by chance.
fn find_work(work: &Work, bits: u8) -> Result<u64, SError> {
    if bits > MAX_WORK_BITS {
        return Err(SError::Work { bits });
    }
    let most = 1_u64 << u32::from(bits).saturating_add(5);
    (0..most)
        .find(|&number| work.holds(number, bits))
        .ok_or(SError::Work { bits })
}

impl SPendingIssue {
    /// The body to send, the same bytes each time.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Bytes to be stored sealed: `label ‖ body ‖ HPKE private key ‖ transcript`, each
    /// length-prefixed.
    pub fn encode(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(ISSUE_LABEL)
            .bytes(&self.body)
            // EXPOSE: the private key goes into the record, which the vault seals.
            .bytes(self.private_key.expose_secret())
            .bytes(&self.transcript)
            .finish()
    }

    /// Reads what [`SPendingIssue::encode`] wrote.
    ///
    /// # Errors
    /// [`SError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SError> {
        let read = || {
            let mut reader = FieldReader::new(bytes);
            if reader.bytes().ok()? != ISSUE_LABEL {
                return None;
            }
            let body = reader.bytes().ok()?.to_vec();
            let request = SIssueRequest::parse(&body).ok()?;
            let private_key = private_key(reader.bytes().ok()?)?;
            let transcript = reader.bytes().ok()?.try_into().ok()?;
            reader.end().ok()?;
            Some(Self {
                request,
                body,
                private_key,
                transcript,
            })
        };
        read().ok_or(SError::Damaged)
    }

    /// Checks the service's signature under the pinned keys, then opens the grant. May be done
    /// again after a restart.
    ///
    /// # Errors
    /// [`SError`].
    pub fn open(
        &self,
        reply: &SIssueResponse,
        pinned: &[ProvisioningPublicKey],
    ) -> Result<Provisioned, SError> {
        reply.check()?;
        let key = pinned
            .iter()
            .find(|key| key.id == reply.key_id.as_str())
            .and_then(|key| canonical_sec1(&key.sec1.0))
            .ok_or(SError::UnknownKey)?;
        let message =
            schedule::issued(&self.transcript, &reply.encapped_key.0, &reply.ciphertext.0);
        // EXPOSE: a signed message is not secret.
        if !verify_strict(&key, message.expose_secret(), &reply.signature.0) {
            return Err(SError::Signature);
        }
        let (bytes, confirm_key) = hybrid::open(
            // EXPOSE: the private key opens the grant.
            self.private_key.expose_secret(),
            &reply.encapped_key.0,
            &self.transcript,
            GRANT_AAD,
            &reply.ciphertext.0,
            CONFIRM_EXPORT,
        )
        .map_err(|_| SError::Sealed)?;
        // EXPOSE: the opened grant is decoded into wiped fields.
        let grant = Grant::decode(bytes.expose_secret())?;
        Ok(Provisioned::new(
            grant,
            ConfirmSecret {
                key: confirm_key,
                transcript: self.transcript,
                request_id: self.request.request_id,
            },
        ))
    }
}

fn private_key(bytes: &[u8]) -> Option<SecretBytes> {
    (bytes.len() == 32).then(|| SecretBytes::from_slice(bytes))
}
