//! The relying-party API as this bank speaks it: its own small types over the published protocol
//! (docs/protocol.md), nothing shared with the service.

use serde::{Deserialize, Serialize};
use skts_otp::{PaymentText, UnixTime};

use crate::rules::activation_password::ActivationPassword;

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
    /// 利用中止, 利用解除, and what staff do at the counter.
    Change(ChangeRequest),
    /// トークン発行 for the app.
    Issue(IssueRequest),
    /// A hardware token goes to a customer.
    Assign(AssignRequest),
    /// What is wrong with a hardware token.
    Report(ReportRequest),
    /// 取引認証: what is to be signed.
    BeginSignature(BeginSignatureRequest),
    /// 取引認証: the signature.
    VerifySignature(VerifySignatureRequest),
}

impl Call {
    /// Where it goes.
    pub(crate) const fn path(&self) -> &'static str {
        match self {
            Self::Register(_) => "/v1/rp/tokens/register",
            Self::Verify(_) => "/v1/rp/tokens/verify",
            Self::Exchange(_) => "/v1/rp/tokens/exchange",
            Self::Change(_) => "/v1/rp/tokens/change",
            Self::Issue(_) => "/v1/rp/activations/issue",
            Self::Assign(_) => "/v1/rp/tokens/assign",
            Self::Report(_) => "/v1/rp/tokens/report",
            Self::BeginSignature(_) => "/v1/rp/signatures/begin",
            Self::VerifySignature(_) => "/v1/rp/signatures/verify",
        }
    }

    /// The id under which the service answers once.
    pub(crate) fn request_id(&self) -> &str {
        match self {
            Self::Register(request) => &request.request_id,
            Self::Verify(request) => &request.request_id,
            Self::Exchange(request) => &request.request_id,
            Self::Change(request) => &request.request_id,
            Self::Issue(request) => &request.request_id,
            Self::Assign(request) => &request.request_id,
            Self::Report(request) => &request.request_id,
            Self::BeginSignature(request) => &request.request_id,
            Self::VerifySignature(request) => &request.request_id,
        }
    }

    /// The JSON body.
    pub(crate) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Register(request) => serde_json::to_vec(request),
            Self::Verify(request) => serde_json::to_vec(request),
            Self::Exchange(request) => serde_json::to_vec(request),
            Self::Change(request) => serde_json::to_vec(request),
            Self::Issue(request) => serde_json::to_vec(request),
            Self::Assign(request) => serde_json::to_vec(request),
            Self::Report(request) => serde_json::to_vec(request),
            Self::BeginSignature(request) => serde_json::to_vec(request),
            Self::VerifySignature(request) => serde_json::to_vec(request),
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
            Self::Issue(_) => Answer::Issued(serde_json::from_slice(body)?),
            Self::Assign(_) => Answer::Assigned(serde_json::from_slice(body)?),
            Self::Report(_) => Answer::Reported(serde_json::from_slice(body)?),
            Self::BeginSignature(_) => Answer::ToSign(serde_json::from_slice(body)?),
            Self::VerifySignature(_) => Answer::Verified(serde_json::from_slice(body)?),
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

/// `activations/issue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssueRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    /// What the customer chose. It travels once and is nowhere kept after the answer.
    pub(crate) activation_password: ActivationPassword,
}

/// `tokens/assign`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AssignRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    pub(crate) serial: String,
}

/// `tokens/report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    pub(crate) fault: DeviceFault,
}

/// What can be wrong with a hardware token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviceFault {
    LowBattery,
    Broken,
}

/// `signatures/begin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BeginSignatureRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    pub(crate) payment: PaymentText,
}

/// `signatures/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerifySignatureRequest {
    pub(crate) request_id: String,
    pub(crate) subscriber_ref: String,
    /// The id of the call by which the payment was announced.
    pub(crate) challenge: String,
    pub(crate) signature: String,
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
    Issued(Issued),
    Assigned(Assigned),
    Reported(Reported),
    ToSign(ToSign),
}

/// Answer to a registration or an exchange. A field this bank does not know is passed over: the
/// service may grow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Registered {
    pub(crate) verdict: Verdict,
    /// In its canonical form, once accepted.
    pub(crate) serial: Option<String>,
    /// The four digits the app shows too; none for a device.
    #[serde(default)]
    pub(crate) match_number: Option<String>,
}

/// Answer to a verification, of a code or of a signature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Verified {
    pub(crate) verdict: Verdict,
    /// By how many seconds the token's clock is off, positive is ahead; told after two codes in a row
    /// that show the same clock. Both are used up then.
    #[serde(default)]
    pub(crate) clock_off_secs: Option<i64>,
}

/// Answer to a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Changed {
    pub(crate) changed: bool,
    /// Where the token stands now; `none` if the customer has none.
    pub(crate) state: String,
}

/// Answer to トークン発行.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Issued {
    pub(crate) service_id: String,
    pub(crate) user_id: String,
    /// Until when the app can be set up with them.
    pub(crate) expires_at: UnixTime,
}

/// Answer to a hardware token on its way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Assigned {
    /// False if the service knows no such token, or it is somebody's.
    pub(crate) assigned: bool,
}

/// Answer to a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Reported {
    /// False if the customer has no hardware token in use.
    pub(crate) noted: bool,
}

/// What is to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToSign {
    /// Whose tokens sign it: 8 digits, for the QR code.
    #[serde(default)]
    pub(crate) service_id: String,
    /// The payment in the one spelling that is signed.
    pub(crate) payment: PaymentText,
    /// For the app: 64 hexadecimal digits.
    pub(crate) challenge: String,
    /// For a token with a keypad: 8 digits.
    #[serde(default)]
    pub(crate) keypad_challenge: Option<String>,
    /// Until when a signature is taken.
    pub(crate) expires_at: UnixTime,
}

/// Where a customer's token stands at the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TokenState {
    /// `active`, `locked`, `suspended`, …, or `none`.
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) expires_at: Option<UnixTime>,
    /// From when on a new one may be issued for it.
    #[serde(default)]
    pub(crate) renewable_from: Option<UnixTime>,
    /// What the customer reported: `low_battery` or `broken`.
    #[serde(default)]
    pub(crate) reported: Option<String>,
}

/// Where an activation stands at the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ActivationState {
    /// `pending`, `claimed`, `completed`, `expired`, `exhausted` or `withdrawn`.
    pub(crate) state: String,
    /// The four digits the app shows too, once claimed.
    #[serde(default)]
    pub(crate) match_number: Option<String>,
    #[serde(default)]
    pub(crate) device_label: Option<String>,
    /// Another device proved the password too and was refused.
    #[serde(default)]
    pub(crate) other_device_refused: bool,
    /// Of the token in the app, if the service tells it.
    #[serde(default)]
    pub(crate) serial: Option<String>,
}

/// Something that happened to a customer's token at the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Told {
    /// Rises by one with every event.
    pub(crate) number: u64,
    /// What: `stop` if the customer stopped the token from the app; many others.
    pub(crate) kind: String,
    pub(crate) subscriber_ref: String,
    #[serde(default)]
    pub(crate) serial: Option<String>,
}

/// Events in their order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TellsAll {
    pub(crate) events: Vec<Told>,
}
