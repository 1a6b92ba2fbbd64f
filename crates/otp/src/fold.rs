//! What people type, brought to the form we compare.

use unicode_normalization::UnicodeNormalization;

/// Folds typed text: NFKC (full-width digits and letters become ASCII), then spaces and dashes of
/// every kind are dropped.
///
/// # Shapes and units
/// - any text; the result may be empty and may still hold wrong characters.
pub fn fold(text: &str) -> String {
    // Room at once: a code or password that moves as the text grows would stay behind unwiped.
    let mut folded = String::with_capacity(text.len());
    folded.extend(text.nfkc().filter(|c| !c.is_whitespace() && !is_dash(*c)));
    folded
}

/// Whether people mean a dash by it.
pub(crate) fn is_dash(c: char) -> bool {
    // ASCII, the dashes block, the minus sign, and what a Japanese keyboard gives for a dash.
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | '─')
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn full_width_digits_spaces_and_dashes_are_folded() {
        assert_eq!(fold("１２３ ４５６"), "123456");
        assert_eq!(fold("　12-34ー56−78 "), "12345678");
    }

    #[test]
    fn other_characters_stay_to_be_refused() {
        assert_eq!(fold("12三4"), "12三4");
    }
}
