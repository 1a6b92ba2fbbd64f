//! Vouchers as they are printed and typed.

use rand_core::CryptoRngCore;
use skts_sealed::LabelledHash;

/// Crockford's base 32: no letter looks like a digit.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 80 random bits: nobody finds one, even with the hashes.
const LENGTH: usize = 16;

/// So many random letters, 5 bits each.
pub(crate) fn letters(rng: &mut impl CryptoRngCore, count: usize) -> String {
    let mut bytes = vec![0; count];
    rng.fill_bytes(&mut bytes);
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
    bytes
        .into_iter()
        .map(|byte| char::from(letter(byte)))
        .collect()
}

/// A voucher's letters.
pub(crate) struct Voucher(String);

impl Voucher {
    pub(crate) fn make(rng: &mut impl CryptoRngCore) -> Self {
        Self(letters(rng, LENGTH))
    }

    /// Reads one as typed: width, case, spaces, hyphens and look-alikes do not matter.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let folded: String = text
            .chars()
            .map(half_width)
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            })
            .collect();
        let known = |c: char| u8::try_from(c).is_ok_and(|c| LETTERS.contains(&c));
        (folded.len() == LENGTH && folded.chars().all(known)).then_some(Self(folded))
    }

    /// What is stored of it.
    pub(crate) fn hash(&self, institution_id: &str) -> [u8; 32] {
        LabelledHash::new("skts/voucher/v1")
            .field(institution_id.as_bytes())
            .field(self.0.as_bytes())
            .sha256()
    }

    /// In four groups of four, to be read out or printed. Shown once.
    pub(crate) fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..LENGTH)
            .step_by(4)
            .filter_map(|from| self.0.get(from..from + 4))
            .collect();
        groups.join("-")
    }
}

impl std::fmt::Debug for Voucher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Voucher(…)")
    }
}

/// Full-width letters, digits, hyphens and spaces as their half-width twins.
fn half_width(c: char) -> char {
    const SHIFT: u32 = 0xFEE0;
    match c {
        '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FF0D}' => '-',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - SHIFT).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn what_is_printed_reads_back_however_it_is_typed() {
        let voucher = Voucher::make(&mut ChaCha20Rng::seed_from_u64(1));
        let printed = voucher.grouped();
        assert_eq!(printed.len(), 19);
        let wide: String = printed
            .to_lowercase()
            .chars()
            .map(|c| match c {
                '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
                other => other,
            })
            .collect();
        for typed in [
            printed.clone(),
            printed.replace('-', " "),
            printed.replace('0', "o").replace('1', "l"),
            wide,
        ] {
            let read = Voucher::parse(&typed).expect(&typed);
            assert_eq!(read.hash("mihon"), voucher.hash("mihon"), "{typed}");
        }
        assert_ne!(voucher.hash("mihon"), voucher.hash("other"));
    }

    #[test]
    fn other_shapes_are_no_vouchers() {
        let typed = [
            "",
            "123",
            "0123456789ABCDEU",
            "0123456789ABCDEFG",
            "😀😀😀😀",
        ];
        for typed in typed {
            assert!(Voucher::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_voucher_does_not_print_itself() {
        let voucher = Voucher::make(&mut ChaCha20Rng::seed_from_u64(2));
        assert!(!format!("{voucher:?}").contains(&voucher.0));
    }
}
