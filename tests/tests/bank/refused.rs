//! Codes that do nothing, and a browser that does a thing twice.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::bank::{Effective, TARO};

use crate::start::start;
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::walk;

/// As far as the confirmation of a new limit.
fn new_limit(visit: &Visit<'_>, yen: &str) -> Result<()> {
    visit.go("/procedures/limit")?;
    visit.expect("LMT001")?;
    visit.fill("limit", yen)?;
    visit.send()?;
    visit.expect("LMT002")
}

#[test]
fn wrong_codes_lock_a_token_until_the_counter_helps() -> Result<()> {
    let name = "wrong_codes_lock_a_token_until_the_counter_helps";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        visit.login(TARO, None)?;
        new_limit(&visit, "50000")?;
        let wrong = |wait_secs| -> Result<()> {
            sleep(Duration::from_secs(wait_secs));
            visit.fill("code", &token.wrong_code()?)?;
            visit.send()?;
            visit.refused("LMT002", "ワンタイムパスワード")
        };
        // Of five wrong codes the later ones are looked at only after a wait (RFC 4226 §7.3).
        for wait_secs in [0, 0, 6, 11, 21] {
            wrong(wait_secs)?;
        }
        visit.fill("code", &token.code()?)?;
        visit.send()?;
        visit.refused("LMT002", "誤りが続いたため")?;
        visit.picture("LMT002", "003-044-locked")?;
        // No time opens it again.
        sleep(Duration::from_secs(41));
        visit.fill("code", &token.code()?)?;
        visit.send()?;
        visit.refused("LMT002", "誤りが続いたため")?;
        visit.browser.wait("the mail", |browser| {
            visit.go("/demo/inbox")?;
            Ok(browser.page_text()?.contains("ご利用停止のお知らせ"))
        })?;
        visit.picture("DMO002", "003-046-locked-mail")?;

        let teller = world.visit(Face::Pc)?;
        teller.counter()?;
        teller.act(TARO, "reissue", "")?;
        teller.picture("CTR003", "003-046-staff-help")?;
        let new = Token::phone(world, "new-phone")?;
        start(&visit, TARO, &new)
    })
}

#[test]
fn a_double_press_back_and_a_second_tab_do_a_thing_once() -> Result<()> {
    let name = "a_double_press_back_and_a_second_tab_do_a_thing_once";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        visit.login(TARO, None)?;
        new_limit(&visit, "60000")?;
        // Another tab is another run of the procedure; both stand in the same session.
        let first = visit.browser.open_tab()?;
        new_limit(&visit, "70000")?;
        let second = visit.browser.open_tab()?;
        visit.browser.enter_tab(&first)?;
        visit.says("60,000円")?;
        let code = token.code()?;
        visit.fill("code", &code)?;
        let asked = world.wire.calls_to("tokens/verify").len();
        let script =
            "const form = document.querySelector('form.step'); form.submit(); form.submit()";
        visit.browser.run(script, &serde_json::json!([]))?;
        visit.expect("LMT003")?;
        visit.says("60,000円")?;
        visit.browser.back()?;
        visit.expect("LMT003")?;
        ensure!(
            world.wire.calls_to("tokens/verify").len() == asked + 1,
            "asked twice"
        );

        visit.browser.enter_tab(&second)?;
        visit.expect("LMT002")?;
        visit.fill("code", &code)?;
        visit.send()?;
        visit.refused("LMT002", "使用済み")?;
        visit.go("/home")?;
        visit.says("60,000円")
    })
}

#[test]
fn a_session_that_is_over_takes_nothing() -> Result<()> {
    let name = "a_session_that_is_over_takes_nothing";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Smartphone)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        visit.login(TARO, None)?;
        new_limit(&visit, "50000")?;
        let form = visit.browser.open_tab()?;
        visit.go("/home")?;
        visit.logout()?;
        visit.browser.enter_tab(&form)?;
        visit.fill("code", &token.code()?)?;
        let asked = world.wire.calls_to("tokens/verify").len();
        visit.send()?;
        visit.expect("ERR002")?;
        visit.says("受け付けていません")?;
        ensure!(
            world.wire.calls_to("tokens/verify").len() == asked,
            "a code was asked about"
        );
        Ok(())
    })
}
