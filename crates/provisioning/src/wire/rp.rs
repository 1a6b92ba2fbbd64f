//! The relying-party API: what a bank's server asks of the token service.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_sealed::{LabelledHash, SealingKey, derive_secret};

use super::{Message, Request, ShortText, WireError};
use crate::ids::{ActivationPassword, RequestId, ServiceId, UserId};

fn optional(text: Option<&str>) -> Vec<u8> {
    // One tag byte, so that none and empty differ.
    text.map_or_else(|| vec![0], |text| [&[1], text.as_bytes()].concat())
}

macro_rules! reply {
    ($name:ident) => {
        impl Message for $name {
            const MAX_BODY_BYTES: usize = 4 * 1024;

            fn check(&self) -> Result<(), WireError> {
                Ok(())
            }
        }
    };
}

/// Issue an activation for a customer. Received only: the bank's own program writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueActivationRequest {
    /// Names the call.
    pub request_id: RequestId,
    /// The bank's own name for the customer.
    pub subscriber_ref: ShortText,
    /// What the customer chose, 4 to 8 digits.
    pub activation_password: ActivationPassword,
}

impl IssueActivationRequest {
    /// Most bytes its JSON may have.
    pub const MAX_BODY_BYTES: usize = 4 * 1024;

    /// Parses a body.
    ///
    /// # Errors
    /// [`WireError`]; no text of the body is in it.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        if body.len() > Self::MAX_BODY_BYTES {
            return Err(WireError::TooLong {
                limit_bytes: Self::MAX_BODY_BYTES,
            });
        }
        serde_json::from_slice(body).map_err(|error| WireError::Malformed {
            line: error.line(),
            column: error.column(),
        })
    }

    /// Decides "same id, same body". Keyed, because a plain hash of four digits in a database
    /// gives the digits away.
    pub fn digest(&self, key: &SealingKey) -> [u8; 32] {
        let label = "skts/rp-activation-issue/v1";
        let mut context = Vec::new();
        context.extend_from_slice(self.request_id.as_bytes());
        context.extend_from_slice(
            &LabelledHash::new(label)
                .field(self.subscriber_ref.as_str().as_bytes())
                // EXPOSE: only its keyed digest leaves this function.
                .field(self.activation_password.expose_secret())
                .sha256(),
        );
        let mut digest = [0; 32];
        // EXPOSE: the key goes into HKDF; the digest is no secret.
        if let Ok(secret) = derive_secret(key.expose_secret(), &[], label, &context, 32) {
            digest.copy_from_slice(secret.expose_secret());
        }
        digest
    }
}

/// What the bank shows its customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueActivationResponse {
    /// サービスID.
    pub service_id: ServiceId,
    /// 利用者ID.
    pub user_id: UserId,
    /// Until when it can be used.
    pub expires_at: UnixTime,
}

reply!(IssueActivationResponse);

macro_rules! rp_request {
    ($(#[$doc:meta])* $name:ident, $label:literal,
     { $($(#[$field_doc:meta])* $field:ident: $type:ty => $absorb:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Message for $name {
            const MAX_BODY_BYTES: usize = 4 * 1024;

            fn check(&self) -> Result<(), WireError> {
                Ok(())
            }
        }

        impl Request for $name {
            const LABEL: &'static str = $label;

            fn absorb(&self, hash: LabelledHash) -> LabelledHash {
                $(
                    let absorb: fn(&$type) -> Vec<u8> = $absorb;
                    let hash = hash.field(&absorb(&self.$field));
                )*
                hash
            }
        }
    };
}

fn id_bytes(id: &RequestId) -> Vec<u8> {
    id.as_bytes().to_vec()
}

fn text_bytes(text: &ShortText) -> Vec<u8> {
    text.as_str().as_bytes().to_vec()
}

fn user_bytes(user_id: &UserId) -> Vec<u8> {
    user_id.as_str().as_bytes().to_vec()
}

rp_request!(
    /// Withdraw an activation, or the token it made while that is not active.
    WithdrawActivationRequest,
    "skts/rp-activation-withdraw/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// Which activation.
        user_id: UserId => user_bytes,
    }
);

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
        /// as the last one: the proof that the old token is at hand.
        proof: RequestId => id_bytes,
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
#[serde(deny_unknown_fields)]
pub struct ChangeTokenResponse {
    /// Whether this call changed it. If not, there is no such way from where the token stands.
    pub changed: bool,
    /// Where the token stands now; `none` if the customer has none.
    pub state: String,
}

reply!(ChangeTokenResponse);

/// What the service says of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[serde(deny_unknown_fields)]
pub struct RegisterResponse {
    /// Whether the code was right.
    pub verdict: RpVerdict,
    /// The serial in its canonical form, once accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The four digits the app shows too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_number: Option<String>,
}

reply!(RegisterResponse);

/// Answer to [`VerifyRequest`] and [`ResyncRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyResponse {
    /// Whether the code was right.
    pub verdict: RpVerdict,
    /// The time step accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
}

reply!(VerifyResponse);

/// Ask where a customer's token stands. Changes nothing, so it needs no request id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenStateRequest {
    /// The bank's own name for the customer.
    pub subscriber_ref: ShortText,
}

reply!(TokenStateRequest);

/// Where a customer's token stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenStateResponse {
    /// `provisioned`, `active`, `locked`, `suspended`, `revoked`, `replaced`, `expired`, `lapsed`
    /// or `none`.
    pub state: String,
    /// The serial in its canonical form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Until when the token can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixTime>,
    /// What the device called itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// The four digits the app shows too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_number: Option<String>,
}

reply!(TokenStateResponse);

/// Ask where an activation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationStateRequest {
    /// Which activation.
    pub user_id: UserId,
}

reply!(ActivationStateRequest);

/// Where an activation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationStateResponse {
    /// `pending`, `claimed`, `completed`, `expired`, `exhausted` or `withdrawn`.
    pub state: String,
    /// The four digits the app shows too, once claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_number: Option<String>,
    /// What the device called itself, once claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// Another device proved the password too and was refused.
    pub other_device_refused: bool,
}

reply!(ActivationStateResponse);
