//! 交換: from phone to phone, from card to card, and between the two.

use anyhow::Result;
use skts_tests::bank::{Effective, TARO};

use crate::start::start;
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::walk;

/// The pictures of the steps: login page, 利用者認証, old token, new token, 処理結果.
type Pictures = [&'static str; 5];

/// 交換 from `old` to `new`, with pictures; first the new code is typed wrong.
fn exchange(
    visit: &Visit<'_>,
    old: &Token<'_>,
    new: &Token<'_>,
    pictures: &Pictures,
) -> Result<()> {
    visit.go("/")?;
    visit.picture("LGI001", pictures[0])?;
    visit.follow("/procedures/exchange")?;
    visit.expect("OTX001")?;
    visit.says("アンインストールしないで")?;
    visit.fill("contract_id", TARO.contract_id)?;
    visit.fill("login_password", TARO.login_password)?;
    visit.picture("OTX001", pictures[1])?;
    visit.send()?;
    visit.expect("OTX002")?;
    visit.fill("code", &old.code()?)?;
    visit.picture("OTX002", pictures[2])?;
    visit.send()?;
    visit.expect("OTX003")?;
    visit.fill("serial", &new.serial)?;
    visit.fill("code", &new.wrong_code()?)?;
    visit.picture("OTX003", pictures[3])?;
    visit.send()?;
    visit.refused("OTX003", "正しくない")?;
    visit.fill("code", &new.code()?)?;
    visit.send()?;
    visit.picture("OTX004", pictures[4])?;
    for words in ["変更後", "変更前", &old.serial, &new.serial] {
        visit.says(words)?;
    }
    visit.follow("/")?;
    visit.expect("LGI001")
}

/// Only `new` confirms a change of the limit from now on.
fn new_one_counts(visit: &Visit<'_>, old: &Token<'_>, new: &Token<'_>) -> Result<()> {
    visit.login(TARO, None)?;
    visit.follow("/procedures/limit")?;
    visit.expect("LMT001")?;
    visit.fill("limit", "50000")?;
    visit.send()?;
    visit.expect("LMT002")?;
    visit.fill("code", &old.code()?)?;
    visit.send()?;
    visit.refused("LMT002", "ワンタイムパスワードが正しくありません")?;
    visit.fill("code", &new.code()?)?;
    visit.send()?;
    visit.expect("LMT003")
}

#[test]
fn exchanges_phones_on_a_pc() -> Result<()> {
    walk("exchanges_phones_on_a_pc", Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let old = Token::phone(world, "old-phone")?;
        start(&visit, TARO, &old)?;
        let new = Token::phone(world, "new-phone")?;
        let pictures = [
            "000-515-login",
            "000-519-identify",
            "000-537-old",
            "000-544-new",
            "000-550-done",
        ];
        exchange(&visit, &old, &new, &pictures)?;
        new_one_counts(&visit, &old, &new)
    })
}

#[test]
fn exchanges_phones_on_a_smartphone() -> Result<()> {
    walk(
        "exchanges_phones_on_a_smartphone",
        Effective::NextDay,
        |world| {
            let visit = world.visit(Face::Smartphone)?;
            let old = Token::phone(world, "old-phone")?;
            start(&visit, TARO, &old)?;
            visit.next_day()?;
            let new = Token::phone(world, "new-phone")?;
            let pictures = [
                "001-130-login",
                "001-140-identify",
                "001-154-old",
                "001-166-new",
                "001-200-done",
            ];
            exchange(&visit, &old, &new, &pictures)?;
            // Who could pay before goes on paying the same day.
            new_one_counts(&visit, &old, &new)
        },
    )
}

#[test]
fn exchanges_cards_on_a_feature_phone() -> Result<()> {
    walk(
        "exchanges_cards_on_a_feature_phone",
        Effective::AtOnce,
        |world| {
            let visit = world.visit(Face::Feature)?;
            let old = Token::card(&world.sent_card(TARO, "GM00000003")?);
            start(&visit, TARO, &old)?;
            // A new battery is a new card, for nothing.
            let [made] = world.cards(["SY00000003"])?;
            let teller = world.visit(Face::Pc)?;
            teller.counter()?;
            teller.act(TARO, "swap", &made.serial)?;
            teller.picture("CTR003", "002-047-free-swap")?;
            teller.says("0円")?;
            let new = Token::card(&made);
            let pictures = [
                "002-204-login",
                "002-204-identify",
                "002-245-old",
                "002-270-new",
                "002-310-done",
            ];
            exchange(&visit, &old, &new, &pictures)?;
            new_one_counts(&visit, &old, &new)
        },
    )
}

#[test]
fn exchanges_a_phone_for_a_card_and_back() -> Result<()> {
    let name = "exchanges_a_phone_for_a_card_and_back";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let phone = Token::phone(world, "phone")?;
        start(&visit, TARO, &phone)?;
        let card = Token::card(&world.sent_card(TARO, "GM00000004")?);
        let there = [
            "004-095-login",
            "004-095-identify",
            "004-095-phone",
            "004-095-card",
            "004-095-now-a-card",
        ];
        exchange(&visit, &phone, &card, &there)?;
        let again = Token::phone(world, "new-phone")?;
        let back = [
            "004-095-back-login",
            "004-095-back-identify",
            "004-095-back-card",
            "004-095-back-phone",
            "004-095-now-a-phone",
        ];
        exchange(&visit, &card, &again, &back)?;
        new_one_counts(&visit, &card, &again)
    })
}
