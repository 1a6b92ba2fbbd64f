//! What a customer cannot do alone: loss, a phone that was wiped, a card by form.

use anyhow::{Result, ensure};
use skts_tests::bank::{Effective, HANAKO, TARO};

use crate::start::start;
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::walk;

/// A change of the limit confirmed with a code, which says `words` of it.
fn code_is_refused(visit: &Visit<'_>, token: &Token<'_>, words: &str, picture: &str) -> Result<()> {
    visit.go("/procedures/limit")?;
    visit.expect("LMT001")?;
    visit.fill("limit", "50000")?;
    visit.send()?;
    visit.expect("LMT002")?;
    visit.fill("code", &token.code()?)?;
    visit.send()?;
    visit.refused("LMT002", words)?;
    visit.picture("LMT002", picture)
}

#[test]
fn a_lost_phone_is_held_and_released_at_the_counter() -> Result<()> {
    let name = "a_lost_phone_is_held_and_released_at_the_counter";
    walk(name, Effective::AtOnce, |world| {
        let (visit, teller) = (world.visit(Face::Pc)?, world.visit(Face::Pc)?);
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        teller.counter()?;
        teller.act(TARO, "hold", "")?;
        teller.picture("CTR003", "000-525-held")?;
        visit.login(TARO, None)?;
        visit.says("利用停止中")?;
        code_is_refused(&visit, &token, "ご利用いただけません", "000-525-lost")?;
        teller.act(TARO, "release", "")?;
        teller.picture("CTR003", "004-177-released")?;
        visit.go("/procedures/limit")?;
        visit.fill("limit", "50000")?;
        visit.send()?;
        visit.expect("LMT002")?;
        visit.fill("code", &token.code()?)?;
        visit.send()?;
        visit.expect("LMT003")
    })
}

#[test]
fn a_wiped_phone_is_reissued_at_the_counter() -> Result<()> {
    let name = "a_wiped_phone_is_reissued_at_the_counter";
    walk(name, Effective::AtOnce, |world| {
        let (visit, teller) = (world.visit(Face::Smartphone)?, world.visit(Face::Pc)?);
        let wiped = Token::phone(world, "wiped-phone")?;
        start(&visit, TARO, &wiped)?;
        let new = Token::phone(world, "new-phone")?;
        // 利用開始 is closed while there is a token, and says what to choose instead.
        visit.go("/procedures/start")?;
        visit.expect("OTS001")?;
        visit.identify(TARO)?;
        visit.refused("OTS001", "利用開始済み")?;
        visit.picture("OTS001", "000-495-closed-while-there-is-one")?;
        teller.counter()?;
        teller.picture("CTR001", "000-495-counter")?;
        teller.act(TARO, "reissue", "")?;
        teller.picture("CTR003", "000-495-reissued")?;
        start(&visit, TARO, &new)?;
        visit.picture("OTS003", "000-533-started-anew")?;
        visit.login(TARO, None)?;
        code_is_refused(&visit, &wiped, "正しくありません", "004-127-wiped-phone")
    })
}

#[test]
fn a_card_costs_its_fee_once_and_goes_to_one_customer() -> Result<()> {
    let name = "a_card_costs_its_fee_once_and_goes_to_one_customer";
    walk(name, Effective::AtOnce, |world| {
        let [card] = world.cards(["GM00000005"])?;
        let teller = world.visit(Face::Pc)?;
        teller.counter()?;
        teller.act(TARO, "swap", &card.serial)?;
        teller.refused("CTR002", "ハードウェアトークンをご利用中のお客さまだけ")?;
        teller.act(TARO, "send", &card.serial)?;
        teller.picture("CTR003", "002-019-card-by-form")?;
        teller.says("2,200円")?;
        teller.act(HANAKO, "send", &card.serial)?;
        teller.refused("CTR002", "すでに発送されています")?;
        teller.picture("CTR002", "002-019-sent-before")?;
        for (customer, balance) in [(TARO, "297,800円"), (HANAKO, "50,000円")] {
            let visit = world.visit(Face::Pc)?;
            visit.login(customer, None)?;
            visit.says(balance)?;
        }
        Ok(())
    })
}

#[test]
fn what_happened_comes_by_mail_without_a_code_or_a_whole_serial() -> Result<()> {
    let name = "what_happened_comes_by_mail_without_a_code_or_a_whole_serial";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        visit.browser.wait("the mail", |browser| {
            visit.go("/demo/inbox")?;
            Ok(browser.page_text()?.contains("利用開始のお知らせ"))
        })?;
        visit.picture("DMO002", "000-234-mail")?;
        visit.says("見本　太郎 様")?;
        let text = visit.browser.page_text()?;
        for secret in [&token.serial, &token.used_code()?] {
            ensure!(!text.contains(secret), "the mail has {secret}");
        }
        Ok(())
    })
}
