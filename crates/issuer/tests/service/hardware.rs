//! Hardware tokens: brought in by the file, sent to one customer, registered by nobody else, and never
//! there again once they are over.

use serde_json::json;
use skts_issuer::ImportError;
use skts_otp::{Digits, HashAlgorithm, Period, TokenPolicy, UnixTime, hotp};
use skts_provisioning::wire::paths;
use skts_pskc::{CSV_HEADER, KeyFile, Protection, Secret, parse_csv, parse_pskc};

use crate::life::{exchange_body, prove};
use crate::world::{RENGO, SHINKIN, Token, World, new_id};

const SEED: &[u8; 20] = b"12345678901234567890";
/// As guide 002 prints one: ten characters, with a letter I.
pub(crate) const CARD: &str = "AB1234567I";
const FOREVER: UnixTime = UnixTime::from_secs(2_000_000_000);

fn file(lines: &[String]) -> KeyFile {
    let text = format!("{CSV_HEADER}\n{}\n", lines.join("\n"));
    parse_csv(text.as_bytes()).unwrap()
}

pub(crate) fn totp_line(serial: &str) -> String {
    format!("{serial},totp,{},6,60,,sha1,", hex::encode(SEED))
}

pub(crate) fn hotp_line(serial: &str) -> String {
    format!("{serial},hotp,{},6,,0,sha1,", hex::encode(SEED))
}

pub(crate) async fn import(world: &World, lines: &[String]) -> Result<usize, ImportError> {
    let imported = world
        .issuer
        .import_hardware(SHINKIN, &file(lines), FOREVER, "staff")
        .await;
    imported.map(|imported| imported.tokens)
}

pub(crate) async fn assign(world: &World, bank: &str, customer: &str, serial: &str) -> bool {
    let body = json!({"request_id": new_id(), "subscriber_ref": customer, "serial": serial});
    let answer = world.bank(bank, paths::RP_TOKEN_ASSIGN, &body).await;
    answer.json()["assigned"].as_bool().unwrap()
}

/// The card as the customer holds it.
pub(crate) fn card(serial: &str) -> Token {
    Token {
        institution: SHINKIN.to_owned(),
        serial: serial.to_owned(),
        seed: SEED.to_vec(),
        signing_key: Vec::new(),
        policy: TokenPolicy {
            hash: HashAlgorithm::Sha1,
            period: Period::SIXTY,
            ..TokenPolicy::self_provisioned()
        },
        ratchet: Vec::new(),
        match_number: String::new(),
    }
}

fn press(counter: u64) -> String {
    let code = hotp(SEED, HashAlgorithm::Sha1, counter, Digits::Six).unwrap();
    code.expose_digits().to_owned()
}

async fn state(world: &World, customer: &str) -> serde_json::Value {
    let body = json!({ "subscriber_ref": customer });
    world
        .bank(SHINKIN, paths::RP_TOKEN_STATE, &body)
        .await
        .json()
}

async fn registered(world: &World, token: &Token, customer: &str, code: &str) -> String {
    world.register(token, customer, code).await.verdict()
}

#[tokio::test]
async fn a_card_is_registered_by_the_customer_it_was_sent_to_and_by_nobody_else() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    let card = card(CARD);
    let code = card.code(world.now());
    // Not sent to anybody yet.
    assert_eq!(registered(&world, &card, "taro", &code).await, "rejected");
    assert!(assign(&world, SHINKIN, "hanako", "ab１２３４５６７i").await);
    // Sent to somebody else after all, as long as nobody has registered it.
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    assert_eq!(registered(&world, &card, "hanako", &code).await, "rejected");
    let taken = world.register(&card, "taro", &code).await;
    assert_eq!(taken.verdict(), "accepted");
    // It has no app whose digits could be compared.
    assert_eq!(taken.json().get("match_number"), None);
    assert!(!assign(&world, SHINKIN, "hanako", CARD).await);
    world.pass(60);
    let code = card.code(world.now());
    assert_eq!(world.verify(&card, "taro", &code).await, "accepted");
    assert_eq!(world.verify(&card, "taro", &code).await, "replayed");
    let state = state(&world, "taro").await;
    assert_eq!(
        (&state["kind"], &state["state"]),
        (&json!("totp"), &json!("active"))
    );
    assert_eq!(state.get("match_number"), None);
    let ninety_days_before = FOREVER.as_secs() - 90 * 24 * 3600;
    assert_eq!(state["renewable_from"], ninety_days_before);
}

#[tokio::test]
async fn another_institution_can_neither_send_nor_see_it() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    assert!(!assign(&world, RENGO, "taro", CARD).await);
    assert!(!assign(&world, RENGO, "taro", "NOSUCHTOKEN").await);
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let theirs = Token {
        institution: RENGO.to_owned(),
        ..card(CARD)
    };
    let code = theirs.code(world.now());
    assert_eq!(registered(&world, &theirs, "taro", &code).await, "rejected");
}

#[tokio::test]
async fn a_soft_token_is_not_sent_to_anybody() {
    let world = World::new().await;
    let soft = world.set_up_s(&crate::world::Device::new()).await;
    assert!(!assign(&world, SHINKIN, "taro", &soft.serial).await);
}

#[tokio::test]
async fn a_button_token_may_be_pressed_for_nothing_ten_times_and_is_found_again_by_a_pair() {
    let world = World::new().await;
    import(&world, &[hotp_line(CARD)]).await.unwrap();
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let token = card(CARD);
    assert_eq!(
        registered(&world, &token, "taro", &press(0)).await,
        "accepted"
    );
    assert_eq!(world.verify(&token, "taro", &press(11)).await, "accepted");
    assert_eq!(world.verify(&token, "taro", &press(11)).await, "replayed");
    // Earlier presses and presses too far ahead.
    assert_eq!(world.verify(&token, "taro", &press(5)).await, "rejected");
    assert_eq!(world.verify(&token, "taro", &press(23)).await, "rejected");
    world.pass(1000);
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "first": press(100), "second": press(101),
    });
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_RESYNC, &body).await;
    assert_eq!(answer.verdict(), "accepted");
    assert_eq!(world.verify(&token, "taro", &press(102)).await, "accepted");
    assert_eq!(world.verify(&token, "taro", &press(101)).await, "rejected");
}

#[tokio::test]
async fn a_released_token_can_never_come_back() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let card = card(CARD);
    let code = card.code(world.now());
    assert_eq!(registered(&world, &card, "taro", &code).await, "accepted");
    let body = json!({"request_id": new_id(), "subscriber_ref": "taro", "change": "unregister"});
    world.bank(SHINKIN, paths::RP_TOKEN_CHANGE, &body).await;
    world.pass(300);
    let code = card.code(world.now());
    assert_eq!(registered(&world, &card, "taro", &code).await, "rejected");
    assert!(!assign(&world, SHINKIN, "taro", CARD).await);
    let again = import(&world, &[totp_line(CARD)]).await;
    assert!(matches!(again, Err(ImportError::Known { .. })), "{again:?}");
    assert_eq!(state(&world, "taro").await["state"], "revoked");
}

#[tokio::test]
async fn of_a_file_with_one_token_that_is_known_nothing_is_taken() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    let before = world.dump().await;
    let lines: Vec<String> = (0..50)
        .map(|number| totp_line(&format!("NEW{number:05}")))
        .chain([totp_line(CARD)])
        .collect();
    let refused = import(&world, &lines).await;
    assert!(matches!(refused, Err(ImportError::Known { serial }) if serial == CARD));
    assert_eq!(world.dump().await, before);
    assert_eq!(import(&world, &lines[..50]).await.unwrap(), 50);
}

/// Figure 6 of RFC 6030 as the file of its vector holds it.
fn figure_6() -> Vec<u8> {
    let vector = include_str!("../../../pskc/tests/vectors/rfc6030-figure-06.txt");
    let (_, file) = vector.split_once("\n\n").unwrap();
    file.as_bytes().to_vec()
}

fn protection() -> Protection {
    Protection::PreSharedKey(Secret::new(
        hex::decode("12345678901234567890123456789012").unwrap(),
    ))
}

#[tokio::test]
async fn the_example_of_rfc_6030_is_imported_and_its_codes_verify() {
    let world = World::new().await;
    let keys = parse_pskc(&figure_6(), &protection()).unwrap();
    world
        .issuer
        .import_hardware(SHINKIN, &keys, FOREVER, "staff")
        .await
        .unwrap();
    assert!(assign(&world, SHINKIN, "taro", "987654321").await);
    let token = card("987654321");
    // RFC 4226, Appendix D: the same secret; eight digits of the same numbers.
    let eight = |counter| {
        let code = hotp(SEED, HashAlgorithm::Sha1, counter, Digits::Eight).unwrap();
        code.expose_digits().to_owned()
    };
    assert_eq!(
        registered(&world, &token, "taro", &eight(0)).await,
        "accepted"
    );
    assert_eq!(world.verify(&token, "taro", &eight(1)).await, "accepted");
}

#[tokio::test]
async fn a_damaged_file_leaves_nothing_in_the_database() {
    let world = World::new().await;
    let whole = figure_6();
    let before = world.dump().await;
    let mut taken = 0;
    for place in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x01;
        if let Ok(keys) = parse_pskc(&damaged, &protection()) {
            // A letter of a name or a comment; what the MAC covers is as it was.
            // EXPOSE: a vector's.
            assert_eq!(keys.keys[0].secret.expose_secret(), SEED);
            taken += 1;
        }
    }
    assert!(taken < whole.len() / 14, "{taken}");
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_card_past_its_day_is_over() {
    let world = World::new().await;
    let soon = UnixTime::from_secs(world.now() + 3600);
    world
        .issuer
        .import_hardware(SHINKIN, &file(&[totp_line(CARD)]), soon, "staff")
        .await
        .unwrap();
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let card = card(CARD);
    let code = card.code(world.now());
    assert_eq!(registered(&world, &card, "taro", &code).await, "accepted");
    world.pass(3600);
    let code = card.code(world.now());
    assert_eq!(world.verify(&card, "taro", &code).await, "unknown");
    assert_eq!(state(&world, "taro").await["state"], "expired");
}

#[tokio::test]
async fn a_cards_slow_clock_is_followed_for_years_but_not_for_ever() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let card = card(CARD);
    let code = card.code(world.now());
    assert_eq!(registered(&world, &card, "taro", &code).await, "accepted");
    let mut behind_secs = 0;
    let mut accepted = 0;
    for _ in 0..30 {
        // A month passes and the card's clock is a minute further behind.
        world.pass(30 * 24 * 3600);
        behind_secs += 60;
        let code = card.code(world.now() - behind_secs);
        accepted += usize::from(world.verify(&card, "taro", &code).await == "accepted");
    }
    // Twenty steps learnt, and two of the window.
    assert_eq!(accepted, 22);
}

#[tokio::test]
async fn soft_and_hardware_tokens_are_exchanged_either_way() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let soft = world.active("taro").await;
    let card = card(CARD);
    let proof = prove(&world, &soft, "taro").await;
    let body = exchange_body("taro", &proof, CARD, &card.code(world.now()));
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(answer.verdict(), "accepted");
    world.pass(60);
    let new = world.set_up_s(&crate::world::Device::new()).await;
    let proof = prove(&world, &card, "taro").await;
    let body = exchange_body("taro", &proof, &new.serial, &new.code(world.now()));
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(answer.verdict(), "accepted");
    assert!(!assign(&world, SHINKIN, "taro", CARD).await);
}

#[tokio::test]
async fn a_low_battery_is_noted_for_a_card_and_not_for_an_app() {
    let world = World::new().await;
    import(&world, &[totp_line(CARD)]).await.unwrap();
    assert!(assign(&world, SHINKIN, "taro", CARD).await);
    let card = card(CARD);
    registered(&world, &card, "taro", &card.code(world.now())).await;
    world.active("hanako").await;
    let report = |customer| json!({"request_id": new_id(), "subscriber_ref": customer, "fault": "low_battery"});
    let elsewhere = world
        .bank(RENGO, paths::RP_TOKEN_REPORT, &report("taro"))
        .await;
    assert_eq!(elsewhere.json()["noted"], false);
    assert!(state(&world, "taro").await["reported"].is_null());
    let noted = world
        .bank(SHINKIN, paths::RP_TOKEN_REPORT, &report("taro"))
        .await;
    assert_eq!(noted.json()["noted"], true);
    assert_eq!(state(&world, "taro").await["reported"], "low_battery");
    let not = world
        .bank(SHINKIN, paths::RP_TOKEN_REPORT, &report("hanako"))
        .await;
    assert_eq!(not.json()["noted"], false);
}
