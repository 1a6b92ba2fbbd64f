//! What a code confirms, on each face: 振込, Pay-easy, 限度額変更, お客様情報変更; and from when.

use anyhow::{Result, ensure};
use skts_tests::bank::{Effective, HANAKO, TARO};

use crate::start::start;
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::walk;

pub(crate) const ORDER: [(&str, &str); 5] = [
    ("bank", "見本信用組合"),
    ("branch", "本店"),
    ("account", "１２３４５６７"),
    ("payee", "ミホン　ハナコ"),
    ("amount", "1,200"),
];
const BILL: [(&str, &str); 3] = [
    ("collector", "58021"),
    ("number", "20260001"),
    ("check_digits", "123456"),
];
const DETAILS: [(&str, &str); 2] = [("mail", "taro@example.jp"), ("phone", "09012345678")];

/// 300,000 yen less the transfer, and less the bill of 4,320 too.
const BALANCES: [&str; 2] = ["298,800円", "294,480円"];
/// The same where a card has cost 2,200 before.
const AFTER_FEE: [&str; 2] = ["296,600円", "292,280円"];

/// Fills a procedure's first form in, as far as its confirmation; screens `<prefix>001`, `002`.
pub(crate) fn enter(
    visit: &Visit<'_>,
    path: &str,
    prefix: &str,
    fields: &[(&str, &str)],
) -> Result<()> {
    visit.go("/home")?;
    visit.expect("HOM001")?;
    visit.follow(&format!("/procedures/{path}"))?;
    visit.expect(&format!("{prefix}001"))?;
    for (field, text) in fields {
        visit.fill(field, text)?;
    }
    visit.send()?;
    visit.expect(&format!("{prefix}002"))
}

/// Confirms with `code`; the last screen is `<prefix>003`.
fn confirm(visit: &Visit<'_>, prefix: &str, code: &str, picture: &str) -> Result<()> {
    visit.fill("code", code)?;
    visit.picture(&format!("{prefix}002"), &format!("{picture}-confirm"))?;
    visit.send()?;
    visit.picture(&format!("{prefix}003"), &format!("{picture}-done"))?;
    visit.says("受付番号")
}

/// Transfers, pays, changes limit and details with `token`; a used and a wrong code do nothing.
fn everything(
    visit: &Visit<'_>,
    token: &Token<'_>,
    guide: &str,
    [after_transfer, after_bill]: [&str; 2],
) -> Result<()> {
    let picture = |name: &str| format!("{guide}-{name}");
    enter(visit, "transfer", "TRF", &ORDER)?;
    confirm(visit, "TRF", &token.code()?, &picture("transfer"))?;
    // At once: a code is known as used only as long as it would be looked at.
    enter(visit, "transfer", "TRF", &ORDER)?;
    visit.fill("code", &token.used_code()?)?;
    visit.send()?;
    visit.refused("TRF002", "使用済み")?;
    visit.picture("TRF002", &picture("transfer-used"))?;
    visit.fill("code", &token.wrong_code()?)?;
    visit.send()?;
    visit.refused("TRF002", "ワンタイムパスワードが正しくありません")?;
    visit.picture("TRF002", &picture("transfer-wrong"))?;
    visit.go("/home")?;
    visit.says(after_transfer)?;

    enter(visit, "pay-easy", "PAY", &BILL)?;
    confirm(visit, "PAY", &token.code()?, &picture("pay-easy"))?;
    enter(visit, "limit", "LMT", &[("limit", "50,000")])?;
    confirm(visit, "LMT", &token.code()?, &picture("limit"))?;
    visit.says("変更前")?;
    enter(visit, "details", "CST", &DETAILS)?;
    confirm(visit, "CST", &token.code()?, &picture("details"))?;

    visit.go("/home")?;
    visit.expect("HOM001")?;
    visit.picture("HOM001", &picture("home"))?;
    visit.says(after_bill)?;
    visit.says("50,000円")
}

#[test]
fn pays_and_changes_on_a_pc() -> Result<()> {
    walk("pays_and_changes_on_a_pc", Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        visit.login(TARO, None)?;
        everything(&visit, &token, "000-236", BALANCES)
    })
}

#[test]
fn pays_and_changes_on_a_smartphone() -> Result<()> {
    walk(
        "pays_and_changes_on_a_smartphone",
        Effective::AtOnce,
        |world| {
            let visit = world.visit(Face::Smartphone)?;
            let token = Token::phone(world, "phone")?;
            start(&visit, TARO, &token)?;
            visit.login(TARO, None)?;
            everything(&visit, &token, "001-012", BALANCES)
        },
    )
}

#[test]
fn pays_and_changes_on_a_feature_phone() -> Result<()> {
    let name = "pays_and_changes_on_a_feature_phone";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Feature)?;
        let card = world.sent_card(TARO, "GM00000002")?;
        let token = Token::card(&card);
        start(&visit, TARO, &token)?;
        visit.login(TARO, None)?;
        everything(&visit, &token, "002-185", AFTER_FEE)
    })
}

#[test]
fn payments_wait_for_a_token_and_then_for_the_next_day() -> Result<()> {
    let name = "payments_wait_for_a_token_and_then_for_the_next_day";
    walk(name, Effective::NextDay, |world| {
        let visit = world.visit(Face::Pc)?;
        visit.login(HANAKO, None)?;
        for path in ["transfer", "pay-easy", "limit", "details"] {
            visit.go("/home")?;
            visit.follow(&format!("/procedures/{path}"))?;
            visit.expect("OTP900")?;
            visit.says("ワンタイムパスワードが登録されていません")?;
        }
        visit.picture("OTP900", "002-340-no-token")?;
        visit.logout()?;
        let token = Token::phone(world, "phone")?;
        start(&visit, HANAKO, &token)?;
        visit.picture("OTS003", "004-003-from-tomorrow")?;
        visit.says("翌日より")?;
        visit.login(HANAKO, None)?;
        visit.follow("/procedures/transfer")?;
        visit.picture("OTP900", "004-003-not-yet")?;
        visit.says("翌日から")?;
        visit.next_day()?;
        visit.picture("DMO001", "004-003-next-day")?;
        enter(&visit, "transfer", "TRF", &ORDER)?;
        confirm(&visit, "TRF", &token.code()?, "004-051-transfer")
    })
}

#[test]
fn a_new_token_holds_the_limit_down_for_a_day() -> Result<()> {
    let name = "a_new_token_holds_the_limit_down_for_a_day";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        visit.login(TARO, None)?;
        visit.follow("/procedures/transfer")?;
        visit.expect("TRF001")?;
        for (field, text) in ORDER {
            visit.fill(field, text)?;
        }
        visit.fill("amount", "100001")?;
        visit.send()?;
        visit.refused("TRF001", "100,000円まで")?;
        visit.next_day()?;
        let mut more = ORDER;
        more[4].1 = "100001";
        enter(&visit, "transfer", "TRF", &more)?;
        visit.fill("code", &token.code()?)?;
        visit.send()?;
        visit.expect("TRF003")?;
        ensure!(visit.faults()?.is_empty());
        Ok(())
    })
}
