//! Challenge-response: the published values, our own, and the laws of suites and verification.

use proptest::prelude::*;
use serde::Deserialize;
use skts_otp::{
    AcceptanceWindow, Challenge, HashAlgorithm, KeyLengthError, OcraError, OcraInput, OcraMatch,
    OcraSuite, OcraWindow, OtpParseError, Response, TimeStep, ocra, verify_response,
};

use crate::suite::suites;

#[derive(Deserialize)]
struct Rfc6287 {
    source: String,
    keys: std::collections::BTreeMap<String, String>,
    tables: Vec<Table>,
}

#[derive(Deserialize)]
struct Table {
    section: String,
    suite: OcraSuite,
    key: String,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Value {
    question: Option<String>,
    other: Option<String>,
    own: Option<String>,
    counter: Option<u64>,
    pin_hash: Option<String>,
    session_info: Option<String>,
    timestamp: Option<TimeStep>,
    response: String,
}

#[derive(Deserialize)]
struct Ours {
    source: String,
    key: String,
    values: Vec<OurValue>,
}

#[derive(Deserialize)]
struct OurValue {
    why: String,
    suite: OcraSuite,
    data_input: String,
    #[serde(flatten)]
    value: Value,
}

impl Value {
    fn with_input<T>(&self, take: impl FnOnce(&OcraInput<'_>) -> T) -> T {
        let pin_hash = self
            .pin_hash
            .as_ref()
            .map(|hash| hex::decode(hash).unwrap());
        let challenge = match (&self.question, &self.other, &self.own) {
            (Some(question), None, None) => Challenge::One(question),
            (None, Some(other), Some(own)) => Challenge::Pair { other, own },
            _ => panic!("one question or two"),
        };
        take(&OcraInput {
            challenge,
            counter: self.counter,
            pin_hash: pin_hash.as_deref(),
            session_info: self.session_info.as_ref().map(String::as_bytes),
            timestamp: self.timestamp,
        })
    }
}

fn rfc6287() -> Rfc6287 {
    serde_json::from_str(include_str!("../vectors/rfc6287.json")).unwrap()
}

fn ours() -> Ours {
    serde_json::from_str(include_str!("../vectors/ocra.json")).unwrap()
}

fn suite(text: &str) -> OcraSuite {
    text.parse().unwrap()
}

const KEY: [u8; 32] = [7; 32];

#[test]
fn every_response_of_rfc_6287_comes_out_and_verifies() {
    let vectors = rfc6287();
    assert!(vectors.source.starts_with("RFC 6287"));
    let count = |section: &str| -> usize {
        let tables = vectors
            .tables
            .iter()
            .filter(|table| table.section == section);
        tables.map(|table| table.values.len()).sum()
    };
    assert_eq!((count("C.1"), count("C.2"), count("C.3")), (40, 20, 10));
    for table in &vectors.tables {
        let key = hex::decode(&vectors.keys[&table.key]).unwrap();
        for value in &table.values {
            let expected = Response::parse(&value.response, &table.suite).unwrap();
            value.with_input(|input| {
                let response = ocra(&key, &table.suite, input).unwrap();
                assert_eq!(response.expose_digits(), value.response, "{}", table.suite);
                let found =
                    verify_response(&key, &table.suite, input, OcraWindow::EXACT, &expected);
                let matched = OcraMatch {
                    counter: input.counter,
                    timestamp: input.timestamp,
                };
                assert_eq!(found, Ok(Some(matched)));
            });
        }
    }
}

#[test]
fn every_response_and_every_hashed_byte_of_our_own_values_comes_out() {
    let vectors = ours();
    assert!(vectors.source.contains("RFC 6287"));
    let key = hex::decode(&vectors.key).unwrap();
    for OurValue {
        why,
        suite,
        data_input,
        value,
    } in &vectors.values
    {
        value.with_input(|input| {
            assert_eq!(
                &hex::encode(suite.data_input(input).unwrap().as_slice()),
                data_input,
                "{why}"
            );
            assert_eq!(
                ocra(&key, suite, input).unwrap().expose_digits(),
                value.response,
                "{why}"
            );
        });
    }
    assert!(vectors.values.len() >= 12);
}

/// An input with all that `suite` asks for.
fn filling<'a>(
    suite: &OcraSuite,
    question: &'a str,
    filler: &'a [u8],
    counter: u64,
    step: u64,
) -> OcraInput<'a> {
    OcraInput {
        challenge: Challenge::One(question),
        counter: suite.has_counter().then_some(counter),
        pin_hash: suite.pin_hash().map(|hash| &filler[..hash.mac_bytes()]),
        session_info: suite.session_info_bytes().map(|length| &filler[..length]),
        timestamp: suite.has_timestamp().then_some(TimeStep::from_index(step)),
    }
}

proptest! {
    #[test]
    fn every_suite_computes_its_digits_and_hashes_each_input(text in suites()) {
        let suite: OcraSuite = text.parse().unwrap();
        let filler = [9_u8; 512];
        let input = filling(&suite, "1234", &filler, 3, 5);
        let response = ocra(&KEY, &suite, &input).unwrap();
        prop_assert_eq!(response.expose_digits().len(), usize::from(suite.digits()));
        let length = suite.data_input(&input).unwrap().len();
        let asked = text.len() + 1 + 128
            + if suite.has_counter() { 8 } else { 0 }
            + suite.pin_hash().map_or(0, HashAlgorithm::mac_bytes)
            + suite.session_info_bytes().unwrap_or(0)
            + if suite.has_timestamp() { 8 } else { 0 };
        prop_assert_eq!(length, asked);
    }

    #[test]
    fn an_input_is_given_if_and_only_if_the_suite_has_it(text in suites()) {
        let suite: OcraSuite = text.parse().unwrap();
        let filler = [9_u8; 513];
        let good = filling(&suite, "1234", &filler, 3, 5);
        let none = |asked: bool, other: &[u8]| if asked { None } else { Some(other.to_vec()) };
        let pin_hash = none(suite.pin_hash().is_some(), &[1; 20]);
        let session_info = none(suite.session_info_bytes().is_some(), b"session");
        let wrong = [
            (OcraInput { counter: good.counter.xor(Some(0)), ..good }, OcraError::Counter),
            (OcraInput { pin_hash: pin_hash.as_deref(), ..good }, OcraError::PinHash),
            (OcraInput { session_info: session_info.as_deref(), ..good }, OcraError::SessionInfo),
            (
                OcraInput { timestamp: good.timestamp.xor(Some(TimeStep::from_index(0))), ..good },
                OcraError::Timestamp,
            ),
        ];
        for (input, error) in wrong {
            prop_assert_eq!(ocra(&KEY, &suite, &input), Err(error));
        }
        if let Some(hash) = suite.pin_hash() {
            for length in [0, hash.mac_bytes() - 1, hash.mac_bytes() + 1] {
                let input = OcraInput { pin_hash: Some(&filler[..length]), ..good };
                prop_assert_eq!(ocra(&KEY, &suite, &input), Err(OcraError::PinHash));
            }
        }
        if let Some(length) = suite.session_info_bytes() {
            let input = OcraInput { session_info: Some(&filler[..=length]), ..good };
            prop_assert_eq!(ocra(&KEY, &suite, &input), Err(OcraError::SessionInfo));
        }
    }

    #[test]
    fn a_response_is_accepted_if_and_only_if_counter_and_step_are_in_the_window(
        key in prop::collection::vec(any::<u8>(), 16..=64),
        text in suites(),
        base in (0..u64::MAX, 0..u64::MAX),
        off in (-2_i64..=5, -4_i64..=4),
        look_ahead in 0_u8..=3,
        time in (0_u8..=2, 0_u8..=2),
    ) {
        let suite: OcraSuite = text.parse().unwrap();
        let filler = [9_u8; 512];
        let (Some(counter), Some(step)) = (base.0.checked_add_signed(off.0), base.1.checked_add_signed(off.1))
        else { return Ok(()) };
        let shown = ocra(&key, &suite, &filling(&suite, "0042", &filler, counter, step)).unwrap();
        let window = OcraWindow {
            look_ahead,
            time: AcceptanceWindow { behind: time.0, ahead: time.1 },
        };
        let expected = filling(&suite, "0042", &filler, base.0, base.1);
        let found = verify_response(&key, &suite, &expected, window, &shown).unwrap();
        // The candidates one by one and without haste, the latest last.
        let counters: Vec<u64> = if suite.has_counter() {
            (0..=u64::from(look_ahead)).filter_map(|d| base.0.checked_add(d)).collect()
        } else { vec![0] };
        let steps: Vec<u64> = if suite.has_timestamp() {
            (-i64::from(time.0)..=i64::from(time.1)).filter_map(|d| base.1.checked_add_signed(d)).collect()
        } else { vec![0] };
        let mut last = None;
        for step in &steps {
            for counter in &counters {
                let input = filling(&suite, "0042", &filler, *counter, *step);
                if ocra(&key, &suite, &input).unwrap() == shown {
                    last = Some(OcraMatch { counter: input.counter, timestamp: input.timestamp });
                }
            }
        }
        prop_assert_eq!(found, last);
        let inside = (!suite.has_counter() || counters.contains(&counter))
            && (!suite.has_timestamp() || steps.contains(&step));
        prop_assert!(!inside || found.is_some());
    }

    #[test]
    fn any_question_is_encoded_or_refused(
        text in suites(), one in any::<String>(), two in "[0-9A-Za-z]{0,70}",
    ) {
        let suite: OcraSuite = text.parse().unwrap();
        let filler = [9_u8; 512];
        for challenge in [
            Challenge::One(&one),
            Challenge::One(&two),
            Challenge::Pair { other: &one, own: &two },
            Challenge::Pair { other: &two, own: &two },
        ] {
            let input = OcraInput { challenge, ..filling(&suite, "", &filler, 0, 0) };
            let _ = ocra(&KEY, &suite, &input).map_err(|error| assert!(
                matches!(error, OcraError::ChallengeLength | OcraError::ChallengeFormat)
            ));
        }
    }
}

#[test]
fn refuses_questions_that_do_not_fit() {
    let refused =
        |text: &str, challenge| ocra(&KEY, &suite(text), &OcraInput::new(challenge)).unwrap_err();
    let numeric = "OCRA-1:HOTP-SHA1-6:QN08";
    for question in ["", "123456789"] {
        assert_eq!(
            refused(numeric, Challenge::One(question)),
            OcraError::ChallengeLength
        );
        for challenge in [
            Challenge::Pair {
                other: question,
                own: "1",
            },
            Challenge::Pair {
                other: "1",
                own: question,
            },
        ] {
            assert_eq!(refused(numeric, challenge), OcraError::ChallengeLength);
        }
    }
    for (text, question) in [
        (numeric, "1234567a"),
        (numeric, "+1"),
        (numeric, "１２"),
        ("OCRA-1:HOTP-SHA1-6:QH08", "xyz"),
        ("OCRA-1:HOTP-SHA1-6:QA08", "a b"),
        ("OCRA-1:HOTP-SHA1-6:QA08", "a\0"),
        ("OCRA-1:HOTP-SHA1-6:QA08", "é"),
    ] {
        assert_eq!(
            refused(text, Challenge::One(question)),
            OcraError::ChallengeFormat
        );
    }
}

#[test]
fn whose_question_comes_first_matters() {
    let suite = suite("OCRA-1:HOTP-SHA256-8:QA08");
    let respond = |challenge| ocra(&KEY, &suite, &OcraInput::new(challenge)).unwrap();
    let server = respond(Challenge::Pair {
        other: "CLI22220",
        own: "SRV11110",
    });
    let client = respond(Challenge::Pair {
        other: "SRV11110",
        own: "CLI22220",
    });
    // Otherwise the server's response could be sent back to it as the client's.
    assert!(server != client);
}

#[test]
fn a_key_outside_16_to_64_bytes_is_refused() {
    let suite = suite("OCRA-1:HOTP-SHA1-6:QN08");
    let input = OcraInput::new(Challenge::One("12345678"));
    for length in [0, 15, 65, 200] {
        let refused = KeyLengthError {
            found_bytes: length,
        };
        let error = ocra(&vec![1; length], &suite, &input).unwrap_err();
        assert_eq!(error, OcraError::Key(refused));
    }
}

#[test]
fn of_two_counters_with_the_same_response_the_latest_is_told() {
    // A search that ends at the first match, and so tells by its time where that is, fails here.
    let suite = suite("OCRA-1:HOTP-SHA1-4:C-QN08");
    let at = |counter| OcraInput {
        counter: Some(counter),
        ..OcraInput::new(Challenge::One("1"))
    };
    let respond = |counter| ocra(&KEY, &suite, &at(counter)).unwrap();
    let (earlier, later) = (0_u64..)
        .find_map(|later| {
            let same = |earlier: &u64| respond(*earlier) == respond(later);
            Some(((later.saturating_sub(50)..later).find(same)?, later))
        })
        .unwrap();
    let window = OcraWindow {
        look_ahead: 50,
        ..OcraWindow::EXACT
    };
    let found = verify_response(&KEY, &suite, &at(earlier), window, &respond(earlier)).unwrap();
    assert_eq!(found.and_then(|found| found.counter), Some(later));
}

#[test]
fn nothing_is_accepted_beyond_the_last_counter() {
    let suite = suite("OCRA-1:HOTP-SHA1-6:C-QN08");
    let at = |counter| OcraInput {
        counter: Some(counter),
        ..OcraInput::new(Challenge::One("1"))
    };
    let window = OcraWindow {
        look_ahead: 5,
        ..OcraWindow::EXACT
    };
    let found = |shown, expected| {
        let response = ocra(&KEY, &suite, &at(shown)).unwrap();
        let found = verify_response(&KEY, &suite, &at(expected), window, &response);
        found.unwrap().and_then(|found| found.counter)
    };
    assert_eq!(found(u64::MAX, u64::MAX - 2), Some(u64::MAX));
    assert_eq!(found(u64::MAX, u64::MAX), Some(u64::MAX));
    assert_eq!(found(0, u64::MAX - 2), None);
}

#[test]
fn typed_responses_are_folded_and_refused_like_codes() {
    let eight = OcraSuite::SIGNING;
    for text in ["12345678", "１２３４ ５６７８", "1234-5678 "] {
        assert_eq!(
            Response::parse(text, &eight).unwrap().expose_digits(),
            "12345678"
        );
    }
    for text in ["", "1234567", "123456789"] {
        assert_eq!(
            Response::parse(text, &eight).err(),
            Some(OtpParseError::Length)
        );
    }
    for text in ["1234567a", "١٢٣٤٥٦٧٨", "+1234567"] {
        assert_eq!(
            Response::parse(text, &eight).err(),
            Some(OtpParseError::NotDigits)
        );
    }
    // Padding is not part of a response: four digits are not the same four and zeros.
    let four = suite("OCRA-1:HOTP-SHA1-4:QN08");
    let short = Response::parse("1234", &four).unwrap();
    assert!(short != Response::parse("12340000", &eight).unwrap());
}
