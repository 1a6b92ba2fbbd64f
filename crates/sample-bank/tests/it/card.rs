//! The demonstration's hardware tokens.

use hex::FromHex;
use skts_otp::{Digits, HashAlgorithm, Period, UnixTime, totp};

use crate::browser::{PC, between};
use crate::world::*;

/// The columns of each line of the table that the token service imports.
async fn cards(world: &World) -> Vec<Vec<String>> {
    let csv = world.bank.make_demo_cards(4).await.unwrap();
    let mut lines = csv.lines();
    let header = "serial,type,secret_hex,digits,period_secs,counter,algorithm,expires";
    assert_eq!(lines.next(), Some(header));
    lines
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn a_card_shows_the_code_of_its_press_for_a_minute() {
    let world = World::new().await;
    let cards = cards(&world).await;
    assert_eq!(cards.len(), 4);
    let (serial, secret) = (&cards[0][0], Vec::from_hex(&cards[0][2]).unwrap());
    let step = Period::from_secs(60)
        .unwrap()
        .step_at(UnixTime::from_secs(NOON));
    let code = totp(&secret, HashAlgorithm::Sha1, step, Digits::Six).unwrap();
    let code = code.expose_digits();

    let mut browser = world.browser(PC);
    browser.get("/demo/card").await.is("DMO003").says(serial);
    let path = format!("/demo/card/{serial}");
    let page = browser.get(&path).await;
    page.is("DMO004").says("表示は消えています");
    assert!(!page.has(code) && !page.has("http-equiv"));
    let csrf = between(&page.body, "name=\"csrf\" value=\"", "\"");
    browser.post(&path, &[("csrf", "x")]).await.is("ERR002");
    let page = browser.post(&path, &[("csrf", &csrf)]).await;
    page.says(code).says("あと60秒").says("content=\"60\"");
    world.pass_secs(59);
    // Pressed again it shows the same, and no longer.
    let page = browser.post(&path, &[("csrf", &csrf)]).await;
    page.says(code).says("あと1秒");
    world.pass_secs(1);
    assert!(!browser.get(&path).await.has(code));
}

#[tokio::test]
async fn a_card_has_a_back_and_the_displays_of_a_low_battery_and_a_fault() {
    let world = World::new().await;
    let cards = cards(&world).await;
    let path = format!("/demo/card/{}", cards[1][0]);
    let mut browser = world.browser(PC);
    for (show, says) in [
        ("back", cards[1][0].as_str()),
        ("low_battery", "bAtt"),
        ("fault", "FAIL 1"),
    ] {
        browser
            .get(&format!("{path}?show={show}"))
            .await
            .is("DMO004")
            .says(says);
    }
    browser.get("/demo/card/MH0100000000").await.is("ERR003");
}

#[tokio::test]
async fn serials_are_of_both_guides_and_the_last_card_is_near_its_end() {
    let world = World::new().await;
    let cards = cards(&world).await;
    for (at, card) in cards.iter().enumerate() {
        assert_eq!(card[0].len(), 12);
        assert_eq!(card[0].bytes().all(|b| b.is_ascii_digit()), at % 2 == 1);
        let ends = if at == 3 {
            "2027-01-21T03:00:00Z"
        } else {
            "2031-11-21T03:00:00Z"
        };
        assert_eq!(card[7], ends);
    }
}
