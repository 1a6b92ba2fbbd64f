//! What happened to customers' tokens, for the bank to fetch.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;

#[cfg(feature = "schema")]
use super::super::schema;
use super::super::{Message, WireError};

/// Most events in one answer.
pub const MOST_EVENTS: u32 = 500;

/// Ask for events. Changes nothing: what was fetched can be fetched again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EventsRequest {
    /// The number of the last event the bank has; 0 for none.
    pub after: u64,
    /// Most events to answer with, 1 to 500.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MOST_EVENTS)))]
    pub most: u32,
}

impl Message for EventsRequest {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        if (1..=MOST_EVENTS).contains(&self.most) {
            Ok(())
        } else {
            Err(WireError::Field { field: "most" })
        }
    }
}

/// Events in their order, without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EventsResponse {
    /// Oldest first.
    pub events: Vec<Event>,
}

impl Message for EventsResponse {
    const MAX_BODY_BYTES: usize = 512 * 1024;

    fn check(&self) -> Result<(), WireError> {
        Ok(())
    }
}

/// Something that happened to a customer's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Rises by one with every event of the institution.
    pub number: u64,
    /// When.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub at: UnixTime,
    /// What: `register`, `exchange`, `unregister`, `suspend`, `resume`, `unlock`, `revoke`, `expire`,
    /// `verify`, `resync` or `signature` (which locked or ended the token), `activation_claimed`,
    /// `other_device`, `copy_suspected` (suspended, not to be resumed), `stop` (by the customer, from the app), `report`,
    /// `renewal_due`.
    pub kind: String,
    /// The bank's own name for the customer.
    pub subscriber_ref: String,
    /// Which token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Where it stands since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::token_state"))]
    pub state: Option<String>,
}
