//! Stop: a device ends its own token (利用中止 from the app).

use serde::{Deserialize, Serialize};
use skts_otp::{SerialNumber, UnixTime};
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::schema;
use super::{Bytes, CheckInState, Message, Request, ShortText, WireError, exact};
use crate::device::{SIGNATURE_BYTES, SPKI_BYTES};
use crate::ids::RequestId;

/// Digits of a receipt's number.
pub const RECEIPT_DIGITS: usize = 10;

/// Device to service: no code of this token is to be accepted any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// Names the call; used once.
    pub request_id: RequestId,
    /// The token's serial.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::serial"))]
    pub serial: SerialNumber,
    /// The device key, 91 bytes of DER SPKI.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SPKI_BYTES, SPKI_BYTES>")
    )]
    pub device_spki: Bytes,
    /// Device signature, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
}

impl Message for StopRequest {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.device_spki, SPKI_BYTES, "device_spki")?;
        exact(&self.signature, SIGNATURE_BYTES, "signature")
    }
}

impl Request for StopRequest {
    const LABEL: &'static str = "skts/stop-request/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(self.serial.as_str().as_bytes())
            .field(&self.device_spki.0)
            .field(&self.signature.0)
    }
}

/// That a token was stopped by its own device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StopReceipt {
    /// 受付番号, ten decimal digits.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::decimal_digits::<RECEIPT_DIGITS>")
    )]
    pub number: String,
    /// 受付時刻, by the service's clock.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub at: UnixTime,
}

/// Answer to [`StopRequest`], signed by a provisioning key of the institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StopResponse {
    /// Where the token stands now: always one of the final states.
    pub state: CheckInState,
    /// Of the call that stopped it; none if it was over by something else: the bank, an exchange, its
    /// date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<StopReceipt>,
    /// The service's clock when it answered.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub server_time: UnixTime,
    /// Names the key of the signature.
    pub key_id: ShortText,
    /// The service's signature, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
}

impl Message for StopResponse {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        if !self.state.is_final() {
            return Err(WireError::Field { field: "state" });
        }
        if let Some(receipt) = &self.receipt {
            let number = receipt.number.as_bytes();
            if number.len() != RECEIPT_DIGITS || !number.iter().all(u8::is_ascii_digit) {
                return Err(WireError::Field { field: "receipt" });
            }
            if self.state != CheckInState::Revoked {
                return Err(WireError::Field { field: "state" });
            }
        }
        exact(&self.signature, SIGNATURE_BYTES, "signature")
    }
}
