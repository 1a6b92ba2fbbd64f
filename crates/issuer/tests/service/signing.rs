//! Transaction signatures: what is shown is what is signed, each challenge good once, each signature
//! taken once.

use serde_json::{Value, json};
use skts_otp::{
    Challenge, OcraInput, OcraSuite, Payment, PaymentText, UnixTime, ocra, sign_payment,
};
use skts_provisioning::wire::paths;
use skts_pskc::{Protection, parse_pskc};

use crate::world::{Device, RENGO, SHINKIN, Token, World, new_id};

pub(crate) fn payment(amount: &str) -> PaymentText {
    PaymentText {
        payee_bank: "9999".to_owned(),
        payee_branch: "００１".to_owned(),
        account_kind: "普通".to_owned(),
        account_number: "1234567".to_owned(),
        payee_name: "ﾐﾎﾝ ﾀﾛｳ".to_owned(),
        amount_yen: amount.to_owned(),
    }
}

pub(crate) async fn begin(world: &World, payment: &PaymentText) -> Value {
    let id = new_id();
    let body = json!({"request_id": id, "subscriber_ref": "taro", "payment": payment});
    let answer = world.bank(SHINKIN, paths::RP_SIGNATURE_BEGIN, &body).await;
    let mut answer = answer.json();
    answer["id"] = id.into();
    answer
}

pub(crate) async fn verify(world: &World, challenge: &Value, signature: &str) -> String {
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "challenge": challenge["id"],
        "signature": signature,
    });
    world
        .bank(SHINKIN, paths::RP_SIGNATURE_VERIFY, &body)
        .await
        .verdict()
}

/// As the app does it, from what the bank shows.
pub(crate) fn sign(token: &Token, shown: &Value, now: u64) -> String {
    let text: PaymentText = serde_json::from_value(shown["payment"].clone()).unwrap();
    let payment = Payment::parse(&text).unwrap();
    let step = OcraSuite::SIGNING
        .step_at(UnixTime::from_secs(now))
        .unwrap();
    let signature = sign_payment(&token.signing_key, &payment, step).unwrap();
    signature.expose_digits().to_owned()
}

#[tokio::test]
async fn a_payment_is_signed_once_and_only_as_it_was_shown() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let shown = begin(&world, &payment("50000")).await;
    assert_eq!(shown["payment"]["payee_name"], "ミホン タロウ");
    assert_eq!(shown["payment"]["payee_branch"], "001");
    // A signature over another amount, or another account.
    let other = begin(&world, &payment("59000")).await;
    let wrong = sign(&token, &other, world.now());
    assert_eq!(verify(&world, &shown, &wrong).await, "rejected");
    let right = sign(&token, &shown, world.now());
    assert_eq!(verify(&world, &shown, &right).await, "accepted");
    assert_eq!(verify(&world, &shown, &right).await, "replayed");
}

#[tokio::test]
async fn the_same_payment_again_needs_another_minutes_signature() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let first = begin(&world, &payment("50000")).await;
    let second = begin(&world, &payment("50000")).await;
    let signature = sign(&token, &first, world.now());
    assert_eq!(verify(&world, &first, &signature).await, "accepted");
    assert_eq!(verify(&world, &second, &signature).await, "replayed");
    world.pass(60);
    let signature = sign(&token, &second, world.now());
    assert_eq!(verify(&world, &second, &signature).await, "accepted");
}

#[tokio::test]
async fn two_payments_are_signed_within_a_minute() {
    let world = World::new().await;
    let token = world.active("taro").await;
    for amount in ["50000", "60000"] {
        let shown = begin(&world, &payment(amount)).await;
        let signature = sign(&token, &shown, world.now());
        assert_eq!(
            verify(&world, &shown, &signature).await,
            "accepted",
            "{amount}"
        );
    }
}

#[tokio::test]
async fn a_challenge_lives_five_minutes_and_for_one_customer() {
    let world = World::new().await;
    let token = world.active("taro").await;
    world.active("hanako").await;
    let shown = begin(&world, &payment("50000")).await;
    let signature = sign(&token, &shown, world.now());
    let body = |bank_customer: &str| {
        json!({
            "request_id": new_id(), "subscriber_ref": bank_customer, "challenge": shown["id"],
            "signature": signature,
        })
    };
    for (bank, customer) in [(SHINKIN, "hanako"), (RENGO, "taro")] {
        let answer = world
            .bank(bank, paths::RP_SIGNATURE_VERIFY, &body(customer))
            .await;
        assert_eq!(answer.verdict(), "unknown");
    }
    // Nor for another bank's customer of the same name, whose own token signs it.
    let theirs = world.set_up_k(RENGO, "taro", &Device::new()).await;
    let code = theirs.code(world.now());
    let registered = world.register(&theirs, "taro", &code).await;
    assert_eq!(registered.verdict(), "accepted");
    let mut body = body("taro");
    body["signature"] = sign(&theirs, &shown, world.now()).into();
    let answer = world.bank(RENGO, paths::RP_SIGNATURE_VERIFY, &body).await;
    assert_eq!(answer.verdict(), "unknown");
    world.pass(300);
    let signature = sign(&token, &shown, world.now());
    assert_eq!(verify(&world, &shown, &signature).await, "unknown");
}

#[tokio::test]
async fn wrong_signatures_lock_the_token_like_wrong_codes() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let mut said = Vec::new();
    for _ in 0..token.policy.lock_after {
        let shown = begin(&world, &payment("50000")).await;
        said.push(verify(&world, &shown, "00000000").await);
        world.pass(1000);
    }
    assert_eq!(said.last().unwrap(), "locked");
    let state = world
        .number("SELECT count(*) FROM tokens WHERE state = 'locked'")
        .await;
    assert_eq!(state, 1);
}

#[tokio::test]
async fn a_mistake_of_typing_is_not_counted() {
    let world = World::new().await;
    world.active("taro").await;
    let shown = begin(&world, &payment("50000")).await;
    for typed in ["", "1234567", "123456789", "abcdefgh", "<script>"] {
        assert_eq!(verify(&world, &shown, typed).await, "rejected", "{typed}");
    }
    assert_eq!(world.number("SELECT fails FROM tokens").await, 0);
}

#[tokio::test]
async fn a_payment_that_cannot_be_signed_is_refused_by_field() {
    let world = World::new().await;
    world.active("taro").await;
    for (payment, word) in [
        (payment("0"), "amount"),
        (payment("-5"), "amount"),
        (
            PaymentText {
                payee_name: "見本太郎".to_owned(),
                ..payment("1")
            },
            "name",
        ),
        (
            PaymentText {
                payee_name: "ミホン\u{202e}タロウ".to_owned(),
                ..payment("1")
            },
            "name",
        ),
        (
            PaymentText {
                account_number: "123".to_owned(),
                ..payment("1")
            },
            "account number",
        ),
    ] {
        let body = json!({"request_id": new_id(), "subscriber_ref": "taro", "payment": payment});
        let answer = world.bank(SHINKIN, paths::RP_SIGNATURE_BEGIN, &body).await;
        assert_eq!(answer.code(), "bad-request");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(word), "{detail}");
    }
}

#[tokio::test]
async fn the_service_keeps_the_hash_of_a_payment_and_not_the_payment() {
    let world = World::new().await;
    world.active("taro").await;
    begin(&world, &payment("987654")).await;
    // All but the kept answer, which a repeated call gets.
    let dump = world.dump().await;
    let kept = dump.lines().filter(|line| !line.starts_with("rp_calls|"));
    assert!(kept.clone().count() > 10);
    assert!(!kept.collect::<String>().contains("987654"));
}

/// A card with a keypad: codes by time, and a key for signatures by challenge and counter.
const KEYPAD: &str = r#"<?xml version="1.0"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
<KeyPackage><DeviceInfo><Manufacturer>Mihon</Manufacturer><SerialNo>KP12345678</SerialNo></DeviceInfo>
<Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp"><AlgorithmParameters>
<ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters><Data>
<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
<TimeInterval><PlainValue>60</PlainValue></TimeInterval></Data></Key></KeyPackage>
<KeyPackage><DeviceInfo><Manufacturer>Mihon</Manufacturer><SerialNo>KP12345678</SerialNo></DeviceInfo>
<Key Id="2" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:ocra"><AlgorithmParameters>
<Suite>OCRA-1:HOTP-SHA1-8:C-QN08</Suite>
<ChallengeFormat Min="8" Max="8" Encoding="DECIMAL"/><ResponseFormat Length="8" Encoding="DECIMAL"/>
</AlgorithmParameters><Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
<Counter><PlainValue>0</PlainValue></Counter></Data></Key></KeyPackage>
</KeyContainer>"#;

#[tokio::test]
async fn a_card_with_a_keypad_signs_by_challenge_and_counter() {
    let world = World::new().await;
    let keys = parse_pskc(KEYPAD.as_bytes(), &Protection::Plain).unwrap();
    let forever = UnixTime::from_secs(2_000_000_000);
    world
        .issuer
        .import_hardware(SHINKIN, &keys, forever, "staff")
        .await
        .unwrap();
    let body = json!({"request_id": new_id(), "subscriber_ref": "taro", "serial": "KP12345678"});
    world.bank(SHINKIN, paths::RP_TOKEN_ASSIGN, &body).await;
    let card = crate::hardware::card("KP12345678");
    let code = card.code(world.now());
    assert_eq!(
        world.register(&card, "taro", &code).await.verdict(),
        "accepted"
    );
    let suite: OcraSuite = "OCRA-1:HOTP-SHA1-8:C-QN08".parse().unwrap();
    let sign = |shown: &Value, counter| {
        let challenge = shown["keypad_challenge"].as_str().unwrap().to_owned();
        let input = OcraInput {
            counter: Some(counter),
            ..OcraInput::new(Challenge::One(&challenge))
        };
        let response = ocra(b"12345678901234567890", &suite, &input).unwrap();
        response.expose_digits().to_owned()
    };
    let shown = begin(&world, &payment("50000")).await;
    assert_eq!(verify(&world, &shown, &sign(&shown, 3)).await, "accepted");
    // Counters up to there are used up, whatever the payment.
    let next = begin(&world, &payment("60000")).await;
    assert_eq!(verify(&world, &next, &sign(&next, 2)).await, "rejected");
    assert_eq!(verify(&world, &next, &sign(&next, 4)).await, "accepted");
    // An amount a keypad cannot hold is not signed by one.
    let large = begin(&world, &payment("1000000000")).await;
    assert!(large.get("keypad_challenge").is_none());
    assert_eq!(verify(&world, &large, "12345678").await, "rejected");
}
