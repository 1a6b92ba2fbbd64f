//! Suites: the whole grammar, and everything near it.

use proptest::prelude::*;
use skts_otp::{ChallengeFormat, OcraSuite, OcraSuiteError, TimeStep, UnixTime};

/// Every suite that there is.
pub(crate) fn suites() -> impl Strategy<Value = String> {
    let hash = || prop_oneof![Just("SHA1"), Just("SHA256"), Just("SHA512")];
    let step = prop_oneof![
        (1..=59_u8).prop_map(|count| format!("-T{count}S")),
        (1..=59_u8).prop_map(|count| format!("-T{count}M")),
        (1..=48_u8).prop_map(|count| format!("-T{count}H")),
    ];
    let maybe = |input: BoxedStrategy<String>| prop_oneof![Just(String::new()), input];
    (
        (hash(), 4..=10_u8, prop_oneof![Just(""), Just("C-")]),
        (prop_oneof![Just('A'), Just('N'), Just('H')], 4..=64_u8),
        maybe(hash().prop_map(|hash| format!("-P{hash}")).boxed()),
        maybe(
            (1..=512_u16)
                .prop_map(|length| format!("-S{length:03}"))
                .boxed(),
        ),
        maybe(step.boxed()),
    )
        .prop_map(
            |((hash, digits, counter), (format, length), pin, session, step)| {
                format!(
                    "OCRA-1:HOTP-{hash}-{digits}:{counter}Q{format}{length:02}{pin}{session}{step}"
                )
            },
        )
}

proptest! {
    #[test]
    fn a_suite_is_printed_as_it_was_parsed(text in suites()) {
        let parsed: OcraSuite = text.parse().unwrap();
        prop_assert_eq!(parsed.to_string(), text.clone());
        let json = serde_json::to_string(&parsed).unwrap();
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<OcraSuite>(&json).unwrap(), parsed);
    }

    #[test]
    fn a_changed_suite_is_refused_or_prints_as_changed(
        text in suites(), place in any::<prop::sample::Index>(), with in any::<char>(),
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        let place = place.index(chars.len());
        chars[place] = with;
        let changed: String = chars.into_iter().collect();
        if let Ok(parsed) = changed.parse::<OcraSuite>() {
            prop_assert_eq!(parsed.to_string(), changed);
        }
    }
}

#[test]
fn the_minute_of_the_published_values_is_found() {
    let time = UnixTime::from_secs(1_206_446_790);
    let at = |text: &str| {
        text.parse::<OcraSuite>()
            .unwrap()
            .step_at(time)
            .map(TimeStep::index)
    };
    assert_eq!(at("OCRA-1:HOTP-SHA512-8:QN08-T1M"), Some(0x0132_d0b6));
    assert_eq!(
        at("OCRA-1:HOTP-SHA512-8:QN08-T59S"),
        Some(1_206_446_790 / 59)
    );
    assert_eq!(
        at("OCRA-1:HOTP-SHA512-8:QN08-T48H"),
        Some(1_206_446_790 / 172_800)
    );
    assert_eq!(at("OCRA-1:HOTP-SHA512-8:QN08"), None);
}

#[test]
fn the_signing_suite_is_what_its_text_says() {
    assert_eq!(
        OcraSuite::SIGNING.to_string(),
        "OCRA-1:HOTP-SHA256-8:QH64-T1M"
    );
    assert_eq!(
        "OCRA-1:HOTP-SHA256-8:QH64-T1M".parse(),
        Ok(OcraSuite::SIGNING)
    );
    assert_eq!(
        OcraSuite::SIGNING.challenge_format(),
        ChallengeFormat::Hexadecimal
    );
    assert_eq!(OcraSuite::SIGNING.challenge_length(), 64);
}

#[test]
fn refuses_what_is_no_suite_and_says_which_part() {
    use OcraSuiteError::*;
    let wrong = [
        ("", Form),
        ("OCRA-2:HOTP-SHA1-6:QN08", Form),
        ("ocra-1:HOTP-SHA1-6:QN08", Form),
        ("OCRA-1:HOTP-SHA1-6", Form),
        ("OCRA-1:HOTP-SHA1-6:QN08:", Form),
        (" OCRA-1:HOTP-SHA1-6:QN08", Form),
        ("OCRA-1:TOTP-SHA1-6:QN08", Function),
        ("OCRA-1:HOTP-MD5-6:QN08", Function),
        ("OCRA-1:HOTP-SHA1:QN08", Function),
        ("OCRA-1:HOTP-SHA1-3:QN08", Function),
        ("OCRA-1:HOTP-SHA1-11:QN08", Function),
        ("OCRA-1:HOTP-SHA1-06:QN08", Function),
        ("OCRA-1:HOTP-SHA1-+6:QN08", Function),
        ("OCRA-1:HOTP-SHA1-６:QN08", Function),
        ("OCRA-1:HOTP-SHA1-266:QN08", Function),
        ("OCRA-1:HOTP-SHA1-0:QN08", Untruncated),
        ("OCRA-1:HOTP-SHA1-6:", Challenge),
        ("OCRA-1:HOTP-SHA1-6:C", Challenge),
        ("OCRA-1:HOTP-SHA1-6:Q", Challenge),
        ("OCRA-1:HOTP-SHA1-6:QX08", Challenge),
        ("OCRA-1:HOTP-SHA1-6:QN03", Challenge),
        ("OCRA-1:HOTP-SHA1-6:QN65", Challenge),
        ("OCRA-1:HOTP-SHA1-4:QH8-S512", Challenge),
        ("OCRA-1:HOTP-SHA1-6:QN008", Challenge),
        ("OCRA-1:HOTP-SHA1-6:QN+8", Challenge),
        ("OCRA-1:HOTP-SHA1-6:PSHA1-QN08", Challenge),
        ("OCRA-1:HOTP-SHA1-6:QN08-P", PinHash),
        ("OCRA-1:HOTP-SHA1-6:QN08-PMD5", PinHash),
        ("OCRA-1:HOTP-SHA1-6:QN08-S", SessionInfo),
        ("OCRA-1:HOTP-SHA1-6:QN08-S64", SessionInfo),
        ("OCRA-1:HOTP-SHA1-6:QN08-S000", SessionInfo),
        ("OCRA-1:HOTP-SHA1-6:QN08-S513", SessionInfo),
        ("OCRA-1:HOTP-SHA1-6:QN08-T", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-T0H", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-T49H", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-T60S", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-T0M", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-T01M", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-T1D", Timestamp),
        ("OCRA-1:HOTP-SHA1-6:QN08-C", UnknownInput),
        ("OCRA-1:HOTP-SHA1-6:QN08-QN08", UnknownInput),
        ("OCRA-1:HOTP-SHA1-6:QN08-PSHA1-PSHA1", UnknownInput),
        ("OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1", UnknownInput),
        ("OCRA-1:HOTP-SHA1-6:QN08-", UnknownInput),
        ("OCRA-1:HOTP-SHA1-6:QN08\n", Challenge),
    ];
    for (text, error) in wrong {
        assert_eq!(text.parse::<OcraSuite>(), Err(error), "{text}");
    }
}
