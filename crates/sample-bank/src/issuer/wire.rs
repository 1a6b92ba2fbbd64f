//! The relying-party API as this bank speaks it: its own small types over the published protocol
//! (docs/protocol.md), nothing shared with the service.

use serde::{Deserialize, Serialize};

/// A question to the service that changes something there. It is stored as it is sent, so that a
/// lost answer can be asked for again by the same words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(crate) enum Call {
    /// 利用開始.
    Register(RegisterRequest),
    /// A code in place of the 資金移動用パスワード.
    Verify(VerifyRequest),
    /// 交換, second page.
    Exchange(ExchangeRequest),
    /// 利用中止, and what staff do at the counter.
    Change(ChangeRequest),
}

impl Call {
    /// Where it goes.
    pub(crate) const fn path(&self) -> &'static str {
        match self {
            Self::Register(_) => "/v1/rp/tokens/register",
            Self::Verify(_) => "/v1/rp/tokens/verify",
            Self::Exchange(_) => "/v1/rp/tokens/exchange",
            Self::Change(_) => "/v1/rp/tokens/change",
        }
    }

    /// The id under which the service answers once.
    pub(crate) fn request_id(&self) -> &str {
        match self {
            Self::Register(request) => &request.request_id,
            Self::Verify(request) => &request.request_id,
            Self::Exchange(request) => &request.request_id,
            Self::Change(request) => &request.request_id,
        }
    }

    /// The JSON body.
    pub(crate) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Register(request) => serde_json::to_vec(request),
            Self::Verify(request) => serde_json::to_vec(request),
            Self::Exchange(request) => serde_json::to_vec(request),
            Self::Change(request) => serde_json::to_vec(request),
        }
    }

    /// Reads the service's answer to it.
    pub(crate) fn read_answer(&self, body: &[u8]) -> Result<Answer, serde_json::Error> {
        Ok(match self {
            Self::Register(_) | Self::Exchange(_) => {
                Answer::Registered(serde_json::from_slice(body)?)
            }
            Self::Verify(_) => Answer::Verified(serde_json::from_slice(body)?),
            Self::Change(_) => Answer::Changed(serde_json::from_slice(body)?),
        })
    }
}

/// `tokens/register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegisterRequest {
    /// 16 bytes, lower-case hexadecimal.
    pub(crate) request_id: String,
    /// Whom the bank means; tells the service nothing of the customer.
    pub(crate) subscriber_ref: String,
    pub(crate) serial: String,
    pub(crate) code: String,
}

/// `tokens/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerifyRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    pub(crate) code: String,
    /// What the code is for; goes to the service's audit log.
    pub(crate) purpose: String,
}

/// `tokens/exchange`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExchangeRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    /// The id of the call by which the old token's code was accepted.
    pub(crate) proof: String,
    pub(crate) serial: String,
    pub(crate) code: String,
}

/// `tokens/change`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    pub(crate) change: Change,
}

/// What can be done to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// End it for good.
    Unregister,
    /// Hold it.
    Suspend,
    /// Release a held one.
    Resume,
}

/// What the service says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Accepted,
    Rejected,
    Replayed,
    Locked,
    Unknown,
}

/// The service's answer to a [`Call`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Registered(Registered),
    Verified(Verified),
    Changed(Changed),
}

/// Answer to a registration or an exchange. A field this bank does not know is passed over: the
/// service may grow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Registered {
    pub(crate) verdict: Verdict,
    /// In its canonical form, once accepted.
    pub(crate) serial: Option<String>,
}

/// Answer to a verification.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Verified {
    pub(crate) verdict: Verdict,
}

/// Answer to a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Changed {
    pub(crate) changed: bool,
    /// Where the token stands now; `none` if the customer has none.
    pub(crate) state: String,
}
