//! What people type: serials and codes.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use skts_otp::{
    Digits, HashAlgorithm, Otp, OtpParseError, SerialNumber, SerialParseError, SerialScheme,
    TimeStep, totp,
};

fn schemes() -> impl Strategy<Value = SerialScheme> {
    prop_oneof![
        Just(SerialScheme::skts()),
        Just(SerialScheme::Numeric9),
        "[A-Z0-9]{4}".prop_map(|prefix| SerialScheme::ClassA { prefix }),
    ]
}

/// Full width: U+FF01 to U+FF5E stand for the ASCII characters from `!` to `~`.
fn full_width(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}

proptest! {
    #[test]
    fn a_printed_serial_is_read_back(scheme in schemes(), seed in any::<u64>()) {
        let serial = SerialNumber::make(&scheme, &mut ChaCha20Rng::seed_from_u64(seed));
        let written = [
            serial.to_string(),
            serial.grouped(),
            serial.to_string().to_lowercase(),
            full_width(&serial.to_string()),
            full_width(&serial.grouped().to_lowercase()).replace(' ', "\u{3000}"),
            serial.grouped().replace(' ', "-"),
            format!("  {serial}\t"),
        ];
        for text in written {
            prop_assert_eq!(SerialNumber::parse(&text), Ok(serial.clone()), "{}", text);
        }
        let json = serde_json::to_string(&serial).unwrap();
        prop_assert_eq!(&json, &format!("\"{serial}\""));
        prop_assert_eq!(serde_json::from_str::<SerialNumber>(&json).unwrap(), serial);
    }

    #[test]
    fn serials_have_the_form_of_their_scheme(seed in any::<u64>()) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let ours = SerialNumber::make(&SerialScheme::skts(), &mut rng);
        let unique = ours.as_str().strip_prefix("SKTS").unwrap();
        prop_assert_eq!(unique.len(), 8);
        prop_assert!(unique.bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b)));
        let nine = SerialNumber::make(&SerialScheme::Numeric9, &mut rng);
        prop_assert_eq!(nine.as_str().len(), 9);
        prop_assert!(nine.as_str().bytes().all(|b| b.is_ascii_digit()));
        prop_assert!(!nine.as_str().starts_with('0'));
    }

    #[test]
    fn look_alikes_after_skts_are_read_as_the_digits_they_resemble(
        unique in "[0-9A-HJKMNP-TV-Z]{8}",
        places in prop::collection::vec(any::<bool>(), 8),
        letter in prop_oneof![Just('I'), Just('L'), Just('i'), Just('l')],
        oh in prop_oneof![Just('O'), Just('o')],
    ) {
        let confuse = |(c, swap): (char, &bool)| match (c, swap) {
            ('1', true) => letter,
            ('0', true) => oh,
            (other, _) => other,
        };
        let confused: String = unique.chars().zip(&places).map(confuse).collect();
        let serial = SerialNumber::parse(&format!("skts{confused}")).unwrap();
        prop_assert_eq!(serial.as_str(), format!("SKTS{unique}"));
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_stable(text in any::<String>()) {
        if let Ok(serial) = SerialNumber::parse(&text) {
            prop_assert_eq!(SerialNumber::parse(serial.as_str()), Ok(serial));
        }
        if let Ok(otp) = Otp::parse(&text, &[Digits::Six, Digits::Eight]) {
            prop_assert_eq!(otp.expose_digits().len(), otp.digits().count());
        }
    }

    #[test]
    fn a_printed_code_is_read_back(key in any::<[u8; 32]>(), index in any::<u64>(), eight in any::<bool>()) {
        let digits = if eight { Digits::Eight } else { Digits::Six };
        let otp = totp(&key, HashAlgorithm::Sha256, TimeStep::from_index(index), digits).unwrap();
        let plain = otp.expose_digits().to_owned();
        let (front, back) = plain.split_at(plain.len() / 2);
        let written = [
            plain.clone(),
            full_width(&plain),
            format!("{front} {back}"),
            format!("{front}\u{3000}{back}"),
            format!("{front}-{back} "),
        ];
        for text in written {
            let read = Otp::parse(&text, &[Digits::Six, Digits::Eight]).unwrap();
            prop_assert!(read == otp);
            prop_assert_eq!(read.digits(), digits);
        }
        let other = if eight { Digits::Six } else { Digits::Eight };
        prop_assert_eq!(Otp::parse(&plain, &[other]).err(), Some(OtpParseError::Length));
    }
}

#[test]
fn serials_are_folded_as_customers_type_them() {
    let typed = [
        ("SKTS00012345", "SKTS00012345"),
        ("skts 0001 2345", "SKTS00012345"),
        ("ＳＫＴＳ０００１２３４５", "SKTS00012345"),
        ("ｓｋｔｓ　０００１　２３４５", "SKTS00012345"),
        ("SKTS-OOOI-234S", "SKTS0001234S"),
        ("SKTSlioO1234", "SKTS11001234"),
        ("243 725 864", "243725864"),
        ("２４３７２５８６４", "243725864"),
        // Hardware tokens: as printed, look-alikes untouched.
        ("VSLO12345678", "VSLO12345678"),
        ("12345678", "12345678"),
    ];
    for (text, serial) in typed {
        assert_eq!(
            SerialNumber::parse(text).map(|s| s.to_string()),
            Ok(serial.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn refuses_what_is_no_serial_and_says_which_kind_of_wrong() {
    let wrong = [
        ("", SerialParseError::Empty),
        (" 　-", SerialParseError::Empty),
        ("SKTS1234567", SerialParseError::Length { found: 11 }),
        ("SKTS1234", SerialParseError::Length { found: 8 }),
        ("1234567", SerialParseError::Length { found: 7 }),
        ("SKTS123456789", SerialParseError::Length { found: 13 }),
        ("SKTSU0012345", SerialParseError::NotInAlphabet),
        ("SKTS0001234五", SerialParseError::NotAlphanumeric),
        ("24372586４!", SerialParseError::NotAlphanumeric),
        ("SKTS0001\u{0}345", SerialParseError::NotAlphanumeric),
        // A Cyrillic S looks like ours and is not.
        ("ЅKTS00012345", SerialParseError::NotAlphanumeric),
    ];
    for (text, error) in wrong {
        assert_eq!(SerialNumber::parse(text), Err(error), "{text}");
        assert!(serde_json::from_str::<SerialNumber>(&format!("{text:?}")).is_err());
    }
}

#[test]
fn serials_are_grouped_as_they_are_printed() {
    let groups = |text: &str| SerialNumber::parse(text).unwrap().grouped();
    assert_eq!(groups("SKTS12345678"), "SKTS 1234 5678");
    assert_eq!(groups("243725864"), "243 725 864");
    assert_eq!(groups("1234567890"), "1234 5678 90");
}

#[test]
fn refuses_what_is_no_code() {
    let both = [Digits::Six, Digits::Eight];
    for text in ["", "12345", "1234567", "123456789"] {
        assert_eq!(Otp::parse(text, &both).err(), Some(OtpParseError::Length));
    }
    // Digits of other scripts are not folded by NFKC, so they are none here.
    for text in ["12345a", "12345.", "+12345", "١٢٣٤٥٦", "12345\u{0}"] {
        let error = Otp::parse(text, &both).err();
        assert_eq!(error, Some(OtpParseError::NotDigits), "{text}");
    }
}
