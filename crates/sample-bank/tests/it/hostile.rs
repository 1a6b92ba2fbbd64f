//! Bad input, forged forms, sessions that are over, guesses.

use axum::http::StatusCode;

use crate::browser::{PC, Page};
use crate::world::*;

const BAD: [&str; 9] = [
    "",
    "   ",
    "😀😀😀",
    "<script>alert(1)</script>",
    "\"><img src=x>",
    "' OR '1'='1'; DROP TABLE customers;--",
    "ＡＢＣ！＠＃",
    "\u{202e}\u{0}\u{7f}",
    "-1e9",
];

#[track_caller]
fn check(page: &Page, id: &str, bad: &str) {
    page.is(id);
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has_faults(), "{id} takes {bad:?}");
    assert!(
        !page.has("<script>") && !page.has("\"><img"),
        "{id} does not escape {bad:?}"
    );
}

#[tokio::test]
async fn every_field_of_every_form_refuses_what_it_cannot_mean() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let long = "9".repeat(900);
    let bad: Vec<&str> = BAD.into_iter().chain([long.as_str()]).collect();
    for bad in &bad {
        for (procedure, id) in [
            ("login", "LGI001"),
            ("start", "OTS001"),
            ("exchange", "OTX001"),
            ("stop", "OTD001"),
        ] {
            let page = browser.get(&format!("/procedures/{procedure}")).await;
            let fields = [("contract_id", *bad), ("login_password", *bad)];
            check(&browser.submit(&page, &fields).await, id, bad);
        }
    }
    let mut page = identified(&mut browser, "start", 0).await;
    for bad in &bad {
        let fields =
            ["serial", "code", "at_login", "digit_first", "digit_second"].map(|name| (name, *bad));
        page = browser.submit(&page, &fields).await;
        check(&page, "OTS002", bad);
    }
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    login(&mut browser, 0).await.is("HOM001");
    world.service.arrived();
    for (procedure, id, fields) in [
        (
            "transfer",
            "TRF001",
            &["bank", "branch", "account", "payee", "amount"][..],
        ),
        (
            "pay-easy",
            "PAY001",
            &["collector", "number", "check_digits"][..],
        ),
        ("limit", "LMT001", &["limit"][..]),
        ("details", "CST001", &["mail", "phone"][..]),
    ] {
        let mut page = browser.get(&format!("/procedures/{procedure}")).await;
        for bad in &bad {
            let fields: Vec<_> = fields.iter().map(|name| (*name, *bad)).collect();
            page = browser.submit(&page, &fields).await;
            check(&page, id, bad);
        }
    }
    let mut page = ordered(&mut browser).await;
    for bad in &bad {
        page = browser.submit(&page, &[("code", bad)]).await;
        check(&page, "TRF002", bad);
    }
    let mut clerk = staff(&world).await;
    for bad in &bad {
        let page = clerk.get("/procedures/counter").await;
        check(
            &clerk.submit(&page, &[("contract_id", bad)]).await,
            "CTR001",
            bad,
        );
        check(&act(&mut clerk, 0, bad, bad).await, "CTR002", bad);
        check(&act(&mut clerk, 0, "send", bad).await, "CTR002", bad);
    }
    assert!(
        world.service.arrived().is_empty(),
        "bad input went to the token service"
    );
}

#[tokio::test]
async fn what_was_typed_is_shown_again_but_no_password_and_no_code() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = identified(&mut browser, "start", 0).await;
    let page = browser
        .submit(
            &page,
            &[
                ("serial", "<b>SKTS"),
                ("code", "987654"),
                ("at_login", "yes"),
            ],
        )
        .await;
    page.is("OTS002")
        .says("value=\"&#60;b&#62;SKTS\"")
        .says("value=\"yes\" checked");
    assert!(!page.has("987654"));
    let page = browser.get("/procedures/login").await;
    let page = browser
        .submit(
            &page,
            &[("contract_id", "123"), ("login_password", "geheim77")],
        )
        .await;
    page.says("value=\"123\"");
    assert!(!page.has("geheim77"));
}

#[tokio::test]
async fn a_form_without_the_sessions_word_does_nothing() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    let (action, hidden) = page.form();
    let form = hidden[1].1.as_str();
    for csrf in [None, Some(""), Some("0".repeat(64).as_str())] {
        let mut fields = vec![("form", form), ("code", CODE)];
        fields.extend(csrf.map(|csrf| ("csrf", csrf)));
        let refused = browser.post(&action, &fields).await;
        refused.is("ERR002");
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    // Another session's word, and the right one twice.
    let mut other = world.browser(PC);
    let word = other.get("/procedures/login").await.form().1[0].1.clone();
    browser
        .post(&action, &[("csrf", &word), ("form", form), ("code", CODE)])
        .await
        .is("ERR002");
    let own = hidden[0].1.as_str();
    browser
        .post(&action, &[("csrf", own), ("csrf", own), ("form", form)])
        .await
        .is("ERR002");
    browser.post("/logout", &[("csrf", "x")]).await.is("ERR002");
    // The demonstration's clock is the bank's own: forged, it would open what waits for the next day.
    browser.post("/demo", &[("csrf", "x")]).await.is("ERR002");
    browser.get("/demo").await.says("2026年11月21日");
    assert!(world.service.arrived().is_empty());
    browser.submit(&page, &[("code", CODE)]).await.is("TRF003");
}

#[tokio::test]
async fn one_sessions_run_is_nothing_to_another() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    let mut thief = world.browser(PC);
    login(&mut thief, 1).await.is("HOM001");
    thief.get(&page.form().0).await.is("ERR003");
    let own = thief.get("/procedures/start").await.form().1[0].1.clone();
    let form = page.form().1[1].1.clone();
    let fields = [
        ("csrf", own.as_str()),
        ("form", form.as_str()),
        ("code", CODE),
    ];
    thief.post(&page.form().0, &fields).await.is("ERR003");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_its_forms_with_it() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    world.pass_secs(600);
    browser.get("/home").await.is("HOM001");
    world.pass_secs(601);
    let over = browser.submit(&page, &[("code", CODE)]).await;
    over.is("ERR001").says("受け付けていません");
    assert!(world.service.arrived().is_empty());
    browser.get("/home").await.is("ERR001");
}

#[tokio::test]
async fn a_login_gives_the_session_another_name_and_a_logout_ends_it() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = browser.get("/").await;
    let before = browser.clone();
    let home = login(&mut browser, 0).await;
    assert_ne!(before.cookies, browser.cookies);
    before.clone().get("/home").await.is("ERR001");
    world.pass_secs(10);
    let old = before.clone().submit(&page, &identity(0)).await;
    old.is("ERR001");
    let mut copy = browser.clone();
    let csrf = crate::browser::between(&home.body, "name=\"csrf\" value=\"", "\"");
    browser
        .post("/logout", &[("csrf", &csrf)])
        .await
        .is("LGI001");
    copy.get("/home").await.is("ERR001");
}

#[tokio::test]
async fn an_unknown_contract_is_told_like_a_wrong_password_and_waits_like_one() {
    let world = World::new().await;
    let mut told = Vec::new();
    for contract_id in ["1000000011", "9999999999"] {
        let mut browser = world.browser(PC);
        let mut page = browser.get("/procedures/login").await;
        let mut seen = Vec::new();
        for _ in 0..6 {
            let fields = [
                ("contract_id", contract_id),
                ("login_password", "wrong-one"),
            ];
            page = browser.submit(&page, &fields).await;
            seen.push(crate::browser::between(&page.body, "<ul>", "</ul>"));
        }
        told.push(seen);
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0][4].contains("正しくありません") && told[0][5].contains("しばらくしてから"));
    // The right password has to wait too, and is right after the wait.
    let mut browser = world.browser(PC);
    identified(&mut browser, "login", 0)
        .await
        .says("しばらくしてから");
    world.pass_secs(31);
    identified(&mut browser, "login", 0).await.is("HOM001");
}

#[tokio::test]
async fn a_body_larger_than_any_form_is_not_read() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = browser.get("/").await;
    let large = "x".repeat(20_000);
    browser
        .submit(&page, &[("contract_id", &large)])
        .await
        .is("ERR002");
}
