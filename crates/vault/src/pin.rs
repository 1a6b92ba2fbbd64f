//! The app's own lock: a PIN that opens what opens the device's piece.
//!
//! ```text
//! PIN ─ Argon2id(salt) ─┬─ authorisation ─► the chip counts wrong ones and gives its half (where it can)
//!                       └─ with that half ─ HKDF ─ pad
//! keystore `<profile id>.device` = frame { salt, secret ⊕ pad, … }      instead of the 32 secret bytes
//! keystore `<profile id>.tries`  = frame { wrong ones in a row, when the last was counted }
//! ```
//! Every PIN gives some 32 bytes: which are the right ones is told by `device.skts` only, so that
//! neither keystore nor profile lets anybody guess by itself. A wrong PIN is counted before it is tried.

pub(crate) mod item;
pub(crate) mod lock;
pub(crate) mod store;
mod tries;

use skts_sealed::SecretBytes;

pub use tries::{MOST_PIN_TRIES, Moment, PinStatus, PinWait};

/// Fewest and most digits of a PIN.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=12;

/// A PIN: 4 to 12 digits. Wiped when dropped, and never printed.
#[derive(Debug)]
pub struct Pin(SecretBytes);

/// Why a text is no PIN, or none that may be set. Does not repeat what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinFault {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// Something that is no digit was typed.
    #[error("there is something other than digits")]
    NotDigits,
    /// Too few or too many digits.
    #[error("a PIN has 4 to 12 digits, not {found_digits}")]
    Length {
        /// How many there were, after folding.
        found_digits: usize,
    },
    /// One digit over and over, as in 0000, or two in turn, as in 1212.
    #[error("the same digits over and over are guessed first")]
    Repeated,
    /// Digits in their order, up or down, as in 1234.
    #[error("digits in their order are guessed first")]
    InOrder,
}

impl Pin {
    /// Reads what was typed: full width, spaces and dashes are folded.
    ///
    /// # Errors
    /// [`PinFault::Empty`], [`PinFault::NotDigits`], [`PinFault::Length`].
    pub fn parse(typed: &str) -> Result<Self, PinFault> {
        let digits = SecretBytes::new(skts_otp::fold(typed).into_bytes());
        // EXPOSE: looked at here.
        let text = digits.expose_secret();
        if text.is_empty() {
            Err(PinFault::Empty)
        } else if !text.iter().all(u8::is_ascii_digit) {
            Err(PinFault::NotDigits)
        } else if !PIN_DIGITS.contains(&text.len()) {
            Err(PinFault::Length {
                found_digits: text.len(),
            })
        } else {
            Ok(Self(digits))
        }
    }

    /// The same of one that is to be set: those that everybody tries first are refused.
    ///
    /// # Errors
    /// Any [`PinFault`].
    pub fn parse_new(typed: &str) -> Result<Self, PinFault> {
        let pin = Self::parse(typed)?;
        // EXPOSE: looked at here.
        let digits = pin.0.expose_secret();
        if digits
            .iter()
            .zip(digits.iter().skip(2))
            .all(|(a, b)| a == b)
        {
            return Err(PinFault::Repeated);
        }
        // 9 and 0 are neighbours, in what people choose.
        let value = |digit: &u8| digit.wrapping_sub(b'0');
        let steps_by = |by: u8| {
            let mut pairs = digits.iter().zip(digits.iter().skip(1));
            pairs.all(|(first, second)| value(first).wrapping_add(by) % 10 == value(second))
        };
        if steps_by(1) || steps_by(9) {
            return Err(PinFault::InOrder);
        }
        Ok(pin)
    }

    pub(crate) fn digits(&self) -> &SecretBytes {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(typed: &str) -> Option<PinFault> {
        Pin::parse_new(typed).err()
    }

    #[test]
    fn takes_four_to_twelve_digits_as_they_are_typed() {
        for typed in ["4711", "９０２１", "83-51 07", "274839105628"] {
            assert_eq!(fault(typed), None, "{typed}");
        }
        let folded = Pin::parse("８３ー５１").unwrap();
        assert_eq!(folded.digits().expose_secret(), b"8351");
        assert_eq!(fault("  "), Some(PinFault::Empty));
        assert_eq!(fault("48a1"), Some(PinFault::NotDigits));
        for (typed, found_digits) in [("471", 3), ("2748391056281", 13)] {
            assert_eq!(fault(typed), Some(PinFault::Length { found_digits }));
        }
    }

    #[test]
    fn refuses_what_everybody_tries_first_and_says_why() {
        for typed in ["0000", "１１１１１１", "1212", "909090", "12121"] {
            assert_eq!(fault(typed), Some(PinFault::Repeated), "{typed}");
        }
        for typed in ["1234", "4321", "0123456789", "7890", "1098", "987654321"] {
            assert_eq!(fault(typed), Some(PinFault::InOrder), "{typed}");
        }
        for typed in ["1235", "1221", "1357", "1123", "2580"] {
            assert_eq!(fault(typed), None, "{typed}");
        }
        // One that was set by another rule still opens.
        assert!(Pin::parse("1234").is_ok());
    }

    #[test]
    fn is_never_printed() {
        let pin = Pin::parse("83510744").unwrap();
        assert!(!format!("{pin:?}").contains("83510744"));
    }
}
