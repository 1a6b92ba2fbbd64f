//! Vouchers for dead phones.

use axum::http::StatusCode;
use serde_json::{Value, json};
use skts_otp::{OcraSuite, Payment, PaymentText, UnixTime, sign_payment};
use skts_provisioning::wire::paths;

use super::browser::Browser;
use crate::world::{Answer, Device, RENGO, SHINKIN, Token, World, new_id};

const DAY: u64 = 24 * 3600;
const REPLACED: &str = "SELECT count(*) FROM tokens WHERE state = 'replaced'";

struct Case {
    world: World,
    browser: Browser,
    old: Token,
    new: Token,
}

async fn case() -> Case {
    let world = World::new().await;
    let router = world.console();
    let old = world.active("C-1").await;
    let new = world.set_up_s(&Device::new()).await;
    let hanako = world.hire("hanako", "operator", None).await;
    let browser = world.seat(&router, &hanako).await;
    Case {
        world,
        browser,
        old,
        new,
    }
}

/// Makes a voucher at the console and reads it off the page.
async fn made(browser: &mut Browser, customer: &str) -> String {
    let address = "/console/deed/voucher";
    let page = format!("{address}?institution={SHINKIN}&customer={customer}");
    let fields = [
        ("institution", SHINKIN),
        ("customer", customer),
        ("reason", "phone broke"),
    ];
    let page = browser.fill(&page, address, &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let text = page
        .text
        .split("class=\"voucher mono\">")
        .nth(1)
        .expect("a voucher");
    text.split('<').next().expect("an end").to_owned()
}

fn body(customer: &str, voucher: &str, new: &Token, now: u64) -> Value {
    json!({
        "request_id": new_id(), "subscriber_ref": customer, "voucher": voucher,
        "serial": new.serial, "code": new.code(now),
    })
}

async fn exchange(world: &World, customer: &str, voucher: &str, new: &Token) -> String {
    let body = body(customer, voucher, new, world.now());
    sent(world, &body).await.verdict()
}

async fn sent(world: &World, body: &Value) -> Answer {
    world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, body).await
}

#[tokio::test]
async fn a_voucher_stands_in_for_a_dead_phone_once_and_after_its_cooling_time() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let (world, new) = (&case.world, &case.new);
    world.pass(DAY - 3600);
    assert_eq!(
        exchange(world, "C-1", &voucher, new).await,
        "unknown",
        "cooling"
    );
    world.pass(2 * 3600);
    let spoken = voucher.to_lowercase().replace('-', " ");
    assert_eq!(exchange(world, "C-1", &spoken, new).await, "accepted");
    assert_eq!(world.number(REPLACED).await, 1);
    world.pass(60);
    let code = new.code(world.now());
    assert_eq!(world.verify(new, "C-1", &code).await, "accepted");
    let third = world.set_up_s(&Device::new()).await;
    assert_eq!(
        exchange(world, "C-1", &voucher, &third).await,
        "unknown",
        "used"
    );
    let noted = "SELECT count(*) FROM audit WHERE action = 'voucher_made' AND \
                 actor = 'staff:hanako' AND subscriber_ref = 'C-1' AND detail = 'phone broke'";
    assert_eq!(world.number(noted).await, 1);
}

#[tokio::test]
async fn a_voucher_is_one_customers_at_one_institution_until_its_end() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    world.active("C-2").await;
    world.pass(DAY);
    assert_eq!(exchange(world, "C-2", &voucher, &case.new).await, "unknown");
    let there = world.set_up_k(RENGO, "C-1", &Device::new()).await;
    let body = body("C-1", &voucher, &there, world.now());
    let answer = world.bank(RENGO, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(answer.verdict(), "unknown");
    world.pass(3 * DAY);
    let new = world.set_up_s(&Device::new()).await;
    assert_eq!(
        exchange(world, "C-1", &voucher, &new).await,
        "unknown",
        "expired"
    );
    assert_eq!(world.number(REPLACED).await, 0);
}

#[tokio::test]
async fn a_phone_that_still_shows_codes_voids_its_voucher() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    world.pass(3600);
    let code = case.old.code(world.now());
    assert_eq!(world.verify(&case.old, "C-1", &code).await, "accepted");
    world.pass(DAY);
    assert_eq!(exchange(world, "C-1", &voucher, &case.new).await, "unknown");
}

#[tokio::test]
async fn a_phone_that_still_signs_voids_its_voucher() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    let text = PaymentText {
        payee_bank: "9999".to_owned(),
        payee_branch: "001".to_owned(),
        account_kind: "普通".to_owned(),
        account_number: "1234567".to_owned(),
        payee_name: "ミホン タロウ".to_owned(),
        amount_yen: "50000".to_owned(),
    };
    let id = new_id();
    let body = json!({"request_id": id, "subscriber_ref": "C-1", "payment": text});
    world.bank(SHINKIN, paths::RP_SIGNATURE_BEGIN, &body).await;
    let now = UnixTime::from_secs(world.now());
    let step = OcraSuite::SIGNING.step_at(now).unwrap();
    let payment = Payment::parse(&text).unwrap();
    let signature = sign_payment(&case.old.signing_key, &payment, step).unwrap();
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "C-1", "challenge": id,
        "signature": signature.expose_digits(),
    });
    let answer = world.bank(SHINKIN, paths::RP_SIGNATURE_VERIFY, &body).await;
    assert_eq!(answer.verdict(), "accepted");
    world.pass(DAY);
    assert_eq!(exchange(world, "C-1", &voucher, &case.new).await, "unknown");
}

#[tokio::test]
async fn a_later_voucher_voids_the_one_before() {
    let mut case = case().await;
    let first = made(&mut case.browser, "C-1").await;
    let second = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    world.pass(DAY);
    assert_eq!(exchange(world, "C-1", &first, &case.new).await, "unknown");
    assert_eq!(exchange(world, "C-1", &second, &case.new).await, "accepted");
}

#[tokio::test]
async fn wrong_vouchers_are_counted_and_wait_like_wrong_codes_at_registration() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    world.pass(DAY);
    let mut verdicts = Vec::new();
    for wrong in ["0000-0000-0000-0000", "nonsense", "0000-0000-0000-0001"] {
        verdicts.push(exchange(world, "C-1", wrong, &case.new).await);
    }
    assert_eq!(verdicts, ["unknown", "unknown", "locked"]);
    assert_eq!(exchange(world, "C-1", &voucher, &case.new).await, "locked");
    world.pass(900);
    assert_eq!(
        exchange(world, "C-1", &voucher, &case.new).await,
        "accepted"
    );
}

#[tokio::test]
async fn an_exchange_stands_on_one_thing_and_a_repeat_gets_the_first_answer() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    world.pass(DAY);
    let body = body("C-1", &voucher, &case.new, world.now());
    let (mut both, mut neither) = (body.clone(), body.clone());
    both["proof"] = json!(new_id());
    neither["voucher"] = Value::Null;
    for wrong in [both, neither] {
        assert_eq!(sent(world, &wrong).await.status, StatusCode::BAD_REQUEST);
    }
    let first = sent(world, &body).await;
    assert_eq!(first.verdict(), "accepted");
    assert_eq!(sent(world, &body).await, first);
}

#[tokio::test]
async fn a_wrong_new_code_leaves_voucher_and_old_token_as_they_are() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let world = &case.world;
    world.pass(DAY);
    let mut wrong = body("C-1", &voucher, &case.new, world.now());
    wrong["code"] = json!(case.new.wrong_code(world.now()));
    assert_eq!(sent(world, &wrong).await.verdict(), "rejected");
    let used = "SELECT count(*) FROM vouchers WHERE used_at IS NOT NULL";
    assert_eq!(world.number(used).await, 0);
    assert_eq!(
        exchange(world, "C-1", &voucher, &case.new).await,
        "accepted"
    );
}

#[tokio::test]
async fn no_voucher_stands_in_the_database() {
    let mut case = case().await;
    let voucher = made(&mut case.browser, "C-1").await;
    let dump = case.world.dump().await;
    assert!(dump.contains("phone broke"), "the dump has the trail");
    for form in [voucher.clone(), voucher.replace('-', "")] {
        assert!(!dump.contains(&form));
    }
}
