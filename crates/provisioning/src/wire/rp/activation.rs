//! Activations: issued, withdrawn, asked for.

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_sealed::{LabelledHash, SealingKey, derive_secret};

#[cfg(feature = "schema")]
use super::super::schema;
use super::super::{Message, Request, ShortText, WireError};
use super::{id_bytes, user_bytes};
use crate::ids::{ActivationPassword, RequestId, ServiceId, UserId};

/// Issue an activation for a customer. Received only: the bank's own program writes it.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IssueActivationResponse {
    /// サービスID.
    pub service_id: ServiceId,
    /// 利用者ID.
    pub user_id: UserId,
    /// Until when it can be used.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub expires_at: UnixTime,
}

reply!(IssueActivationResponse);

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

/// Ask where an activation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActivationStateRequest {
    /// Which activation.
    pub user_id: UserId,
}

reply!(ActivationStateRequest);

/// Where an activation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActivationStateResponse {
    /// `pending`, `claimed`, `completed`, `expired`, `exhausted` or `withdrawn`.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::activation_state"))]
    pub state: String,
    /// The four digits the app shows too, once claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::match_number"))]
    pub match_number: Option<String>,
    /// What the device called itself, once claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// The serial of the token the device was given, once claimed: nobody has to type it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Another device proved the password too and was refused.
    pub other_device_refused: bool,
}

reply!(ActivationStateResponse);
