//! Nothing secret is printed: every type and every error is built around a known input, printed in
//! each way, and searched.

use std::fmt::{Debug, Display};

use skts_otp::{
    AcceptanceWindow, AssuranceLevel, Challenge, Digits, HashAlgorithm, Mac, OcraInput, OcraSuite,
    OcraWindow, Otp, Period, Response, SerialNumber, SerialScheme, TimeStep, TokenPolicy, mac,
    ocra, totp, verify, verify_response,
};

const KEY: &[u8] = b"planted-key-under-the-code";

fn printed(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

fn told<E: Debug + Display>(error: E) -> String {
    format!("{error} {}", printed(&error))
}

/// Whether `text` holds `secret`: as it is, in other case, in hexadecimal or as a list of bytes.
fn leaks(text: &str, secret: &[u8]) -> bool {
    let list = format!("{secret:?}");
    let list = list.trim_matches(['[', ']']);
    let upper: String = secret.iter().map(|byte| format!("{byte:02X}")).collect();
    let spread: String = text.split_whitespace().collect();
    let clear = String::from_utf8_lossy(secret).to_lowercase();
    text.to_lowercase().contains(&clear)
        || spread.to_uppercase().contains(&upper)
        || spread.contains(&list.replace(' ', ""))
}

#[test]
fn the_search_finds_a_planted_leak_in_each_form() {
    #[derive(Debug)]
    struct Careless {
        #[expect(dead_code, reason = "read by Debug")]
        key: Vec<u8>,
    }
    let careless = Careless { key: KEY.to_vec() };
    assert!(leaks(&printed(&careless), KEY));
    assert!(leaks("error: PLANTED-KEY-UNDER-THE-CODE is no key", KEY));
    assert!(leaks(&hex::encode(KEY), KEY));
    assert!(!leaks("error: no key", KEY));
    assert!(leaks("the code 755224 was refused", b"755224"));
}

#[test]
fn neither_macs_nor_codes_nor_their_errors_print_what_they_hold() {
    let step = TimeStep::from_index(1);
    for hash in [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha512,
    ] {
        let made = mac(KEY, hash, step).unwrap();
        for part in made.as_bytes().chunks(4) {
            assert!(!leaks(&printed(&made), part));
        }
        let otp = totp(KEY, hash, step, Digits::Eight).unwrap();
        assert!(!leaks(&printed(&otp), otp.expose_digits().as_bytes()));
        // What a caller prints is most often the whole result.
        let found = verify(KEY, hash, step, AcceptanceWindow::SOFT, &otp);
        assert!(!leaks(&printed(&found), otp.expose_digits().as_bytes()));
        assert!(!leaks(&printed(&found), KEY));
    }
    let wrong = Mac::from_bytes(KEY).unwrap_err();
    assert!(!leaks(&told(wrong), KEY));
    let short = mac(&KEY[..15], HashAlgorithm::Sha1, step).unwrap_err();
    assert!(!leaks(&told(short), &KEY[..15]));
    let long = [KEY, KEY, KEY].concat();
    let long = totp(&long, HashAlgorithm::Sha1, step, Digits::Six).unwrap_err();
    assert!(!leaks(&told(long), KEY));
}

#[test]
fn neither_responses_nor_their_errors_print_what_they_hold() {
    let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QA32-PSHA1".parse().unwrap();
    let pin_hash = *b"planted-hash-of-pin!";
    let question = "plantedquestion";
    let input = |pin_hash| OcraInput {
        pin_hash: Some(pin_hash),
        ..OcraInput::new(Challenge::One(question))
    };
    let good = input(&pin_hash);
    let response = ocra(KEY, &suite, &good).unwrap();
    let digits = response.expose_digits().as_bytes();
    assert!(!leaks(&printed(&response), digits));
    let found = verify_response(KEY, &suite, &good, OcraWindow::EXACT, &response);
    let text = printed(&found);
    assert!(found.unwrap().is_some());
    assert!(!leaks(&text, digits) && !leaks(&text, KEY) && !leaks(&text, &pin_hash));
    let refused = [
        told(ocra(&KEY[..15], &suite, &good).unwrap_err()),
        told(ocra(KEY, &suite, &input(&pin_hash[..19])).unwrap_err()),
        told(ocra(KEY, &OcraSuite::SIGNING, &good).unwrap_err()),
        told(ocra(KEY, &suite, &OcraInput::new(Challenge::One(question))).unwrap_err()),
        told(Response::parse("plantedquestion", &suite).unwrap_err()),
        told("plantedquestion".parse::<OcraSuite>().unwrap_err()),
    ];
    for text in refused {
        for secret in [&KEY[..15], &pin_hash[..19], question.as_bytes()] {
            assert!(!leaks(&text, secret), "{text}");
        }
    }
}

#[test]
fn no_error_tells_the_text_it_refused() {
    for text in ["7552246", "75522a", "98765432"] {
        let refused = Otp::parse(text, &[Digits::Six]).unwrap_err();
        assert!(!leaks(&told(refused), text.as_bytes()));
    }
    for text in ["", "SKTS9988776", "SKTSU9988776", "SKTS998877ろ", "9988776"] {
        let refused = told(SerialNumber::parse(text).unwrap_err());
        assert!(!leaks(&refused, b"998877"), "{refused}");
        let json = serde_json::to_string(text).unwrap();
        let refused = told(serde_json::from_str::<SerialNumber>(&json).unwrap_err());
        assert!(!leaks(&refused, b"998877"), "{refused}");
    }
}

#[test]
fn errors_about_public_numbers_say_which_and_no_more() {
    let policy = |policy: TokenPolicy| told(policy.validate().unwrap_err());
    let good = TokenPolicy::self_provisioned;
    let refused = [
        policy(TokenPolicy {
            lock_after: 0,
            ..good()
        }),
        policy(TokenPolicy {
            validity_days: 0,
            ..good()
        }),
        policy(TokenPolicy {
            period: Period::from_secs(1).unwrap(),
            ..good()
        }),
        policy(TokenPolicy {
            window: AcceptanceWindow {
                behind: 9,
                ahead: 9,
            },
            ..good()
        }),
        policy(TokenPolicy {
            serial: SerialScheme::ClassA {
                prefix: "planted-prefix".to_owned(),
            },
            ..good()
        }),
    ];
    for text in refused {
        assert!(!leaks(&text, b"planted-prefix"), "{text}");
        assert!(!text.trim().is_empty());
    }
    assert!(told(Period::from_secs(0).unwrap_err()).contains("not 0"));
    assert!(told(Digits::try_from(7).unwrap_err()).contains("not 7"));
    assert!(told(AssuranceLevel::try_from(9).unwrap_err()).contains("level 9"));
}
