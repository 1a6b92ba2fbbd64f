//! What happened to a customer's tokens, for the customer to see.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;

#[cfg(feature = "schema")]
use super::super::schema;
use super::super::{Message, ShortText, WireError};

/// Most entries in one answer.
pub const MOST_ENTRIES: u32 = 100;

/// Ask for the last things that happened. Changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HistoryRequest {
    /// The bank's own name for the customer.
    pub subscriber_ref: ShortText,
    /// Most entries to answer with, 1 to 100.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MOST_ENTRIES)))]
    pub most: u32,
}

impl Message for HistoryRequest {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        if (1..=MOST_ENTRIES).contains(&self.most) {
            Ok(())
        } else {
            Err(WireError::Field { field: "most" })
        }
    }
}

/// The last things that happened, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HistoryResponse {
    /// Oldest first.
    pub entries: Vec<HistoryEntry>,
}

impl Message for HistoryResponse {
    const MAX_BODY_BYTES: usize = 128 * 1024;

    fn check(&self) -> Result<(), WireError> {
        Ok(())
    }
}

/// Something that was done or asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// When.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub at: UnixTime,
    /// Who: `bank`, `device`, `service` or `staff`; never a name.
    pub actor: String,
    /// What, in the words of the audit trail: `verify`, `register`, `exchange`, …
    pub action: String,
    /// How it ended: a verdict, `done` or `refused`.
    pub outcome: String,
    /// Which token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Where it stands since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::token_state"))]
    pub state: Option<String>,
    /// What the bank said a code was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}
