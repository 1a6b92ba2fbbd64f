//! One token of the profile, without its keys.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use skts_otp::{SerialNumber, TokenPolicy, UnixTime};
use skts_sealed::SecretBytes;

/// The random name of one token in a profile: 16 bytes as 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId(String);

/// The text is not 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token id is 32 hex digits")]
pub struct TokenIdError;

impl TokenId {
    /// Reads the 32 hex digits.
    ///
    /// # Errors
    /// [`TokenIdError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, TokenIdError> {
        if is_random_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TokenIdError)
        }
    }

    pub(crate) fn make(rng: &mut dyn rand_core::CryptoRngCore) -> Self {
        Self(make_random_name(rng))
    }

    /// The 32 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TokenId {
    type Error = TokenIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.0
    }
}

pub(crate) fn make_random_name(rng: &mut dyn rand_core::CryptoRngCore) -> String {
    let mut bytes = [0u8; 16];
    rng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

pub(crate) fn is_random_name(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is to be kept of a token that was just provisioned, beside its two keys.
#[derive(Debug)]
pub struct NewToken {
    /// The serial the customer registers with the bank.
    pub serial: SerialNumber,
    /// The institution's id in the institution list.
    pub institution_id: String,
    /// The institution's service ID: 8 digits.
    pub service_id: String,
    /// How this token computes and shows codes.
    pub policy: TokenPolicy,
    /// When the token begins.
    pub started_at: UnixTime,
    /// When its codes stop being accepted.
    pub expires_at: UnixTime,
    /// The 4 digits to compare with the bank's page, until the bank has registered the token.
    pub match_number: Option<String>,
    /// Service time minus device time, in seconds, when the token was provisioned.
    pub server_offset_secs: i64,
    /// The first ratchet value, secret.
    pub ratchet: SecretBytes,
    /// What the app notes of it from the beginning; see [`TokenState::notes`].
    pub notes: Option<String>,
}

/// A token of the profile. Its two keys are not here and cannot be had from here.
#[derive(Debug)]
pub struct TokenRecord {
    /// The token's name in this profile.
    pub id: TokenId,
    /// The serial the customer registers with the bank.
    pub serial: SerialNumber,
    /// The institution's id in the institution list.
    pub institution_id: String,
    /// The institution's service ID: 8 digits.
    pub service_id: String,
    /// How this token computes and shows codes.
    pub policy: TokenPolicy,
    /// When the token begins.
    pub started_at: UnixTime,
    /// When its codes stop being accepted.
    pub expires_at: UnixTime,
    /// The parts that change while the token lives.
    pub state: TokenState,
    /// What the MAC of the first time step must hash to; see the self-test.
    pub(crate) check: [u8; 8],
}

/// The parts of a token that change while it lives; see [`Vault::update_token`].
///
/// [`Vault::update_token`]: crate::Vault::update_token
#[derive(Debug)]
pub struct TokenState {
    /// The 4 digits to compare with the bank's page, until the bank has registered the token.
    pub match_number: Option<String>,
    /// Service time minus device time, in seconds, when last told.
    pub server_offset_secs: i64,
    /// The ratchet value to prove at the next check-in, secret.
    pub ratchet: SecretBytes,
    /// How often the ratchet has moved since set-up.
    pub ratchet_count: u64,
    /// What the app notes of the token, a short text in a form of its own; not secret.
    pub notes: Option<String>,
}

/// A token that is listed in the profile and cannot be used, while others can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyToken {
    /// The token's name in this profile.
    pub id: TokenId,
    /// What is known of it, if its record could be read.
    pub serial: Option<SerialNumber>,
    /// The institution's id, if the record could be read.
    pub institution_id: Option<String>,
    /// What is wrong.
    pub fault: TokenFault,
}

/// What is wrong with one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// Its item is no longer in the keystore.
    ItemMissing,
    /// Its record or item is damaged, or was made for another device.
    Corrupt {
        /// The copy that was made of the damaged record, where one could be made.
        saved_aside: Option<PathBuf>,
    },
    /// Written by a later version of this program.
    NewerFormat,
}
