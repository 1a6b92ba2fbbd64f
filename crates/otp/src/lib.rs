//! What prover and verifier both compute: serials, time steps, codes, signatures of payments and the
//! policy of a token.
//!
//! Ground: no IO, no clock, no randomness of its own. Times and generators are arguments.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod code;
mod fold;
mod hotp;
mod ocra;
mod policy;
mod serial;
mod time;
mod totp;
mod transaction;

pub use code::{
    Digits, DigitsError, HashAlgorithm, KeyLengthError, Mac, MacLengthError, Otp, OtpParseError,
    mac, truncate,
};
pub use fold::fold;
pub use hotp::{hotp, verify_counter, verify_counter_pair};
pub use ocra::{
    Challenge, ChallengeFormat, OcraError, OcraInput, OcraMatch, OcraSuite, OcraSuiteError,
    OcraWindow, Response, keyed_hash, ocra, verify_response,
};
pub use policy::{
    AssuranceLevel, CodeLength, EffectiveDay, LevelError, PolicyError, SetUpKind, TokenPolicy,
};
pub use serial::{SerialNumber, SerialParseError, SerialScheme};
pub use time::{Period, PeriodError, TimeStep, UnixTime};
pub use totp::{AcceptanceWindow, Drift, totp, verify, verify_pair};
pub use transaction::{
    AccountKind, NameError, Payment, PaymentError, PaymentField, PaymentText, SigningLink,
    SigningLinkError, TransactionSignature, sign_payment, signing_data, verify_payment,
};
