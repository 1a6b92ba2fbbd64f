//! Payees' names, brought to the one spelling that is shown and signed.

use unicode_normalization::UnicodeNormalization;

use crate::fold::is_dash;

/// Characters of a name, as banks' own pages limit them.
const LONGEST_NAME: usize = 48;
/// Half-width kana with sound marks take six bytes each; beyond that no name is worth folding.
const LONGEST_TYPED_BYTES: usize = 512;

/// Why a text is no payee's name. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or spaces.
    #[error("no name")]
    Empty,
    /// Too long.
    #[error("a name has at most {LONGEST_NAME} characters")]
    Length,
    /// A character that transfers do not carry: kanji, another script, a sign that is not seen.
    #[error("a name has kana, letters A to Z, digits, spaces and ( ) - . , / ¥ 「 」 only")]
    Character,
}

/// Folds a name: NFKC, hiragana to katakana, small kana to large, letters to upper case, dashes to
/// one, spaces to one between words.
///
/// What is left is an alphabet without look-alikes: `ニ` is kana and cannot be the kanji `二`, `ヘ`
/// cannot be the hiragana `へ`, `O` cannot be Cyrillic or Greek, a dash is `ー` after kana and `-`
/// elsewhere. Whatever else was typed is refused, seen or unseen.
pub(super) fn fold_name(text: &str) -> Result<String, NameError> {
    if text.len() > LONGEST_TYPED_BYTES {
        return Err(NameError::Length);
    }
    let mut name = String::with_capacity(text.len());
    for c in text.nfkc() {
        let before = name.chars().next_back();
        let folded = match large(katakana(c)) {
            ' ' if before.is_none_or(|c| c == ' ') => continue,
            c if is_dash(c) && before.is_some_and(is_kana) => 'ー',
            c if is_dash(c) => '-',
            c => c.to_ascii_uppercase(),
        };
        if !is_allowed(folded) {
            return Err(NameError::Character);
        }
        name.push(folded);
    }
    name.truncate(name.trim_end().len());
    match name.chars().count() {
        0 => Err(NameError::Empty),
        1..=LONGEST_NAME => Ok(name),
        _ => Err(NameError::Length),
    }
}

fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゔ' => u32::from(c)
            .checked_add(0x60)
            .and_then(char::from_u32)
            .unwrap_or(c),
        other => other,
    }
}

/// Transfers carry large kana only: ショウ is written シヨウ.
fn large(c: char) -> char {
    match c {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        other => other,
    }
}

/// Kana that have a half-width form, and the long vowel after one.
fn is_kana(c: char) -> bool {
    matches!(c, 'ア'..='ヴ' | 'ー') && !matches!(c, 'ヰ' | 'ヱ')
}

fn is_allowed(c: char) -> bool {
    is_kana(c)
        || c.is_ascii_uppercase()
        || c.is_ascii_digit()
        || matches!(
            c,
            ' ' | '(' | ')' | '-' | '.' | ',' | '/' | '¥' | '「' | '」'
        )
}
