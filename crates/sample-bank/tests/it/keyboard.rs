//! ソフトウェアキーボード: keys that are buttons.

use crate::browser::{Browser, FEATURE, PC, Page, SMARTPHONE};
use crate::shinkumi::begun;
use crate::world::*;

/// Presses the key that shows `key`.
async fn press(browser: &mut Browser, page: &Page, key: char) -> Page {
    let end = format!("\">{key}</button>");
    let before = page.body.split(&end).next().unwrap();
    assert_ne!(before.len(), page.body.len(), "no key {key}");
    let place = before.rsplit("name=\"key\" value=\"").next().unwrap();
    browser.submit(page, &[("key", place)]).await
}

async fn typed(browser: &mut Browser, mut page: Page, text: &str) -> Page {
    for key in text.chars() {
        page = press(browser, &page, key).await;
    }
    page
}

#[tokio::test]
async fn a_password_is_entered_key_by_key_and_never_leaves_the_bank_again() {
    for face in [PC, SMARTPHONE] {
        let world = World::shinkumi().await;
        let mut browser = world.browser(face);
        let page = browser.get("/procedures/login").await;
        let fields = [
            ("contract_id", "1000000011"),
            ("keyboard", "login_password"),
        ];
        let page = browser.submit(&page, &fields).await;
        page.is("LGI001")
            .says("value=\"1000000011\"")
            .says("0文字入力");
        let page = typed(&mut browser, page, "mihon12").await;
        page.says("7文字入力しました").says("●●●●●●●");
        assert!(!page.has("mihon12"));
        let page = browser.submit(&page, &[("key", "back")]).await;
        let page = press(&mut browser, &page, '1').await;
        let page = browser.submit(&page, &[("key", "close")]).await;
        page.is("LGI001").says("7文字入力済み");
        let fields = [("contract_id", "1000000011"), ("login_password", "")];
        browser.submit(&page, &fields).await.is("HOM001");
    }
}

#[tokio::test]
async fn what_is_typed_beside_it_is_kept_and_what_is_typed_over_it_counts() {
    let world = World::shinkumi().await;
    let mut browser = world.browser(PC);
    login(&mut browser, 0).await.is("HOM001");
    let page = browser.get("/procedures/issue").await;
    let page = browser.submit(&page, &[("kind", "soft")]).await;
    let fields = [
        ("mail", "taro@phone.example"),
        ("mail_again", "taro@phone.example"),
        ("activation_password", "999999"),
        ("keyboard", "activation_password_again"),
    ];
    let page = browser.submit(page.is("BOT020"), &fields).await;
    page.says("6文字入力済み").says("taro@phone.example");
    assert!(!page.has(">a</button>"), "letters for a number");
    let page = typed(&mut browser, page, "482715").await;
    let fields = [
        ("mail", "taro@phone.example"),
        ("mail_again", "taro@phone.example"),
        ("activation_password", "482715"),
    ];
    browser.submit(&page, &fields).await.is("BOT021");
}

#[tokio::test]
async fn a_code_typed_beside_it_stays_until_the_form_is_sent() {
    let world = World::shinkumi().await;
    let mut browser = begun(&world, PC).await;
    let page = browser.get("/procedures/end-use").await;
    let fields = [("code", "12345678"), ("keyboard", "confirmation_password")];
    let page = browser.submit(page.is("BOS001"), &fields).await;
    page.says("value=\"12345678\"");
    let page = press(&mut browser, &page, 'k').await;
    assert!(!page.has("12345678"), "a code that was taken out came back");
    let fields = [("code", "12345678"), ("key", "close")];
    let page = browser.submit(&page, &fields).await;
    let page = browser
        .submit(page.says("value=\"12345678\""), &[("code", "12345678")])
        .await;
    assert!(page.is("BOS001").has_faults());
    assert!(!page.has("12345678"), "a code that was sent is shown");
}

#[tokio::test]
async fn the_keys_change_places_and_a_press_names_a_place() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let mut orders = Vec::new();
    let mut page = browser.get("/procedures/login").await;
    for _ in 0..4 {
        page = browser
            .submit(&page, &[("keyboard", "login_password")])
            .await;
        let keys: Vec<String> = (page.body.split("name=\"key\" value=\"").skip(1))
            .map(|key| key.split("</button>").next().unwrap().to_owned())
            .collect();
        assert_eq!(keys.len(), 62 + 3);
        orders.push(keys);
    }
    orders.dedup();
    assert_eq!(orders.len(), 4, "the keys stay where they are");
    for bad in ["-1", "62", "9999999999999999999999", "a", "<b>"] {
        page = browser.submit(&page, &[("key", bad)]).await;
        page.is("LGI001").says("0文字入力");
    }
    page = browser.submit(&page, &[("keyboard", "contract_id")]).await;
    page.is("LGI001");
}

#[tokio::test]
async fn one_runs_keyboard_is_nothing_to_another_and_is_forgotten_with_the_form() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = browser.get("/procedures/login").await;
    let page = browser
        .submit(&page, &[("keyboard", "login_password")])
        .await;
    let page = typed(&mut browser, page, "mihon11").await;
    let other = browser.get("/procedures/login").await;
    assert!(!other.has("文字入力"));
    let fields = [("contract_id", "1000000022"), ("login_password", "")];
    let page = browser.submit(&page, &fields).await;
    page.is("LGI001").says("正しくありません");
    assert!(!page.has("文字入力"), "a password sent is kept");
    let csrf = page.form().1[0].1.clone();
    let form = page.form().1[1].1.clone();
    let mut thief = world.browser(PC);
    thief.get("/").await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("form", form.as_str()),
        ("key", "0"),
    ];
    thief.post(&page.form().0, &fields).await.is("ERR002");
}

#[tokio::test]
async fn a_feature_phone_is_offered_none() {
    let world = World::new().await;
    let mut browser = world.browser(FEATURE);
    let page = browser.get("/procedures/login").await;
    assert!(!page.has("ソフトウェアキーボード"));
}
