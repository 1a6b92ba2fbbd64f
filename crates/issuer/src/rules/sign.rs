//! Whether a signature is right: the search, by the token's own way of signing.

use skts_otp::{
    AcceptanceWindow, Challenge, ChallengeFormat, OcraError, OcraInput, OcraSuite, OcraWindow,
    Response, TimeStep, UnixTime, verify_response,
};

/// How long a challenge can be answered.
pub const CHALLENGE_VALID_SECS: u64 = 300;
/// Responses of a token with a counter that may have been for nothing.
const LOOK_AHEAD: u8 = 10;

/// A payment to be signed.
#[derive(Debug, Clone, Copy)]
pub struct ToSign<'a> {
    /// 64 hexadecimal digits, for a suite that takes them.
    pub payment: &'a str,
    /// 8 digits, for a keypad; none for an amount it cannot hold.
    pub keypad: Option<&'a str>,
}

/// Where a signature was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// The step, or the counter if the suite has one.
    pub step: i64,
    /// Whether it is a counter.
    pub counts: bool,
    /// Whether it is a counter or a step: one of either can be over, a bare challenge cannot.
    pub moves: bool,
}

/// Looks for `response` around `now`, or after the counter `last`. Nothing is found for a suite that
/// asks for more than a challenge, a counter and the time, nor for a payment a keypad cannot hold.
///
/// # Errors
/// [`OcraError`] if the stored key is none.
pub fn find(
    key: &[u8],
    suite: &OcraSuite,
    to_sign: ToSign<'_>,
    last: i64,
    now: UnixTime,
    response: &Response,
) -> Result<Option<Signed>, OcraError> {
    let challenge = match suite.challenge_format() {
        ChallengeFormat::Hexadecimal => Some(to_sign.payment),
        ChallengeFormat::Numeric => to_sign.keypad,
        ChallengeFormat::Alphanumeric => None,
    };
    let more = suite.pin_hash().is_some() || suite.session_info_bytes().is_some();
    let Some(challenge) = challenge.filter(|_| !more) else {
        return Ok(None);
    };
    let next = u64::try_from(last).map_or(0, |last| last.saturating_add(1));
    let input = OcraInput {
        counter: suite.has_counter().then_some(next),
        timestamp: suite.step_at(now),
        ..OcraInput::new(Challenge::One(challenge))
    };
    let window = OcraWindow {
        look_ahead: LOOK_AHEAD,
        time: AcceptanceWindow::SOFT,
    };
    let found = verify_response(key, suite, &input, window, response)?;
    Ok(found.map(|found| {
        let of_time = found.timestamp.map_or(0, TimeStep::index);
        let step = found.counter.unwrap_or(of_time);
        Signed {
            step: i64::try_from(step).unwrap_or(i64::MAX),
            counts: found.counter.is_some(),
            moves: found.counter.is_some() || found.timestamp.is_some(),
        }
    }))
}
