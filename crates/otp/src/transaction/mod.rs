//! Transaction signatures: a payment's one text, the challenge made of it, and its signature.
//!
//! What is shown to the customer and what is signed are the same list, [`Payment::fields`].

mod link;
mod name;
mod payment;

pub use link::{SigningLink, SigningLinkError};
pub use name::NameError;
pub use payment::{AccountKind, Payment, PaymentError, PaymentField, PaymentText};

use crate::ocra::{
    Challenge, OcraError, OcraInput, OcraSuite, OcraWindow, Response, ocra, verify_response,
};
use crate::time::TimeStep;
use crate::totp::AcceptanceWindow;

/// A response over the text of a payment: 8 digits, read by [`Response::parse`] with
/// [`OcraSuite::SIGNING`].
pub type TransactionSignature = Response;

/// Signs `payment`: [`ocra`] by [`OcraSuite::SIGNING`] over [`Payment::challenge`] and `step`.
///
/// # Shapes and units
/// - `key`: 16..=64 bytes, secret: the token's signing key, not its seed.
/// - `step`: minutes since 1970, from [`OcraSuite::step_at`].
/// - returns: 8 digits.
///
/// # Errors
/// [`OcraError::Key`] for other key lengths.
///
/// # Source
/// RFC 6287 §7.3.1; vectors: `tests/vectors/transaction.json`.
pub fn sign_payment(
    key: &[u8],
    payment: &Payment,
    step: TimeStep,
) -> Result<TransactionSignature, OcraError> {
    let challenge = payment.challenge();
    ocra(key, &OcraSuite::SIGNING, &input(&challenge, step))
}

/// Searches `window` around `base` for the step at which `signature` signs `payment`.
///
/// Every candidate is computed and compared in constant time, as in [`verify_response`]. The same
/// payment signed twice within a minute has the same signature: a verifier makes each challenge good
/// once, and takes a payment's signature once.
///
/// # Shapes and units
/// - `base`: the minute expected now, drift included.
/// - returns: the matching step, or none.
///
/// # Errors
/// [`OcraError::Key`] unless `key` has 16..=64 bytes.
///
/// # Source
/// RFC 6287 §7.3.1, §8.2 (IC9).
pub fn verify_payment(
    key: &[u8],
    payment: &Payment,
    base: TimeStep,
    window: AcceptanceWindow,
    signature: &TransactionSignature,
) -> Result<Option<TimeStep>, OcraError> {
    let challenge = payment.challenge();
    let window = OcraWindow {
        time: window,
        ..OcraWindow::EXACT
    };
    let expected = input(&challenge, base);
    let found = verify_response(key, &OcraSuite::SIGNING, &expected, window, signature)?;
    Ok(found.and_then(|found| found.timestamp))
}

/// The bytes under the HMAC of [`sign_payment`], for a key that stays where it is: its
/// [`TransactionSignature::truncate`] is the signature.
///
/// # Shapes and units
/// - `step`: minutes since 1970, from [`OcraSuite::step_at`].
/// - returns: 166 bytes, not secret.
///
/// # Errors
/// None for any payment; [`OcraError`] as in [`OcraSuite::data_input`].
///
/// # Source
/// RFC 6287 §5.1.
pub fn signing_data(payment: &Payment, step: TimeStep) -> Result<Vec<u8>, OcraError> {
    let challenge = payment.challenge();
    let data = OcraSuite::SIGNING.data_input(&input(&challenge, step))?;
    Ok(data.to_vec())
}

fn input(challenge: &str, step: TimeStep) -> OcraInput<'_> {
    OcraInput {
        timestamp: Some(step),
        ..OcraInput::new(Challenge::One(challenge))
    }
}
