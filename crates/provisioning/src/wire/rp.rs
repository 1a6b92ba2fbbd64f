//! The relying-party API: what a bank's server asks of the token service.

use super::ShortText;
use crate::ids::{RequestId, UserId};

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

macro_rules! rp_request {
    ($(#[$doc:meta])* $name:ident, $label:literal,
     { $($(#[$field_doc:meta])* $field:ident: $type:ty => $absorb:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

mod activation;
mod event;
mod hardware;
mod history;
mod signature;
mod token;

pub use activation::{
    ActivationStateRequest, ActivationStateResponse, IssueActivationRequest,
    IssueActivationResponse, WithdrawActivationRequest,
};
pub use event::{Event, EventsRequest, EventsResponse, MOST_EVENTS};
pub use hardware::{AssignRequest, AssignResponse, ReportRequest, ReportResponse, RpFault};
pub use history::{HistoryEntry, HistoryRequest, HistoryResponse, MOST_ENTRIES};
pub use signature::{SignatureRequest, SignatureResponse, SigningRequest, SigningResponse};
pub use token::{
    ChangeTokenRequest, ChangeTokenResponse, ExchangeRequest, RegisterRequest, RegisterResponse,
    ResyncRequest, RpChange, RpVerdict, TokenStateRequest, TokenStateResponse, VerifyRequest,
    VerifyResponse,
};
