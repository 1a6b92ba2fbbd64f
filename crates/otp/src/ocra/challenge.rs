//! Challenges, and the 128 bytes they become.

use super::OcraError;

const BLOCK_BYTES: usize = 128;

/// Which characters a challenge has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChallengeFormat {
    /// ASCII letters and digits, hashed as they are.
    Alphanumeric,
    /// Decimal digits, hashed as one number in hexadecimal.
    Numeric,
    /// Hexadecimal digits of either case, hashed as the bytes they stand for.
    Hexadecimal,
}

impl ChallengeFormat {
    pub(super) const ALL: [Self; 3] = [Self::Alphanumeric, Self::Numeric, Self::Hexadecimal];

    pub(super) const fn letter(self) -> char {
        match self {
            Self::Alphanumeric => 'A',
            Self::Numeric => 'N',
            Self::Hexadecimal => 'H',
        }
    }

    fn allows(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Numeric => byte.is_ascii_digit(),
            Self::Hexadecimal => byte.is_ascii_hexdigit(),
        }
    }
}

/// The question that a response answers.
///
/// A verifier that makes challenges makes them at random, with at least as many characters as a
/// response has digits (RFC 6287 §8.2, IC4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge<'a> {
    /// One question: one-way challenge-response, plain signature.
    One(&'a str),
    /// Two questions: mutual challenge-response, signature with server authentication.
    ///
    /// Joined as text before they are encoded; each may have the suite's length.
    Pair {
        /// The other party's question, seen from who computes the response.
        other: &'a str,
        /// The question of who computes the response.
        own: &'a str,
    },
}

impl Challenge<'_> {
    /// The challenge as it is hashed: encoded from the left, zeros to the right.
    pub(super) fn encode(
        self,
        format: ChallengeFormat,
        longest: usize,
    ) -> Result<[u8; BLOCK_BYTES], OcraError> {
        let (first, second) = match self {
            Self::One(question) => (question, None),
            Self::Pair { other, own } => (other, Some(own)),
        };
        for question in [Some(first), second].into_iter().flatten() {
            if !question.bytes().all(|byte| format.allows(byte)) {
                return Err(OcraError::ChallengeFormat);
            }
            if !(1..=longest).contains(&question.len()) {
                return Err(OcraError::ChallengeLength);
            }
        }
        let text = [first, second.unwrap_or_default()].concat();
        let mut block = [0; BLOCK_BYTES];
        match format {
            ChallengeFormat::Alphanumeric => {
                for (place, byte) in block.iter_mut().zip(text.bytes()) {
                    *place = byte;
                }
            }
            ChallengeFormat::Numeric => pack(&nibbles_of_decimal(&text), &mut block),
            ChallengeFormat::Hexadecimal => pack(&nibbles(&text, 16), &mut block),
        }
        Ok(block)
    }
}

/// Two nibbles a byte, from the left; the last half byte of an odd number is zero.
fn pack(nibbles: &[u8], block: &mut [u8; BLOCK_BYTES]) {
    for (place, pair) in block.iter_mut().zip(nibbles.chunks(2)) {
        let low = pair.get(1).copied().unwrap_or(0);
        *place = pair.first().map_or(0, |high| high << 4) | low;
    }
}

fn nibbles(text: &str, radix: u32) -> Vec<u8> {
    let values = text.chars().filter_map(|c| c.to_digit(radix));
    values
        .filter_map(|value| u8::try_from(value).ok())
        .collect()
}

/// The hexadecimal digits of a decimal number of any length, without leading zeros; of zero, one.
fn nibbles_of_decimal(text: &str) -> Vec<u8> {
    let mut lowest_first = vec![0_u8];
    for digit in nibbles(text, 10) {
        let mut carry = digit;
        for nibble in &mut lowest_first {
            // At most 15 × 10 + 9, so the carry stays below ten.
            let value = nibble.saturating_mul(10).saturating_add(carry);
            *nibble = value & 0x0f;
            carry = value >> 4;
        }
        if carry > 0 {
            lowest_first.push(carry);
        }
    }
    lowest_first.reverse();
    lowest_first
}
