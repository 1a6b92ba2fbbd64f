//! 利用中止 and a new 利用開始 after it; a feature phone says what to do instead.

use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::bank::{Customer, Effective, TARO};
use skts_tests::clock::wait_for;

use crate::start::start;
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::walk;

/// The pictures of the steps: login page, 利用者認証, 確認, 処理結果.
type Pictures = [&'static str; 4];

fn stop(visit: &Visit<'_>, customer: Customer, serial: &str, pictures: &Pictures) -> Result<()> {
    visit.go("/")?;
    visit.picture("LGI001", pictures[0])?;
    visit.follow("/procedures/stop")?;
    visit.expect("OTD001")?;
    visit.fill("contract_id", customer.contract_id)?;
    visit.fill("login_password", customer.login_password)?;
    visit.picture("OTD001", pictures[1])?;
    visit.send()?;
    visit.expect("OTD002")?;
    visit.says(serial)?;
    // Each digit one past the right one.
    for (field, digit) in visit.asked(customer)? {
        let wrong = (digit.parse::<u8>()? + 1) % 10;
        visit.fill(field, &wrong.to_string())?;
    }
    visit.picture("OTD002", pictures[2])?;
    visit.send()?;
    visit.refused("OTD002", "資金移動用パスワードが正しくありません")?;
    visit.fill_asked(customer)?;
    visit.send()?;
    visit.picture("OTD003", pictures[3])?;
    visit.says("ワンタイムパスワードの利用を中止しました")?;
    visit.follow("/")?;
    visit.expect("LGI001")
}

/// Nothing can be paid any more.
fn payments_are_closed(visit: &Visit<'_>, picture: &str) -> Result<()> {
    visit.login(TARO, None)?;
    visit.follow("/procedures/transfer")?;
    visit.picture("OTP900", picture)?;
    visit.says("ワンタイムパスワードが登録されていません")?;
    visit.logout()
}

#[test]
fn stops_on_a_pc_and_starts_anew_with_a_new_phone() -> Result<()> {
    let name = "stops_on_a_pc_and_starts_anew_with_a_new_phone";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let old = Token::phone(world, "old-phone")?;
        start(&visit, TARO, &old)?;
        let pictures = [
            "002-344-login",
            "004-170-identify",
            "004-173-confirm",
            "004-170-done",
        ];
        stop(&visit, TARO, &old.serial, &pictures)?;
        payments_are_closed(&visit, "002-340-closed")?;
        let new = Token::phone(world, "new-phone")?;
        start(&visit, TARO, &new)?;
        visit.picture("OTS003", "004-172-started-anew")?;
        visit.says(&new.serial)
    })
}

#[test]
fn stops_on_a_smartphone() -> Result<()> {
    walk("stops_on_a_smartphone", Effective::AtOnce, |world| {
        let visit = world.visit(Face::Smartphone)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        let pictures = [
            "001-099-login",
            "001-101-identify",
            "001-103-confirm",
            "001-105-done",
        ];
        stop(&visit, TARO, &token.serial, &pictures)?;
        payments_are_closed(&visit, "001-109-closed")?;
        // The token that was given up is not taken again.
        visit.go("/procedures/start")?;
        visit.identify(TARO)?;
        visit.expect("OTS002")?;
        visit.fill("serial", &token.serial)?;
        visit.fill("code", &token.code()?)?;
        visit.choose("at_login", "no")?;
        visit.fill_asked(TARO)?;
        visit.send()?;
        visit.refused("OTS002", "登録できないトークン")
    })
}

#[test]
fn a_feature_phone_says_what_to_do_instead_of_stopping() -> Result<()> {
    let name = "a_feature_phone_says_what_to_do_instead_of_stopping";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Feature)?;
        visit.go("/")?;
        visit.expect("LGI001")?;
        visit.follow("/procedures/stop")?;
        visit.picture("OTP900", "002-342-no-stop-here")?;
        visit.says("当金庫所定の用紙を最寄りの本支店窓口")?;
        visit.follow("/")?;
        visit.expect("LGI001")
    })
}

/// How long the bank may take to hear of what happened at the service.
const NEWS: Duration = Duration::from_secs(30);

#[test]
fn a_token_stopped_in_the_app_is_stopped_at_the_bank_which_says_so_and_what_to_do() -> Result<()> {
    let name = "a_token_stopped_in_the_app_is_stopped_at_the_bank_which_says_so_and_what_to_do";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        start(&visit, TARO, &token)?;
        let receipt = token.stop_in_the_app()?;
        ensure!(receipt.len() == 10, "the receipt is {receipt}");
        visit.login(TARO, None)?;
        wait_for(NEWS, "the bank to hear of the stop", || {
            visit.go("/home")?;
            Ok(visit.says("アプリからの利用中止").is_ok().then_some(()))
        })?;
        visit.picture("HOM001", "002-344-stopped-in-app")?;
        visit.says("ログイン画面の「利用開始」から新しいトークンを登録してください")?;
        visit.logout()?;
        payments_are_closed(&visit, "002-340-closed-by-app")?;
        // The next step it names is open, and the notice is over with it.
        let new = Token::phone(world, "new-phone")?;
        start(&visit, TARO, &new)?;
        visit.login(TARO, None)?;
        visit.says(&new.serial)?;
        ensure!(
            visit.says("アプリから中止されています").is_err(),
            "the notice stays"
        );
        visit.logout()
    })
}
