//! K1 and K2.

use serde::{Deserialize, Serialize};
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::schema;
use super::{Bytes, Message, Request, ShortText, WireError, exact, within};
use crate::device::{SIGNATURE_BYTES, SPKI_BYTES};
use crate::ids::{ConsentVersion, RequestId, ServiceId, UserId};
use crate::opaque::{KE1_BYTES, KE2_BYTES, KE3_BYTES};

/// Name of the one suite there is: ristretto255-SHA512, 3DH, HKDF-SHA512, Argon2id 64 MiB t=3 p=1.
pub const SUITE_RISTRETTO255_ARGON2ID: &str = "ristretto255-sha512-argon2id-64m-3-1";
/// Most bytes of sealed evidence.
pub const MAX_SEALED_EVIDENCE_BYTES: usize = 12 * 1024;
/// Most bytes of a sealed grant.
pub const MAX_SEALED_GRANT_BYTES: usize = 4 * 1024;

/// K1, device to service: begin an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KBeginRequest {
    /// Names this set-up in all its calls.
    pub request_id: RequestId,
    /// The institution, as typed.
    pub service_id: ServiceId,
    /// The activation, as typed.
    pub user_id: UserId,
    /// [`SUITE_RISTRETTO255_ARGON2ID`]; anything else is refused.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::suite"))]
    pub suite: ShortText,
    /// OPAQUE KE1, 96 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<KE1_BYTES, KE1_BYTES>")
    )]
    pub ke1: Bytes,
    /// Device public key, 91 bytes of DER SPKI.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SPKI_BYTES, SPKI_BYTES>")
    )]
    pub device_spki: Bytes,
    /// Terms agreed to.
    pub consent_version: ConsentVersion,
    /// The app's version.
    pub app_version: ShortText,
}

impl Message for KBeginRequest {
    const MAX_BODY_BYTES: usize = 4 * 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.ke1, KE1_BYTES, "ke1")?;
        exact(&self.device_spki, SPKI_BYTES, "device_spki")
    }
}

impl Request for KBeginRequest {
    const LABEL: &'static str = "skts/activation-begin/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(self.service_id.as_str().as_bytes())
            .field(self.user_id.as_str().as_bytes())
            .field(self.suite.as_str().as_bytes())
            .field(&self.ke1.0)
            .field(&self.device_spki.0)
            .field(&self.consent_version.0.to_be_bytes())
            .field(self.app_version.as_str().as_bytes())
    }
}

/// Answer to K1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KBeginResponse {
    /// OPAQUE KE2, 320 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<KE2_BYTES, KE2_BYTES>")
    )]
    pub ke2: Bytes,
}

impl Message for KBeginResponse {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.ke2, KE2_BYTES, "ke2")
    }
}

/// K2, device to service: prove the password and hand over the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KFinishRequest {
    /// The same as in K1.
    pub request_id: RequestId,
    /// OPAQUE KE3, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<KE3_BYTES, KE3_BYTES>")
    )]
    pub ke3: Bytes,
    /// Device signature over the transcript and the sealed evidence, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
    /// [`crate::device::Evidence`] sealed under `k_request`.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<1, MAX_SEALED_EVIDENCE_BYTES>")
    )]
    pub sealed_evidence: Bytes,
}

impl Message for KFinishRequest {
    const MAX_BODY_BYTES: usize = 20 * 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.ke3, KE3_BYTES, "ke3")?;
        exact(&self.signature, SIGNATURE_BYTES, "signature")?;
        within(
            &self.sealed_evidence,
            1,
            MAX_SEALED_EVIDENCE_BYTES,
            "sealed_evidence",
        )
    }
}

impl Request for KFinishRequest {
    const LABEL: &'static str = "skts/activation-finish/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(&self.ke3.0)
            .field(&self.signature.0)
            .field(&self.sealed_evidence.0)
    }
}

/// Answer to K2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KFinishResponse {
    /// [`crate::grant::Grant`] sealed under `k_seed`.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<1, MAX_SEALED_GRANT_BYTES>")
    )]
    pub sealed_grant: Bytes,
}

impl Message for KFinishResponse {
    const MAX_BODY_BYTES: usize = 8 * 1024;

    fn check(&self) -> Result<(), WireError> {
        within(
            &self.sealed_grant,
            1,
            MAX_SEALED_GRANT_BYTES,
            "sealed_grant",
        )
    }
}
