//! 利用開始パスワード: 4 to 8 digits that the customer chooses, typed once more into the app.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::entries::Sentence;

const EMPTY: Sentence = "利用開始パスワードを入力してください。";
const WRONG: Sentence = "利用開始パスワードは数字4～8桁で入力してください。";
const TOO_EASY: Sentence = "この番号は推測されやすいため使えません。同じ数字の繰り返し、続き番号、契約者ID・電話番号の一部、西暦の年を避けてください。";
const MOST_CHARS: usize = 64;

/// The digits. Shown nowhere, and kept only until the token service has them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActivationPassword(String);

impl ActivationPassword {
    /// Reads what was typed. `known` are numbers that others know of the customer: his contract id,
    /// his telephone number.
    ///
    /// # Errors
    /// What to type instead.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Sentence> {
        if text.chars().nth(MOST_CHARS).is_some() {
            return Err(WRONG);
        }
        let digits = skts_otp::fold(text);
        if digits.is_empty() {
            return Err(EMPTY);
        }
        if !(4..=8).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(WRONG);
        }
        let of_him = known.iter().any(|number| number.contains(&digits));
        if of_him || is_common(digits.as_bytes()) {
            return Err(TOO_EASY);
        }
        Ok(Self(digits))
    }
}

impl fmt::Debug for ActivationPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationPassword")
    }
}

/// What everybody tries first: one digit or two in turn, a run up or down, halves that are the same,
/// each digit twice, a year, and the line down the middle of a keypad. The service refuses some of
/// these too, but only when the form is long gone.
fn is_common(digits: &[u8]) -> bool {
    let steps: Vec<i16> = digits
        .iter()
        .zip(digits.iter().skip(1))
        .map(|(a, b)| i16::from(*b) - i16::from(*a))
        .collect();
    // 9 and 0 are neighbours on every keypad.
    let runs = |step: i16| {
        steps
            .iter()
            .all(|found| *found == step || *found == -9 * step)
    };
    let in_turn = digits
        .iter()
        .zip(digits.iter().skip(2))
        .all(|(a, b)| a == b);
    let (first, second) = digits.split_at(digits.len() / 2);
    let doubled = digits
        .chunks(2)
        .all(|pair| matches!(pair, [a, b] if a == b));
    let is_year = digits.len() == 4 && (digits.starts_with(b"19") || digits.starts_with(b"20"));
    runs(1) || runs(-1) || in_turn || first == second || doubled || is_year || digits == b"2580"
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["1000000011", "0312345678"];

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for easy in [
            "0000", "77777777", "1212", "121212", "1234", "7890", "98765432", "3210", "1985",
            "2026", "2580", "48274827", "112233",
        ] {
            assert_eq!(
                ActivationPassword::parse(easy, &[]),
                Err(TOO_EASY),
                "{easy}"
            );
        }
        for of_him in ["0011", "345678", "03123456"] {
            assert_eq!(
                ActivationPassword::parse(of_him, &KNOWN),
                Err(TOO_EASY),
                "{of_him}"
            );
        }
    }

    #[test]
    fn other_numbers_of_four_to_eight_digits_are_taken_full_width_too() {
        for text in ["4827", "48271", "４８２７ １５９３", "1357", "90210"] {
            assert!(ActivationPassword::parse(text, &KNOWN).is_ok(), "{text}");
        }
        for text in ["123", "482715936", "48a7", "😀", "1\u{0}23"] {
            assert_eq!(
                ActivationPassword::parse(text, &KNOWN),
                Err(WRONG),
                "{text}"
            );
        }
    }

    #[test]
    fn it_is_not_printed() {
        let password = ActivationPassword::parse("482715", &[]).unwrap();
        assert_eq!(format!("{password:?}"), "ActivationPassword");
    }
}
