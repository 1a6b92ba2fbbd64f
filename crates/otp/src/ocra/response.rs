//! Responses: what a person reads and types after a challenge.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::suite::OcraSuite;
use crate::code::{Mac, OtpParseError, dynamic_word, write_decimal};
use crate::fold::fold;

const LONGEST: usize = 10;

/// An OCRA response. Compared in constant time, never printed by accident, wiped on drop.
///
/// # Shapes and units
/// - exactly the suite's digits, 4..=10 in ASCII, leading zeros kept.
#[derive(Clone)]
pub struct Response {
    ascii: [u8; LONGEST],
    digits: u8,
}

impl Response {
    /// Truncates the MAC over [`OcraSuite::data_input`], made here or in hardware.
    ///
    /// # Source
    /// RFC 4226 §5.3, RFC 6287 §5.2.
    pub fn truncate(mac: &Mac, suite: &OcraSuite) -> Self {
        let mut response = Self::zeros(suite);
        let places = response.ascii.iter_mut().take(usize::from(suite.digits()));
        write_decimal(dynamic_word(mac.as_bytes()), places);
        response
    }

    /// Reads what a person typed: full-width digits, spaces and dashes are folded.
    ///
    /// # Errors
    /// [`OtpParseError::NotDigits`], or [`OtpParseError::Length`] if `suite` has another number.
    pub fn parse(text: &str, suite: &OcraSuite) -> Result<Self, OtpParseError> {
        let mut folded = fold(text);
        let parsed = Self::from_ascii(folded.as_bytes(), suite);
        folded.zeroize();
        parsed
    }

    fn from_ascii(text: &[u8], suite: &OcraSuite) -> Result<Self, OtpParseError> {
        if !text.iter().all(u8::is_ascii_digit) {
            return Err(OtpParseError::NotDigits);
        }
        if text.len() != usize::from(suite.digits()) {
            return Err(OtpParseError::Length);
        }
        let mut response = Self::zeros(suite);
        for (place, digit) in response.ascii.iter_mut().zip(text) {
            *place = *digit;
        }
        Ok(response)
    }

    const fn zeros(suite: &OcraSuite) -> Self {
        Self {
            ascii: [b'0'; LONGEST],
            digits: suite.digits(),
        }
    }

    /// The digits as text, for the customer's eyes.
    pub fn expose_digits(&self) -> &str {
        let ascii = self.ascii.get(..usize::from(self.digits));
        std::str::from_utf8(ascii.unwrap_or_default()).unwrap_or_default()
    }

    pub(super) fn ct_matches(&self, other: &Self) -> subtle::Choice {
        self.ascii.ct_eq(&other.ascii) & self.digits.ct_eq(&other.digits)
    }
}

impl PartialEq for Response {
    fn eq(&self, other: &Self) -> bool {
        self.ct_matches(other).into()
    }
}

impl Eq for Response {}

impl Drop for Response {
    fn drop(&mut self) {
        self.ascii.zeroize();
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} digits, redacted)", self.digits)
    }
}
