//! 資金移動用パスワード: ten digits on the customer's card, of which two asked positions are typed.

use std::fmt;

/// The ten digits.
#[derive(Clone, PartialEq, Eq)]
pub struct TransferPassword([u8; 10]);

impl TransferPassword {
    /// Digits it has.
    pub const DIGITS: usize = 10;

    /// Reads ten ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 10] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_digit).then_some(Self(bytes))
    }

    /// The ten digits.
    pub fn expose_secret(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether `first` and `second` are the digits at the asked positions. Both are compared
    /// always.
    pub fn matches(&self, asked: AskedPositions, first: char, second: char) -> bool {
        let at = |position: u8| self.0.get(usize::from(position) - 1).copied();
        let is_first = at(asked.first) == u8::try_from(first).ok();
        let is_second = at(asked.second) == u8::try_from(second).ok();
        is_first & is_second
    }
}

impl fmt::Debug for TransferPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransferPassword")
    }
}

/// The two positions asked for, counted from 1 at the left, the smaller first.
///
/// They stay the same until they are answered rightly: somebody who knows two digits must not be
/// able to ask again until those two come up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedPositions {
    first: u8,
    second: u8,
}

impl AskedPositions {
    /// Two different positions of ten. `None` unless `1 <= first < second <= 10`.
    pub const fn new(first: u8, second: u8) -> Option<Self> {
        if first >= 1 && first < second && second <= 10 {
            Some(Self { first, second })
        } else {
            None
        }
    }

    /// Picks two by `below`, which gives a number below its argument.
    pub fn pick(below: impl Fn(u8) -> u8) -> Self {
        let one = below(10) + 1;
        // One of the nine others: those from `one` on move up by one.
        let other = below(9) + 1;
        let other = if other >= one { other + 1 } else { other };
        Self {
            first: one.min(other),
            second: one.max(other),
        }
    }

    /// The position asked first.
    pub const fn first(self) -> u8 {
        self.first
    }

    /// The position asked second.
    pub const fn second(self) -> u8 {
        self.second
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_the_two_asked_digits_are_right() {
        let password = TransferPassword::parse("0123456789").unwrap();
        let asked = AskedPositions::new(3, 10).unwrap();
        assert!(password.matches(asked, '2', '9'));
        for (first, second) in [('9', '2'), ('2', '8'), ('1', '9'), ('２', '9'), ('字', '9')] {
            assert!(!password.matches(asked, first, second), "{first}{second}");
        }
    }

    #[test]
    fn anything_but_ten_digits_is_no_password() {
        for text in ["", "123456789", "12345678901", "12345678a0", "１２３４"] {
            assert_eq!(TransferPassword::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_pair_of_positions_can_be_asked_and_no_other() {
        let mut pairs = BTreeSet::new();
        for one in 0..10 {
            for other in 0..9 {
                let asked = AskedPositions::pick(|end| if end == 10 { one } else { other });
                assert_eq!(AskedPositions::new(asked.first, asked.second), Some(asked));
                pairs.insert((asked.first, asked.second));
            }
        }
        assert_eq!(pairs.len(), 45);
    }
}
