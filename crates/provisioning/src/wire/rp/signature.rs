//! Transaction signatures: a payment is announced, then its signature verified.

use serde::{Deserialize, Serialize};
use skts_otp::{PaymentText, UnixTime};
use skts_sealed::LabelledHash;

#[cfg(feature = "schema")]
use super::super::schema;
use super::super::{Message, Request, ShortText, WireError};
use super::{RpVerdict, id_bytes, text_bytes};
use crate::ids::{RequestId, ServiceId};

rp_request!(
    /// Announce a payment that the customer is to sign.
    SigningRequest,
    "skts/rp-signature-begin/v1",
    {
        /// Names the call, and the challenge.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The payment as the bank has it.
        #[cfg_attr(feature = "schema", schemars(schema_with = "schema::payment"))]
        payment: PaymentText => |payment| serde_json::to_vec(payment).unwrap_or_default(),
    }
);

/// What is to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SigningResponse {
    /// Whose tokens sign it, for the QR code: the app offers no other institution's.
    pub service_id: ServiceId,
    /// The payment in the one spelling that is signed: what must be shown.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::payment"))]
    pub payment: PaymentText,
    /// For the app: 64 hexadecimal digits.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::hex_digits::<64>"))]
    pub challenge: String,
    /// For a token with a keypad: 8 digits; none for an amount of ten digits or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::decimal_digits::<8>")
    )]
    pub keypad_challenge: Option<String>,
    /// Until when a signature is taken.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::time"))]
    pub expires_at: UnixTime,
}

reply!(SigningResponse);

rp_request!(
    /// Verify the signature a customer typed.
    SignatureRequest,
    "skts/rp-signature-verify/v1",
    {
        /// Names the call.
        request_id: RequestId => id_bytes,
        /// The bank's own name for the customer.
        subscriber_ref: ShortText => text_bytes,
        /// The call by which the payment was announced.
        challenge: RequestId => id_bytes,
        /// The signature as typed; the service folds it.
        signature: ShortText => text_bytes,
    }
);

/// Answer to [`SignatureRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignatureResponse {
    /// Whether the payment is signed. `replayed` if the signature, or the challenge, is used up;
    /// `unknown` if there is no such challenge any more, or no token that signs.
    pub verdict: RpVerdict,
}

reply!(SignatureResponse);
