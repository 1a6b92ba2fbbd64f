//! Payments: one spelling, nothing hidden in it, and a signature for exactly what is shown.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use skts_otp::{
    AcceptanceWindow, AccountKind, Challenge, NameError, OcraError, OcraInput, OcraSuite, Payment,
    PaymentError, PaymentField, PaymentText, TimeStep, TransactionSignature, keyed_hash, ocra,
    sign_payment, signing_data, verify_payment,
};

#[derive(Deserialize)]
struct Vectors {
    source: String,
    key: String,
    step: TimeStep,
    payments: Vec<Signed>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Signed {
    why: String,
    typed: PaymentText,
    signed: Vec<String>,
    canonical_bytes: String,
    challenge: String,
    signature: String,
    keypad_challenge: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    field: PaymentField,
    text: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/transaction.json")).unwrap()
}

fn typed() -> PaymentText {
    vectors().payments.swap_remove(0).typed
}

fn payment() -> Payment {
    Payment::parse(&typed()).unwrap()
}

fn with(field: PaymentField, text: &str) -> PaymentText {
    let mut payment = typed();
    *match field {
        PaymentField::PayeeBank => &mut payment.payee_bank,
        PaymentField::PayeeBranch => &mut payment.payee_branch,
        PaymentField::AccountKind => &mut payment.account_kind,
        PaymentField::AccountNumber => &mut payment.account_number,
        PaymentField::PayeeName => &mut payment.payee_name,
        PaymentField::AmountYen => &mut payment.amount_yen,
    } = text.to_owned();
    payment
}

fn named(name: &str) -> Result<String, PaymentError> {
    let payment = Payment::parse(&with(PaymentField::PayeeName, name))?;
    Ok(payment.fields()[4].1.to_string())
}

const KEY: [u8; 32] = [7; 32];
const STEP: TimeStep = TimeStep::from_index(29_000_000);

#[test]
fn every_payment_is_signed_as_the_vectors_say() {
    let vectors = vectors();
    assert!(vectors.source.contains("RFC 6287"));
    let key = hex::decode(&vectors.key).unwrap();
    for signed in &vectors.payments {
        let payment = Payment::parse(&signed.typed).unwrap();
        let shown = payment.fields().map(|(_, text)| text.into_owned());
        assert_eq!(shown.as_slice(), signed.signed, "{}", signed.why);
        assert_eq!(
            hex::encode(payment.canonical_bytes()),
            signed.canonical_bytes
        );
        assert_eq!(payment.challenge(), signed.challenge);
        assert_eq!(payment.keypad_challenge(), signed.keypad_challenge);
        let signature = sign_payment(&key, &payment, vectors.step).unwrap();
        assert_eq!(
            signature.expose_digits(),
            signed.signature,
            "{}",
            signed.why
        );
        // As hardware does it, that is given the message and gives the MAC.
        let message = signing_data(&payment, vectors.step).unwrap();
        assert_eq!(message.len(), 166);
        let mac = keyed_hash(&key, OcraSuite::SIGNING.hash(), &message).unwrap();
        let truncated = TransactionSignature::truncate(&mac, &OcraSuite::SIGNING);
        assert_eq!(truncated.expose_digits(), signed.signature);
        let read = TransactionSignature::parse(&signed.signature, &OcraSuite::SIGNING).unwrap();
        let window = AcceptanceWindow::SOFT;
        let found = verify_payment(&key, &payment, vectors.step, window, &read);
        assert_eq!(found, Ok(Some(vectors.step)));
    }
}

#[test]
fn every_wrong_text_is_refused_under_its_field_and_not_told() {
    let vectors = vectors();
    let fields: HashSet<_> = vectors
        .refused
        .iter()
        .map(|refused| refused.field)
        .collect();
    assert_eq!(fields.len(), 6);
    for Refused { field, text } in &vectors.refused {
        let error = Payment::parse(&with(*field, text)).err();
        assert_eq!(error.map(PaymentError::field), Some(*field), "{text:?}");
        let faults = Payment::faults(&with(*field, text));
        assert_eq!(faults, error.into_iter().collect::<Vec<_>>(), "{text:?}");
        let told = error.map(|error| format!("{error} {error:?}")).unwrap();
        assert!(
            text.chars().count() < 4 || !told.contains(text.as_str()),
            "{told}"
        );
    }
}

#[test]
fn the_first_wrong_field_is_named() {
    let nothing = PaymentText::default();
    assert_eq!(Payment::parse(&nothing), Err(PaymentError::PayeeBank));
    let no_amount = with(PaymentField::AmountYen, "");
    assert_eq!(Payment::parse(&no_amount), Err(PaymentError::AmountYen));
    assert_eq!(Payment::faults(&nothing).len(), 6);
    assert_eq!(Payment::faults(&typed()), []);
}

#[test]
fn a_name_says_what_is_wrong_with_it() {
    let wrong = |name: &str| match named(name) {
        Err(PaymentError::PayeeName(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(" 　"), NameError::Empty);
    assert_eq!(wrong(&"カ".repeat(49)), NameError::Length);
    assert_eq!(wrong(&" ".repeat(513)), NameError::Length);
    assert_eq!(wrong("力"), NameError::Character);
    // Half-width sound marks are characters of their own when typed, and none when signed.
    assert_eq!(named(&"ｶﾞ".repeat(48)), Ok("ガ".repeat(48)));
}

#[test]
fn look_alikes_of_one_name_are_that_name_or_no_name() {
    let name = "ニコーヘロ O-1";
    for typed in [
        "にこーへろ o－１",
        "ﾆｺｰﾍﾛ　Ｏ-1",
        "ニコ−ヘロ  o‐1",
        " ニコ-ヘロ O—1 ",
    ] {
        assert_eq!(named(typed).as_deref(), Ok(name), "{typed}");
    }
    // Kanji two, one and mouth; Cyrillic and Greek O; a dash that is no dash; seen by no one.
    let hidden = [
        "二コーヘロ O-1",
        "ニコ一ヘロ O-1",
        "ニコーヘ口 O-1",
        "ニコーヘロ О-1",
        "ニコーヘロ Ο-1",
        "ニコーヘロ O~1",
        "ニコーヘロ\u{200b} O-1",
        "ニコーヘロ \u{202e}O-1",
    ];
    for typed in hidden {
        assert!(named(typed).is_err(), "{typed:?}");
    }
}

#[test]
fn a_signature_is_good_for_no_other_payment() {
    let payment = payment();
    let signature = sign_payment(&KEY, &payment, STEP).unwrap();
    let verify = |payment: &Payment| {
        verify_payment(&KEY, payment, STEP, AcceptanceWindow::SOFT, &signature).unwrap()
    };
    assert_eq!(verify(&payment), Some(STEP));
    for (field, text) in [
        (PaymentField::PayeeBank, "9998"),
        (PaymentField::PayeeBranch, "002"),
        (PaymentField::AccountKind, "当座"),
        (PaymentField::AccountNumber, "1234568"),
        (PaymentField::PayeeName, "ミホン ジロウ"),
        (PaymentField::AmountYen, "500000"),
    ] {
        let other = Payment::parse(&with(field, text)).unwrap();
        assert_eq!(verify(&other), None, "{field:?}");
        // What differs is seen, in that field alone.
        let (before, after) = (payment.fields(), other.fields());
        let differs = before.iter().zip(&after).filter(|(a, b)| a != b);
        assert_eq!(differs.map(|(a, _)| a.0).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn the_end_of_a_name_is_not_the_beginning_of_an_amount() {
    let challenge = |name: &str, amount: &str| {
        let text = PaymentText {
            payee_name: name.to_owned(),
            amount_yen: amount.to_owned(),
            ..typed()
        };
        Payment::parse(&text).unwrap().challenge()
    };
    assert_ne!(challenge("ミホン1", "5000"), challenge("ミホン", "15000"));
}

#[test]
fn a_signature_is_a_plain_response_to_the_challenge() {
    let challenge = payment().challenge();
    let input = OcraInput {
        timestamp: Some(STEP),
        ..OcraInput::new(Challenge::One(&challenge))
    };
    let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QH64-T1M".parse().unwrap();
    let response = ocra(&KEY, &suite, &input).unwrap();
    assert!(sign_payment(&KEY, &payment(), STEP).unwrap() == response);
    let short = sign_payment(&KEY[..15], &payment(), STEP);
    assert!(matches!(short, Err(OcraError::Key(_))));
}

#[test]
fn json_is_read_as_strictly_as_typed_text() {
    let mut json = serde_json::to_value(payment()).unwrap();
    assert_eq!(
        serde_json::from_value::<Payment>(json.clone()).unwrap(),
        payment()
    );
    assert_eq!(json["amount_yen"], json!("50000"));
    let changed = |field: &str, value: Value| {
        let mut json = json.clone();
        json[field] = value;
        serde_json::from_value::<Payment>(json)
    };
    assert!(changed("amount_yen", json!(50_000)).is_err());
    assert!(changed("amount_yen", json!("050000")).is_err());
    assert!(changed("memo", json!("x")).is_err());
    let hidden = changed("payee_name", json!("\u{202e}planted-name")).unwrap_err();
    assert!(!hidden.to_string().contains("planted"));
    json.as_object_mut().unwrap().remove("payee_name");
    assert!(serde_json::from_value::<Payment>(json).is_err());
    assert_eq!(
        format!("{:?} {:?}", payment(), typed()),
        "Payment(redacted) PaymentText(redacted)"
    );
    assert_eq!(payment().account_kind(), AccountKind::Ordinary);
}

#[test]
fn the_document_has_the_label_the_suite_and_the_first_vector() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("../../docs/protocol.md")).unwrap();
    let section = document
        .split("\n## ")
        .find(|section| section.starts_with("Transaction sign"));
    let section = section.unwrap().replace('\n', " ");
    let vectors = vectors();
    let first = &vectors.payments[0];
    let mut words = first.signed.clone();
    words.extend([
        first.canonical_bytes.clone(),
        first.challenge.clone(),
        first.signature.clone(),
        first.keypad_challenge.clone().unwrap(),
        vectors.step.index().to_string(),
        OcraSuite::SIGNING.to_string(),
        "skts/sign/v1".to_owned(),
    ]);
    for word in words {
        assert!(section.contains(&format!("`{word}`")), "{word}");
    }
    // The rows of the byte table are the signed fields, in their order.
    let named = |(field, _)| {
        format!(
            "`{}`",
            serde_json::to_value(field).unwrap().as_str().unwrap()
        )
    };
    let places = payment()
        .fields()
        .map(named)
        .map(|name| section.find(&name).unwrap());
    assert!(places.is_sorted());
}

fn payments() -> impl Strategy<Value = PaymentText> {
    (
        "[0-9]{4}",
        "[0-9]{3}",
        prop_oneof![Just("普通"), Just("当座"), Just("貯蓄")],
        "[0-9]{7}",
        "[ア-ヴぁ-ゔｦ-ﾝA-Za-z0-9()./ー -]{1,40}",
        1..=9_999_999_999_999_u64,
    )
        .prop_map(|(bank, branch, kind, number, name, amount)| PaymentText {
            payee_bank: bank,
            payee_branch: branch,
            account_kind: kind.to_owned(),
            account_number: number,
            payee_name: name,
            amount_yen: amount.to_string(),
        })
}

proptest! {
    #[test]
    fn a_payment_is_read_again_as_it_was_written(text in payments()) {
        let Ok(payment) = Payment::parse(&text) else { return Ok(()) };
        let again = PaymentText::from(payment.clone());
        prop_assert_eq!(Payment::parse(&again), Ok(payment.clone()));
        let json = serde_json::to_string(&payment).unwrap();
        prop_assert_eq!(serde_json::from_str::<Payment>(&json).unwrap(), payment);
    }

    #[test]
    fn any_text_is_read_or_refused_and_nothing_unseen_is_read(text in any::<String>()) {
        for field in payment().fields().map(|(field, _)| field) {
            let Ok(payment) = Payment::parse(&with(field, &text)) else { continue };
            for (_, text) in payment.fields() {
                prop_assert!(text.chars().all(|c| c.is_alphanumeric() || " ()-.,/¥「」ー".contains(c)));
                prop_assert_eq!(text.trim(), &*text);
            }
        }
    }

    #[test]
    fn two_payments_have_the_same_bytes_if_and_only_if_they_show_the_same(
        one in payments(), two in payments(), same in any::<[bool; 6]>(),
    ) {
        let (Ok(one), Ok(two)) = (Payment::parse(&one), Payment::parse(&two)) else { return Ok(()) };
        let mut mixed = serde_json::to_value(&two).unwrap();
        for ((field, text), same) in one.fields().iter().zip(same) {
            if same {
                let name = serde_json::to_value(field).unwrap();
                mixed[name.as_str().unwrap()] = json!(text);
            }
        }
        let mixed: Payment = serde_json::from_value(mixed).unwrap();
        let equal = one.fields() == mixed.fields();
        prop_assert_eq!(one.canonical_bytes() == mixed.canonical_bytes(), equal);
        prop_assert_eq!(one.challenge() == mixed.challenge(), equal);
    }

    #[test]
    fn a_signature_is_accepted_if_and_only_if_its_minute_is_in_the_window(
        key in any::<[u8; 32]>(),
        base in 0..u64::MAX / 2,
        distance in -4_i64..=4,
        behind in 0_u8..=2,
        ahead in 0_u8..=2,
    ) {
        let base = TimeStep::from_index(base);
        let Some(at) = base.offset(distance) else { return Ok(()) };
        let signature = sign_payment(&key, &payment(), at).unwrap();
        let window = AcceptanceWindow { behind, ahead };
        let found = verify_payment(&key, &payment(), base, window, &signature).unwrap();
        let inside = (-i64::from(behind)..=i64::from(ahead)).contains(&distance);
        // Eight digits agree by chance once in 10^8: not in these cases.
        prop_assert_eq!(found, inside.then_some(at));
    }

    #[test]
    fn an_amount_grows_by_less_than_a_hundredth_under_one_keypad_challenge(
        amount in prop_oneof![1_u64..2_000, 1_u64..=999_999_999], more in 1_u64..=100_000_000,
    ) {
        let keypad = |amount: u64| {
            let text = with(PaymentField::AmountYen, &amount.to_string());
            Payment::parse(&text).unwrap().keypad_challenge()
        };
        let shown = keypad(amount);
        prop_assert_eq!(shown.as_ref().map(String::len), Some(8));
        for more in [more, amount / 100 + 1, amount * 9, amount * 99] {
            let grown = amount + more;
            prop_assert!(keypad(grown) != shown || more * 100 < amount);
        }
    }
}
