//! Messages as they travel: JSON, snake_case, byte fields in standard base64, unknown fields
//! refused, every size bounded. Nothing is hashed from JSON text: see [`Request::digest`].

mod activation;
mod check_in;
mod confirm;
pub mod paths;
mod problem;
pub mod rp;
#[cfg(feature = "schema")]
pub mod schema;
mod self_provisioning;
mod stop;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use skts_sealed::LabelledHash;

pub use activation::{
    KBeginRequest, KBeginResponse, KFinishRequest, KFinishResponse, MAX_SEALED_EVIDENCE_BYTES,
    MAX_SEALED_GRANT_BYTES, SUITE_RISTRETTO255_ARGON2ID,
};
pub use check_in::{ADVANCE_BYTES, CheckInRequest, CheckInResponse, CheckInState, MAX_COUNTER};
pub use confirm::{ConfirmRequest, ConfirmResponse, ConfirmState};
pub use problem::{Problem, ProblemCode};
pub use self_provisioning::{
    MAX_WORK_BITS, SHelloRequest, SHelloResponse, SIssueRequest, SIssueResponse,
};
pub use stop::{RECEIPT_DIGITS, StopReceipt, StopRequest, StopResponse};

/// Why a message was not taken. Carries nothing of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The body is longer than any message of its kind.
    #[error("the body is longer than {limit_bytes} bytes")]
    TooLong {
        /// Most bytes a body of this kind may have.
        limit_bytes: usize,
    },
    /// Not JSON of the expected shape: a missing, unknown, repeated or mistyped field.
    #[error("the body is not a message of this kind (line {line}, column {column})")]
    Malformed {
        /// Line in the body, from 1.
        line: usize,
        /// Column in the body, from 1.
        column: usize,
    },
    /// A field of the wrong length or outside its range.
    #[error("the field {field} is out of bounds")]
    Field {
        /// Name of the field on the wire.
        field: &'static str,
    },
}

/// Something that travels as a JSON body.
pub trait Message: Serialize + DeserializeOwned {
    /// Most bytes its JSON may have.
    const MAX_BODY_BYTES: usize;

    /// Checks lengths and ranges that the types alone do not.
    ///
    /// # Errors
    /// [`WireError::Field`] naming the first field out of bounds.
    fn check(&self) -> Result<(), WireError>;

    /// Parses a body: length first, then shape, then every field.
    ///
    /// # Errors
    /// [`WireError`]; no text of the body is in it.
    fn parse(body: &[u8]) -> Result<Self, WireError> {
        if body.len() > Self::MAX_BODY_BYTES {
            return Err(WireError::TooLong {
                limit_bytes: Self::MAX_BODY_BYTES,
            });
        }
        let message: Self = serde_json::from_slice(body).map_err(|error| WireError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        message.check()?;
        Ok(message)
    }

    /// The JSON body.
    fn to_body(&self) -> Vec<u8> {
        #[expect(
            clippy::expect_used,
            reason = "plain fields and string keys always serialize"
        )]
        serde_json::to_vec(self).expect("a message serializes")
    }
}

/// A message that asks for something and may be sent again.
pub trait Request: Message {
    /// Label its digest begins with.
    const LABEL: &'static str;

    /// Feeds every field, in the order of the byte table, into `hash`.
    fn absorb(&self, hash: LabelledHash) -> LabelledHash;

    /// `SHA-256(label, field, field, …)`, each length-prefixed: the same for two requests that
    /// ask the same, and for no others. Decides "same id, same body".
    fn digest(&self) -> [u8; 32] {
        self.absorb(LabelledHash::new(Self::LABEL)).sha256()
    }
}

/// Bytes that travel as standard base64 with padding; other spellings are refused.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// Most bytes any field has; the fields' own limits are tighter.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Copies a slice.
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes)", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > Self::MAX_BYTES.saturating_mul(4).div_ceil(3) {
            return Err(de::Error::custom("a byte field is too long"));
        }
        STANDARD
            .decode(&text)
            .map(Self)
            .map_err(|_| de::Error::custom("a byte field is not standard base64"))
    }
}

/// A short text without control characters: at most 128 bytes of UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ShortText(String);

impl ShortText {
    /// Most bytes of UTF-8.
    pub const MAX_BYTES: usize = 128;

    /// Takes `text` if it is short enough and has no control characters.
    ///
    /// # Errors
    /// [`WireError::Field`] otherwise.
    pub fn new(text: impl Into<String>) -> Result<Self, WireError> {
        let text = text.into();
        if text.len() <= Self::MAX_BYTES && !text.chars().any(char::is_control) {
            Ok(Self(text))
        } else {
            Err(WireError::Field { field: "text" })
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ShortText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Requires `bytes` to be exactly `length` long.
fn exact(bytes: &Bytes, length: usize, field: &'static str) -> Result<(), WireError> {
    if bytes.0.len() == length {
        Ok(())
    } else {
        Err(WireError::Field { field })
    }
}

/// Requires `bytes` to be between `low` and `high` long.
fn within(bytes: &Bytes, low: usize, high: usize, field: &'static str) -> Result<(), WireError> {
    if (low..=high).contains(&bytes.0.len()) {
        Ok(())
    } else {
        Err(WireError::Field { field })
    }
}
