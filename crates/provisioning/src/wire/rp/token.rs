//! Tokens: registered, verified, exchanged, changed.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::super::schema;
use super::super::{Message, Request, ShortText, WireError};
use super::{id_bytes, optional, text_bytes};
use crate::ids::RequestId;

rp_request!(
    /// Register the serial a customer typed, with a current code.
    RegisterRequest,
    "skts/rp-token-register/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The serial as typed; the service folds it.
        serial: ShortText => text_bytes,
        /// The code as typed; the service folds it.
        code: ShortText => text_bytes,
    }
);

rp_request!(
    /// Verify a code the customer typed.
    VerifyRequest,
    "skts/rp-token-verify/v1",
    {
        /// Names the call; a repeat gets the first verdict.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The code as typed; the service folds it.
        code: ShortText => text_bytes,
        /// What it is for, in the bank's words; goes to the audit log.
        purpose: Option<ShortText> => |purpose| optional(purpose.as_ref().map(ShortText::as_str)),
    }
);

rp_request!(
    /// Put another token in the place of the customer's: the old one is replaced and the new one
    /// registered, both or neither.
    ExchangeRequest,
    "skts/rp-token-exchange/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The verification by which the old token's code was accepted, at most ten minutes ago and
        /// as the last one: the proof that the old token is at hand. This or a voucher.
        proof: Option<RequestId> => |proof| proof.as_ref().map(id_bytes).unwrap_or_default(),
        /// What staff made for a customer whose old phone is dead, as typed; the service folds it.
        voucher: Option<ShortText> => |voucher| optional(voucher.as_ref().map(ShortText::as_str)),
        /// The new serial as typed; the service folds it.
        serial: ShortText => text_bytes,
        /// The new token's code as typed; the service folds it.
        code: ShortText => text_bytes,
    }
);

rp_request!(
    /// Find the clock of the customer's token again: two consecutive codes, both typed by the
    /// customer. The very next code is accepted.
    ResyncRequest,
    "skts/rp-token-resync/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The code shown first, as typed.
        first: ShortText => text_bytes,
        /// The code shown right after it, as typed.
        second: ShortText => text_bytes,
    }
);

rp_request!(
    /// End, hold or release the customer's token.
    ChangeTokenRequest,
    "skts/rp-token-change/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// What is to happen to it.
        change: RpChange => |change| change.as_str().as_bytes().to_vec(),
    }
);

/// What a bank can have done to a customer's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RpChange {
    /// 利用中止, 利用解除: end it for good.
    Unregister,
    /// Hold it, as after a report of loss.
    Suspend,
    /// Release a held one.
    Resume,
}

impl RpChange {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unregister => "unregister",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
        }
    }
}

/// Answer to [`ChangeTokenRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeTokenResponse {
    /// Whether this call changed it. If not, there is no such way from where the token stands.
    pub changed: bool,
    /// Where the token stands now; `none` if the customer has none.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::token_state"))]
    pub state: String,
    /// A copy of the token has checked in: it cannot be resumed. End it, and have the customer set up
    /// anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copy_suspected: bool,
}

reply!(ChangeTokenResponse);

/// What the service says of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RpVerdict {
    /// Right, and never again.
    Accepted,
    /// Wrong.
    Rejected,
    /// Right, but already used.
    Replayed,
    /// Too many wrong ones.
    Locked,
    /// The customer has no token a code could be checked against.
    Unknown,
}

impl RpVerdict {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Replayed => "replayed",
            Self::Locked => "locked",
            Self::Unknown => "unknown",
        }
    }
}

/// Answer to [`RegisterRequest`] and [`ExchangeRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterResponse {
    /// Whether the code was right.
    pub verdict: RpVerdict,
    /// The serial in its canonical form, once accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The four digits the app shows too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::match_number"))]
    pub match_number: Option<String>,
}

reply!(RegisterResponse);

/// Answer to [`VerifyRequest`] and [`ResyncRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyResponse {
    /// Whether the code was right.
    pub verdict: RpVerdict,
    /// The time step accepted, or the count of a token with a button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// By how many seconds the token's clock is off, positive is ahead: told after two wrong codes in
    /// a row that show the same clock. Both are used then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_off_secs: Option<i64>,
}

reply!(VerifyResponse);

/// Ask where a customer's token stands. Changes nothing, so it needs no request id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenStateRequest {
    /// The bank's own name for the customer.
    pub subscriber_ref: ShortText,
}

reply!(TokenStateRequest);

/// Where a customer's token stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenStateResponse {
    /// `provisioned`, `active`, `locked`, `suspended`, `revoked`, `replaced`, `expired`, `lapsed`
    /// or `none`.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::token_state"))]
    pub state: String,
    /// The serial in its canonical form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Until when the token can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub expires_at: Option<UnixTime>,
    /// What the device called itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// The four digits the app shows too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::match_number"))]
    pub match_number: Option<String>,
    /// `soft`, or `totp` or `hotp` for a hardware token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::token_kind"))]
    pub kind: Option<String>,
    /// From when on a new token may be issued for this one: 90 days before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub renewable_from: Option<UnixTime>,
    /// What the customer reported to be wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::fault"))]
    pub reported: Option<String>,
    /// Staff ask for a resync: two codes in a row, typed by the customer in the bank's own page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resync_asked: bool,
    /// Suspended because a copy of it has checked in, or an older one was put back. It cannot be
    /// resumed: end it, and have the customer set up anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copy_suspected: bool,
}

reply!(TokenStateResponse);
