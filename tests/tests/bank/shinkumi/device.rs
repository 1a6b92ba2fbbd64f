//! The hardware token: ordered on the page, sent by post, followed by another near its end.

use std::process::Command;

use anyhow::Result;
use skts_tests::bank::TARO;

use super::{
    begin_use, begin_use_of_device, choose, choose_kind, end_use, issue, next_day_only, order,
    works,
};
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::{World, walk_shinkumi};

/// Ordered, sent and begun; gives the card.
fn ordered<'w>(world: &'w World, visit: &Visit<'_>, serial: &str) -> Result<Token<'w>> {
    visit.login(TARO, None)?;
    choose(visit, "003-349-home", "003-354-not-registered")?;
    visit.says("未登録")?;
    choose_kind(visit, "hardware", "003-391-kind")?;
    order(visit, TARO, None)?;
    let card = Token::card(&world.sent_card(TARO, serial)?);
    choose(visit, "003-447-home", "003-453-issued")?;
    visit.says("トークン発行済")?;
    begin_use_of_device(visit, &card)?;
    Ok(card)
}

#[test]
fn a_card_is_ordered_used_and_followed_by_the_app_on_a_pc() -> Result<()> {
    let name = "a_card_is_ordered_used_and_followed_by_the_app_on_a_pc";
    walk_shinkumi(name, |world| {
        let visit = world.visit(Face::Pc)?;
        let card = ordered(world, &visit, "GK10000002")?;
        works(&visit, &card)?;
        end_use(&visit, TARO, &card)?;
        next_day_only(&visit)?;
        // The card is not sent a second time: it was released.
        visit.go("/procedures/issue")?;
        visit.choose("kind", "hardware")?;
        visit.send()?;
        order(&visit, TARO, None)?;
        let teller = world.visit(Face::Pc)?;
        teller.counter()?;
        teller.act(TARO, "send", &card.serial)?;
        teller.refused("CTR002", "すでに発送されています")?;
        teller.picture("CTR002", "003-602-released-card")?;
        drop(teller);
        visit.go("/otp")?;
        choose_kind(&visit, "soft", "003-383-kind")?;
        let token = Token::activated(world, "phone", &issue(&visit, TARO, 1)?)?;
        visit.go("/otp")?;
        begin_use(&visit, &token)?;
        visit.picture("BOK402", "003-383-now-the-app")
    })
}

#[test]
fn a_card_is_the_only_kind_on_a_feature_phone() -> Result<()> {
    walk_shinkumi("a_card_is_the_only_kind_on_a_feature_phone", |world| {
        let visit = world.visit(Face::Feature)?;
        visit.login(TARO, None)?;
        visit.go("/otp")?;
        choose_kind(&visit, "soft", "003-088-no-app-here")?;
        visit.refused("BOT010", "ハードウェアトークンのみ")?;
        visit.logout()?;
        let card = ordered(world, &visit, "GK10000003")?;
        works(&visit, &card)?;
        end_use(&visit, TARO, &card)
    })
}

#[test]
fn a_card_near_its_end_is_followed_by_another() -> Result<()> {
    walk_shinkumi("a_card_near_its_end_is_followed_by_another", |world| {
        let visit = world.visit(Face::Pc)?;
        visit.login(TARO, None)?;
        visit.go("/otp")?;
        choose_kind(&visit, "hardware", "003-425-kind")?;
        order(&visit, TARO, None)?;
        let [old] = world.cards_until(["GK10000004"], &in_days(60)?)?;
        let teller = world.visit(Face::Pc)?;
        teller.counter()?;
        teller.act(TARO, "send", &old.serial)?;
        teller.expect("CTR003")?;
        let old = Token::card(&old);
        visit.go("/otp")?;
        begin_use_of_device(&visit, &old)?;

        visit.go("/otp")?;
        visit.follow("/procedures/issue")?;
        visit.expect("BOT010")?;
        visit.choose("kind", "hardware")?;
        visit.send()?;
        visit.expect("BOT030")?;
        visit.fill("confirmation_password", TARO.confirmation_password)?;
        visit.fill("code", &old.code()?)?;
        visit.picture("BOT030", "003-427-again-with-a-code")?;
        visit.send()?;
        visit.expect("BOT031")?;
        let [new] = world.cards(["GK10000005"])?;
        teller.act(TARO, "send", &new.serial)?;
        teller.expect("CTR003")?;
        let new = Token::card(&new);
        visit.go("/procedures/begin-use")?;
        visit.expect("BOK500")?;
        visit.fill("code", &old.code()?)?;
        visit.picture("BOK500", "003-427-old")?;
        visit.send()?;
        visit.expect("BOK501")?;
        visit.fill("serial", &new.serial)?;
        visit.fill("code", &new.code()?)?;
        visit.send()?;
        visit.picture("BOK502", "003-427-followed")?;
        visit.says(&new.serial)?;
        works(&visit, &new)
    })
}

/// The date `days` from today, as `2026-12-31`.
fn in_days(days: u32) -> Result<String> {
    let mut date = Command::new("date");
    let output = date
        .args(["-u", "+%F", "-d", &format!("+{days} days")])
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
