//! Challenge-response codes (RFC 6287), and the verifier's search.
//!
//! ```text
//! OCRA(K, input) = Truncate(HMAC(K, suite ‖ 00 ‖ C ‖ Q ‖ P ‖ S ‖ T))
//!                                            8   128  hash nnn  8     bytes; only those in the suite
//! ```
//! The modes of §7 differ in their inputs alone: one question or two, and in which order.

mod challenge;
mod response;
mod suite;

use std::iter::repeat_n;

use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConditionallySelectable;
use zeroize::Zeroizing;

pub use challenge::{Challenge, ChallengeFormat};
pub use response::Response;
pub use suite::{OcraSuite, OcraSuiteError};

use crate::code::{HashAlgorithm, KEY_BYTES, KeyLengthError, Mac};
use crate::time::TimeStep;
use crate::totp::AcceptanceWindow;

/// What goes into a response beside the key. Each input is given if and only if its suite has it.
#[derive(Clone, Copy)]
pub struct OcraInput<'a> {
    /// `Q`: one question or two.
    pub challenge: Challenge<'a>,
    /// `C`: a count of responses.
    pub counter: Option<u64>,
    /// `P`: the hash of PIN or password, secret, 20, 32 or 64 bytes.
    pub pin_hash: Option<&'a [u8]>,
    /// `S`: at most the suite's length in bytes; shorter ones get zeros on the left.
    pub session_info: Option<&'a [u8]>,
    /// `T`: a count of the suite's steps, from [`OcraSuite::step_at`].
    pub timestamp: Option<TimeStep>,
}

impl<'a> OcraInput<'a> {
    /// A challenge and nothing else, to be completed by what the suite asks for.
    pub const fn new(challenge: Challenge<'a>) -> Self {
        Self {
            challenge,
            counter: None,
            pin_hash: None,
            session_info: None,
            timestamp: None,
        }
    }
}

impl OcraSuite {
    /// The bytes under the HMAC: `suite ‖ 00 ‖ C ‖ Q ‖ P ‖ S ‖ T`, for a key that stays in hardware.
    ///
    /// # Errors
    /// [`OcraError`] if `input` does not fit the suite.
    ///
    /// # Source
    /// RFC 6287 §5.1; encodings and padding as in its reference implementation (Appendix A).
    pub fn data_input(&self, input: &OcraInput<'_>) -> Result<Zeroizing<Vec<u8>>, OcraError> {
        let challenge = input
            .challenge
            .encode(self.challenge_format(), self.challenge_length())?;
        let counter = given(self.has_counter(), input.counter, OcraError::Counter)?;
        let timestamp = given(self.has_timestamp(), input.timestamp, OcraError::Timestamp)?;
        let asked = self.pin_hash();
        let pin_hash = given(asked.is_some(), input.pin_hash, OcraError::PinHash)?;
        let pin_hash = pin_hash.unwrap_or_default();
        if pin_hash.len() != asked.map_or(0, HashAlgorithm::mac_bytes) {
            return Err(OcraError::PinHash);
        }
        let asked = self.session_info_bytes();
        let session_info = given(asked.is_some(), input.session_info, OcraError::SessionInfo)?;
        let session_info = session_info.unwrap_or_default();
        let padding = asked
            .unwrap_or(0)
            .checked_sub(session_info.len())
            .ok_or(OcraError::SessionInfo)?;

        let text = self.to_string();
        // Room at once: a PIN's hash that moves as the bytes grow would stay behind unwiped.
        let room = [text.len(), 1, 8, 128, 64, 512, 8].iter().sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        bytes.extend(counter.map(u64::to_be_bytes).into_iter().flatten());
        bytes.extend_from_slice(&challenge);
        bytes.extend_from_slice(pin_hash);
        bytes.extend(repeat_n(0, padding));
        bytes.extend_from_slice(session_info);
        let timestamp = timestamp.map(|step| step.index().to_be_bytes());
        bytes.extend(timestamp.into_iter().flatten());
        Ok(bytes)
    }
}

/// An input that is there if and only if its suite asks for it.
fn given<T>(asked: bool, input: Option<T>, wrong: OcraError) -> Result<Option<T>, OcraError> {
    match input.is_some() == asked {
        true => Ok(input),
        false => Err(wrong),
    }
}

/// Computes the response to `input`: `Truncate(HMAC(key, suite.data_input(input)))`.
///
/// # Shapes and units
/// - `key`: 16..=64 bytes, secret.
/// - returns: exactly `suite.digits()` (4..=10) ASCII digits, leading zeros kept.
///
/// # Errors
/// [`OcraError`] if key or input do not fit.
///
/// # Source
/// RFC 6287 §5; vectors: Appendix C (`tests/vectors/rfc6287.json`).
pub fn ocra(key: &[u8], suite: &OcraSuite, input: &OcraInput<'_>) -> Result<Response, OcraError> {
    let mac = keyed_hash(key, suite.hash(), &suite.data_input(input)?)?;
    Ok(Response::truncate(&mac, suite))
}

/// Computes `HMAC(key, message)`, for whoever computes what [`OcraSuite::data_input`] gives.
///
/// # Shapes and units
/// - `key`: 16..=64 bytes, secret.
///
/// # Errors
/// [`KeyLengthError`] for other key lengths.
///
/// # Source
/// RFC 2104.
pub fn keyed_hash(key: &[u8], hash: HashAlgorithm, message: &[u8]) -> Result<Mac, KeyLengthError> {
    fn compute<M: KeyInit + hmac::Mac>(key: &[u8], message: &[u8]) -> Option<Mac> {
        let mac = M::new_from_slice(key).ok()?.chain_update(message);
        Mac::from_bytes(&mac.finalize().into_bytes()).ok()
    }
    let refused = KeyLengthError {
        found_bytes: key.len(),
    };
    if !KEY_BYTES.contains(&key.len()) {
        return Err(refused);
    }
    match hash {
        HashAlgorithm::Sha1 => compute::<Hmac<Sha1>>(key, message),
        HashAlgorithm::Sha256 => compute::<Hmac<Sha256>>(key, message),
        HashAlgorithm::Sha512 => compute::<Hmac<Sha512>>(key, message),
    }
    .ok_or(refused)
}

/// How far a verifier looks around the counter and the time step it expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OcraWindow {
    /// Counters after the expected one.
    pub look_ahead: u8,
    /// Steps around the expected one.
    pub time: AcceptanceWindow,
}

impl OcraWindow {
    /// The expected counter and step alone.
    pub const EXACT: Self = Self {
        look_ahead: 0,
        time: AcceptanceWindow {
            behind: 0,
            ahead: 0,
        },
    };
}

/// Where a response was found. The verifier remembers it and takes only later ones from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OcraMatch {
    /// The counter, if the suite has one.
    pub counter: Option<u64>,
    /// The time step, if the suite has one.
    pub timestamp: Option<TimeStep>,
}

/// Searches `window` around the counter and step of `input` for the one whose response is
/// `response`.
///
/// Every candidate is computed and compared in constant time, as in [`verify`](crate::verify). If
/// two match, the latest wins: then the same digits cannot be taken again. Nothing lies beyond the
/// last counter; RFC 6287 lets it begin anew, which would let old responses in.
///
/// A suite with neither counter nor step has one response for ever: its verifier must take each
/// challenge once (§8.2, IC9).
///
/// # Shapes and units
/// - `input.counter`: the lowest counter not used yet.
/// - `input.timestamp`: the step expected now.
///
/// # Errors
/// [`OcraError`] if key or input do not fit; never for a wrong response.
///
/// # Source
/// RFC 6287 §5.1, §7; RFC 4226 §7.4; RFC 6238 §5.2.
pub fn verify_response(
    key: &[u8],
    suite: &OcraSuite,
    input: &OcraInput<'_>,
    window: OcraWindow,
    response: &Response,
) -> Result<Option<OcraMatch>, OcraError> {
    let (mut matched_counter, mut matched_step) = (0_u64, 0_u64);
    let mut found = subtle::Choice::from(0);
    let AcceptanceWindow { behind, ahead } = window.time;
    for step in around(input.timestamp.map(TimeStep::index), behind, ahead) {
        for counter in around(input.counter, 0, window.look_ahead) {
            let candidate = OcraInput {
                counter,
                timestamp: step.map(TimeStep::from_index),
                ..*input
            };
            let equal = ocra(key, suite, &candidate)?.ct_matches(response);
            matched_counter.conditional_assign(&counter.unwrap_or(0), equal);
            matched_step.conditional_assign(&step.unwrap_or(0), equal);
            found |= equal;
        }
    }
    Ok(bool::from(found).then(|| OcraMatch {
        counter: input.counter.map(|_| matched_counter),
        timestamp: input.timestamp.map(|_| TimeStep::from_index(matched_step)),
    }))
}

/// The numbers of a window that are there, or one absence where there is no number.
fn around(base: Option<u64>, behind: u8, ahead: u8) -> impl Iterator<Item = Option<u64>> {
    let numbers = base
        .map(|base| base.saturating_sub(u64::from(behind))..=base.saturating_add(u64::from(ahead)));
    let absence = base.is_none().then_some(None);
    numbers.into_iter().flatten().map(Some).chain(absence)
}

/// Why no response can be computed. Says nothing of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OcraError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyLengthError),
    /// A question that is empty or longer than the suite's.
    #[error("the challenge is empty, or too long for its suite")]
    ChallengeLength,
    /// A question with characters that the suite's format has not.
    #[error("the challenge has characters that its suite does not allow")]
    ChallengeFormat,
    /// A counter that the suite has not, or none where it has one.
    #[error("the counter is given if and only if the suite has one")]
    Counter,
    /// A PIN's hash that the suite has not, none where it has one, or one of another length.
    #[error("the PIN's hash is given, with the suite's length, if and only if the suite has one")]
    PinHash,
    /// Session information that the suite has not, none where it has it, or one that is too long.
    #[error("session information is given, within its length, if and only if the suite has it")]
    SessionInfo,
    /// A time step that the suite has not, or none where it has one.
    #[error("the time step is given if and only if the suite has one")]
    Timestamp,
}
