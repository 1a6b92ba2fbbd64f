//! Hardware tokens: sent to a customer, reported as faulty.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::super::schema;
use super::super::{Message, Request, ShortText, WireError};
use super::{id_bytes, text_bytes};
use crate::ids::RequestId;

rp_request!(
    /// Say to which customer a hardware token was sent: nobody else can register it.
    AssignRequest,
    "skts/rp-token-assign/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The serial as printed; the service folds it.
        serial: ShortText => text_bytes,
    }
);

/// Answer to [`AssignRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AssignResponse {
    /// False if there is no such hardware token that is still to be registered.
    pub assigned: bool,
    /// The serial in its canonical form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Until when it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub expires_at: Option<UnixTime>,
}

reply!(AssignResponse);

rp_request!(
    /// Pass on what a customer says is wrong with the token.
    ReportRequest,
    "skts/rp-token-report/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// What is wrong.
        fault: RpFault => |fault| fault.as_str().as_bytes().to_vec(),
    }
);

/// What can be wrong with a hardware token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RpFault {
    /// The display says that the battery is running out.
    LowBattery,
    /// The display shows a fault, or nothing.
    Broken,
}

impl RpFault {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LowBattery => "low_battery",
            Self::Broken => "broken",
        }
    }
}

/// Answer to [`ReportRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportResponse {
    /// False if the customer has no hardware token in use.
    pub noted: bool,
}

reply!(ReportResponse);
