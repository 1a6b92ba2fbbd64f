//! S1 and S2.

use serde::{Deserialize, Serialize};
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::schema;
use super::{Bytes, MAX_SEALED_GRANT_BYTES, Message, Request, ShortText, WireError, exact, within};
use crate::device::{Evidence, SIGNATURE_BYTES, SPKI_BYTES};
use crate::hybrid::PUBLIC_KEY_BYTES;
use crate::ids::{ConsentVersion, RequestId, ServiceId};

/// Most leading zero bits a client will look for; more is refused.
pub const MAX_WORK_BITS: u8 = 24;

/// S1, device to service: ask for a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SHelloRequest {
    /// Names this set-up in all its calls.
    pub request_id: RequestId,
    /// The institution chosen.
    pub service_id: ServiceId,
    /// Device public key, 91 bytes of DER SPKI.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SPKI_BYTES, SPKI_BYTES>")
    )]
    pub device_spki: Bytes,
    /// Fresh X25519 public key, 32 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES>")
    )]
    pub hpke_public_key: Bytes,
    /// Operating system, in words.
    pub platform: ShortText,
    /// Terms agreed to.
    pub consent_version: ConsentVersion,
    /// The app's version.
    pub app_version: ShortText,
}

impl Message for SHelloRequest {
    const MAX_BODY_BYTES: usize = 4 * 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.device_spki, SPKI_BYTES, "device_spki")?;
        exact(&self.hpke_public_key, PUBLIC_KEY_BYTES, "hpke_public_key")
    }
}

impl Request for SHelloRequest {
    const LABEL: &'static str = "skts/self-hello/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(self.service_id.as_str().as_bytes())
            .field(&self.device_spki.0)
            .field(&self.hpke_public_key.0)
            .field(self.platform.as_str().as_bytes())
            .field(&self.consent_version.0.to_be_bytes())
            .field(self.app_version.as_str().as_bytes())
    }
}

/// Answer to S1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SHelloResponse {
    /// 32 random bytes, good once and for five minutes.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::bytes::<32, 32>"))]
    pub challenge: Bytes,
    /// Leading zero bits the proof of work needs, at most [`MAX_WORK_BITS`].
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_WORK_BITS)))]
    pub work_bits: u8,
}

impl Message for SHelloResponse {
    const MAX_BODY_BYTES: usize = 512;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.challenge, 32, "challenge")
    }
}

/// S2, device to service: ask for the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SIssueRequest {
    /// The same as in S1.
    pub request_id: RequestId,
    /// The challenge answered, 32 bytes.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::bytes::<32, 32>"))]
    pub challenge: Bytes,
    /// The number found by the proof of work.
    pub work: u64,
    /// What the device says of itself and its key.
    pub evidence: Evidence,
    /// Device signature over the transcript, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
}

impl Message for SIssueRequest {
    const MAX_BODY_BYTES: usize = 20 * 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.challenge, 32, "challenge")?;
        self.evidence.check()?;
        exact(&self.signature, SIGNATURE_BYTES, "signature")
    }
}

impl Request for SIssueRequest {
    const LABEL: &'static str = "skts/self-issue/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(&self.challenge.0)
            .field(&self.work.to_be_bytes())
            .field(&self.evidence.digest())
            .field(&self.signature.0)
    }
}

/// Answer to S2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SIssueResponse {
    /// HPKE encapsulated key, 32 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES>")
    )]
    pub encapped_key: Bytes,
    /// The grant, HPKE-sealed to the key of S1.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<1, MAX_SEALED_GRANT_BYTES>")
    )]
    pub ciphertext: Bytes,
    /// Which pinned provisioning key signed.
    pub key_id: ShortText,
    /// ECDSA P-256 over transcript, encapsulated key and ciphertext, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
}

impl Message for SIssueResponse {
    const MAX_BODY_BYTES: usize = 8 * 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.encapped_key, PUBLIC_KEY_BYTES, "encapped_key")?;
        within(&self.ciphertext, 1, MAX_SEALED_GRANT_BYTES, "ciphertext")?;
        exact(&self.signature, SIGNATURE_BYTES, "signature")
    }
}
