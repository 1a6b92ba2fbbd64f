//! Check-in: a device that is set up asks where its token stands.

use serde::{Deserialize, Serialize};
use skts_otp::{SerialNumber, UnixTime};
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::schema;
use super::{Bytes, Message, Request, ShortText, WireError, exact};
use crate::device::{SIGNATURE_BYTES, SPKI_BYTES};
use crate::ids::RequestId;

/// Highest counter there is: what a JSON number holds exactly.
pub const MAX_COUNTER: u64 = (1 << 53) - 1;
/// Bytes of what a ratchet is advanced by.
pub const ADVANCE_BYTES: usize = 32;

/// Device to service: the ratchet value at hand, proved, and where the token stands asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckInRequest {
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
    /// Check-ins that moved the ratchet so far, and this one.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_COUNTER)))]
    pub counter: u64,
    /// HMAC-SHA-256 under the ratchet value, 32 bytes.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::bytes::<32, 32>"))]
    pub proof: Bytes,
    /// Device signature, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
}

impl Message for CheckInRequest {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        exact(&self.device_spki, SPKI_BYTES, "device_spki")?;
        exact(&self.proof, 32, "proof")?;
        exact(&self.signature, SIGNATURE_BYTES, "signature")?;
        if (1..=MAX_COUNTER).contains(&self.counter) {
            Ok(())
        } else {
            Err(WireError::Field { field: "counter" })
        }
    }
}

impl Request for CheckInRequest {
    const LABEL: &'static str = "skts/check-in-request/v1";

    fn absorb(&self, hash: LabelledHash) -> LabelledHash {
        hash.field(self.request_id.as_bytes())
            .field(self.serial.as_str().as_bytes())
            .field(&self.device_spki.0)
            .field(&self.counter.to_be_bytes())
            .field(&self.proof.0)
            .field(&self.signature.0)
    }
}

/// Where the service says a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckInState {
    /// Waiting for the customer to type a code at the bank.
    Provisioned,
    /// In use.
    Active,
    /// Too many wrong codes.
    Locked,
    /// Held by the bank, or because a copy is suspected.
    Suspended,
    /// Ended.
    Revoked,
    /// Another token has taken its place.
    Replaced,
    /// Past its date.
    Expired,
    /// Never registered in time.
    Lapsed,
}

impl CheckInState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Provisioned,
        Self::Active,
        Self::Locked,
        Self::Suspended,
        Self::Revoked,
        Self::Replaced,
        Self::Expired,
        Self::Lapsed,
    ];

    /// Whether there is no way out of it.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Revoked | Self::Replaced | Self::Expired | Self::Lapsed
        )
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::Active => "active",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
        }
    }
}

/// Answer to [`CheckInRequest`], signed by a provisioning key of the institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckInResponse {
    /// What the ratchet is advanced by, 32 bytes; none: it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<ADVANCE_BYTES, ADVANCE_BYTES>")
    )]
    pub advance: Option<Bytes>,
    /// This call was answered, another since, and its answer is no longer kept: make a new one.
    pub answered_before: bool,
    /// Where the token stands.
    pub state: CheckInState,
    /// Another copy of this token has checked in, or an older one was put back: it is suspended for
    /// good, and the customer sets up anew.
    pub copy_suspected: bool,
    /// The bank has registered the token for a customer.
    pub registered: bool,
    /// The service's clock when it answered first.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub server_time: UnixTime,
    /// Until when the token can be used.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub expires_at: UnixTime,
    /// From when on a new token may be issued for this one.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub renewable_from: UnixTime,
    /// Until when it has to be registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub lapses_at: Option<UnixTime>,
    /// When a code was accepted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub last_used_at: Option<UnixTime>,
    /// Staff ask for two codes in a row, typed in the bank's own page.
    pub resync_asked: bool,
    /// Names the key of the signature.
    pub key_id: ShortText,
    /// The service's signature, 64 bytes.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::bytes::<SIGNATURE_BYTES, SIGNATURE_BYTES>")
    )]
    pub signature: Bytes,
}

impl Message for CheckInResponse {
    const MAX_BODY_BYTES: usize = 1024;

    fn check(&self) -> Result<(), WireError> {
        if let Some(advance) = &self.advance {
            exact(advance, ADVANCE_BYTES, "advance")?;
        }
        exact(&self.signature, SIGNATURE_BYTES, "signature")
    }
}
