//! K3 and S3.

use serde::{Deserialize, Serialize};
use skts_otp::{SerialNumber, UnixTime};
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::schema;
use super::{Bytes, Message, Request, WireError, exact};
use crate::device::SIGNATURE_BYTES;
use crate::ids::RequestId;

/// K3 and S3, device to service: the token is sealed in the device and computes codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The same as in the calls before.
    pub request_id: RequestId,
    /// The serial granted.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::serial"))]
    pub serial: SerialNumber,
    /// HMAC-SHA-256 under `k_confirm`, 32 bytes.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::bytes::<32, 32>"))]
    pub mac: Bytes,
    /// Device signature, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
    /// The device's call counter: 1 here, strictly rising later.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub counter: u64,
    /// HMAC-SHA-256 under the secret of the grant's credential, 32 bytes; empty if there was none, or
    /// the device's hardware did not give it back.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::bytes::<0, 32>"))]
    pub credential_proof: Bytes,
}

impl Message for ConfirmRequest {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.mac, 32, "mac")?;
        exact(&self.signature, SIGNATURE_BYTES, "signature")?;
        if !self.credential_proof.0.is_empty() {
            exact(&self.credential_proof, 32, "credential_proof")?;
        }
        if self.counter == 0 {
            Err(WireError::Field { field: "counter" })
        } else {
            Ok(())
        }
    }
}

impl Request for ConfirmRequest {
    const LABEL: &'static str = "skts/confirm-request/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(self.serial.to_string().as_bytes())
            .field(&self.mac.0)
            .field(&self.signature.0)
            .field(&self.counter.to_be_bytes())
            .field(&self.credential_proof.0)
    }
}

/// Where the service says the token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConfirmState {
    /// Waiting for the customer to type a code at the bank.
    Provisioned,
    /// In use.
    Active,
}

/// Answer to K3 and S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmResponse {
    /// The token's state.
    pub state: ConfirmState,
    /// The service's clock.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub server_time: UnixTime,
    /// The assurance level that is proved of the device, 0 to 4.
    #[cfg_attr(feature = "schema", schemars(range(max = 4)))]
    pub level: u8,
}

impl Message for ConfirmResponse {
    const MAX_BODY_BYTES: usize = 512;

    fn check(&self) -> Result<(), WireError> {
        if self.level > 4 {
            Err(WireError::Field { field: "level" })
        } else {
            Ok(())
        }
    }
}
