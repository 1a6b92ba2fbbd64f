//! What a refused call answers: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

use super::{Message, WireError};
use crate::ids::RequestId;

/// Why a call was refused, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// Wrong, unknown, expired or exhausted activation, or another device's: one answer.
    ActivationRefused,
    /// Not a message of this kind.
    BadRequest,
    /// Too many calls, or the service is overloaded; see `Retry-After`, in seconds.
    Busy,
    /// The same request id with another body.
    Conflict,
    /// The challenge of S1 is used or too old: say hello again.
    ExpiredChallenge,
    /// The API key is not for this.
    Forbidden,
    /// The head of the call is too long.
    HeadersTooLarge,
    /// The service failed; the log has the cause under the request id.
    Internal,
    /// The token was never confirmed or registered in time.
    Lapsed,
    /// The device is below the institution's lowest assurance level.
    LevelTooLow,
    /// This path takes another method; see `Allow`.
    MethodNotAllowed,
    /// No such thing.
    NotFound,
    /// The body is longer than any call's.
    TooLarge,
    /// No or a wrong API key.
    Unauthorized,
    /// The body is not said to be `application/json`.
    UnsupportedMediaType,
    /// The app is older than the service sets tokens up with.
    VersionTooOld,
}

impl ProblemCode {
    /// HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::ActivationRefused | Self::Forbidden | Self::LevelTooLow | Self::VersionTooOld => {
                403
            }
            Self::BadRequest => 400,
            Self::Busy => 503,
            Self::Conflict => 409,
            Self::ExpiredChallenge | Self::Lapsed => 410,
            Self::HeadersTooLarge => 431,
            Self::Internal => 500,
            Self::MethodNotAllowed => 405,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::Unauthorized => 401,
            Self::UnsupportedMediaType => 415,
        }
    }

    /// The code as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActivationRefused => "activation-refused",
            Self::BadRequest => "bad-request",
            Self::Busy => "busy",
            Self::Conflict => "conflict",
            Self::ExpiredChallenge => "expired-challenge",
            Self::Forbidden => "forbidden",
            Self::HeadersTooLarge => "headers-too-large",
            Self::Internal => "internal",
            Self::Lapsed => "lapsed",
            Self::LevelTooLow => "level-too-low",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::Unauthorized => "unauthorized",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::VersionTooOld => "version-too-old",
        }
    }
}

/// Body of a refusal. Read leniently: unknown fields are ignored, as RFC 9457 asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `urn:skts:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// HTTP status.
    #[cfg_attr(feature = "schema", schemars(range(min = 400, max = 599)))]
    pub status: u16,
    /// Why, for programs.
    pub code: ProblemCode,
    /// The request it answers, where one was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Why, for developers; never secrets, never shown to customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Problem {
    /// Builds the body for `code`.
    pub fn new(code: ProblemCode, request_id: Option<RequestId>) -> Self {
        Self {
            kind: format!("urn:skts:problem:{}", code.as_str()),
            status: code.status(),
            code,
            request_id,
            detail: None,
        }
    }

    /// The same with a word for developers.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl Message for Problem {
    const MAX_BODY_BYTES: usize = 4 * 1024;

    fn check(&self) -> Result<(), WireError> {
        Ok(())
    }
}
