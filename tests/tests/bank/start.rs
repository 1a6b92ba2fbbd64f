//! 利用開始 and ログイン, on each face, and once by the keyboard alone.

use anyhow::{Result, ensure};
use skts_tests::bank::{Customer, Effective, TARO};
use skts_tests::webdriver::key;

use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::walk;

/// The pictures of the steps: login page, 利用者認証, 登録, 処理結果.
type Pictures = [&'static str; 4];

/// 利用開始 as far as the form of the token.
fn identified(visit: &Visit<'_>, customer: Customer, pictures: &Pictures) -> Result<()> {
    visit.go("/")?;
    visit.picture("LGI001", pictures[0])?;
    visit.follow("/procedures/start")?;
    visit.expect("OTS001")?;
    visit.fill("contract_id", customer.contract_id)?;
    visit.fill("login_password", customer.login_password)?;
    visit.picture("OTS001", pictures[1])?;
    visit.send()?;
    visit.expect("OTS002")
}

/// The form of the token, filled in but for its code.
fn fill_form(visit: &Visit<'_>, customer: Customer, serial: &str, at_login: &str) -> Result<()> {
    visit.fill("serial", serial)?;
    visit.choose("at_login", at_login)?;
    visit.fill_asked(customer)
}

/// 利用開始, done, without pictures: where other stories begin.
pub(crate) fn start(visit: &Visit<'_>, customer: Customer, token: &Token<'_>) -> Result<()> {
    visit.go("/procedures/start")?;
    visit.expect("OTS001")?;
    visit.identify(customer)?;
    visit.expect("OTS002")?;
    fill_form(visit, customer, &token.serial, "no")?;
    visit.fill("code", &token.code()?)?;
    visit.send()?;
    visit.expect("OTS003")
}

fn start_with_pictures(
    visit: &Visit<'_>,
    token: &Token<'_>,
    at_login: &str,
    pictures: &Pictures,
) -> Result<()> {
    identified(visit, TARO, pictures)?;
    fill_form(visit, TARO, &token.serial, at_login)?;
    visit.fill("code", &token.code()?)?;
    visit.picture("OTS002", pictures[2])?;
    visit.send()?;
    visit.picture("OTS003", pictures[3])?;
    for words in [
        "ワンタイムパスワードの登録が完了しました。",
        "受付番号",
        "受付時刻",
        "変更前",
        &token.serial,
    ] {
        visit.says(words)?;
    }
    if let Some(number) = token.match_number()? {
        ensure!(visit.cell("確認番号")? == number, "the app shows {number}");
    }
    visit.follow("/")?;
    visit.expect("LGI001")
}

#[test]
fn starts_on_a_pc() -> Result<()> {
    walk("starts_on_a_pc", Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        let pictures = [
            "000-274-login",
            "000-266-identify",
            "000-252-register",
            "000-278-done",
        ];
        start_with_pictures(&visit, &token, "no", &pictures)?;
        // Without a code at login, as chosen.
        visit.login(TARO, None)?;
        visit.says("利用中")
    })
}

#[test]
fn starts_on_a_smartphone_with_a_code_at_login() -> Result<()> {
    let name = "starts_on_a_smartphone_with_a_code_at_login";
    walk(name, Effective::NextDay, |world| {
        let visit = world.visit(Face::Smartphone)?;
        let token = Token::phone(world, "phone")?;
        let pictures = [
            "000-373-login",
            "000-375-identify",
            "000-387-register",
            "000-383-done",
        ];
        start_with_pictures(&visit, &token, "yes", &pictures)?;
        visit.identify(TARO)?;
        visit.expect("LGI002")?;
        visit.fill("code", &token.code()?)?;
        visit.send()?;
        visit.expect("HOM001")?;
        visit.logout()?;
        visit.identify(TARO)?;
        visit.expect("LGI002")?;
        visit.fill("code", &token.used_code()?)?;
        visit.send()?;
        visit.refused("LGI002", "使用済み")?;
        visit.picture("LGI002", "001-014-code-at-login-used")
    })
}

#[test]
fn starts_on_a_feature_phone_with_a_card_only() -> Result<()> {
    let name = "starts_on_a_feature_phone_with_a_card_only";
    walk(name, Effective::AtOnce, |world| {
        let [made] = world.cards(["GM00000001"])?;
        let teller = world.visit(Face::Pc)?;
        teller.counter()?;
        let visit = world.visit(Face::Feature)?;
        let pictures = [
            "002-069-login",
            "002-131-identify",
            "002-151-register",
            "002-177-done",
        ];
        identified(&visit, TARO, &pictures)?;
        let app = Token::phone(world, "phone")?;
        fill_form(&visit, TARO, &app.serial, "yes")?;
        visit.fill("code", &app.code()?)?;
        visit.send()?;
        visit.refused("OTS002", "ハードウェアトークンのみ")?;
        visit.picture("OTS002", "002-023-no-app-here")?;

        // A card that was not sent is not taken, on no face.
        let card = Token::card(&made);
        fill_form(&visit, TARO, &card.serial, "yes")?;
        visit.fill("code", &card.code()?)?;
        visit.send()?;
        visit.refused("OTS002", "お客さまあてに発送したもののみ")?;
        visit.picture("OTS002", "000-499-card-not-sent")?;

        teller.act(TARO, "send", &card.serial)?;
        teller.picture("CTR003", "002-021-fee")?;
        teller.says("2,200円")?;
        fill_form(&visit, TARO, &card.serial, "yes")?;
        visit.fill("code", &card.wrong_code()?)?;
        visit.send()?;
        visit.refused(
            "OTS002",
            "シリアル番号またはワンタイムパスワードが正しくない",
        )?;
        drop(teller);
        start_with_pictures(&visit, &card, "yes", &pictures)?;
        visit.identify(TARO)?;
        visit.expect("LGI002")?;
        visit.fill("code", &card.code()?)?;
        visit.send()?;
        visit.expect("HOM001")
    })
}

#[test]
fn starts_and_logs_in_by_the_keyboard_alone() -> Result<()> {
    let name = "starts_and_logs_in_by_the_keyboard_alone";
    walk(name, Effective::AtOnce, |world| {
        let visit = world.visit(Face::Pc)?;
        let token = Token::phone(world, "phone")?;
        visit.go("/")?;
        visit.expect("LGI001")?;
        reach(&visit, "a[href='/procedures/start']")?;
        visit.browser.press(&[key::ENTER])?;
        visit.expect("OTS001")?;
        let first = "input[name='contract_id']";
        reach(&visit, first)?;
        visit.browser.press(&[key::SHIFT, key::TAB, key::NONE])?;
        ensure!(!has_keyboard(&visit, first)?, "the keyboard is caught");
        reach(&visit, first)?;
        press_text(&visit, TARO.contract_id)?;
        reach(&visit, "input[name='login_password']")?;
        press_text(&visit, TARO.login_password)?;
        visit.browser.press(&[key::ENTER])?;
        visit.expect("OTS002")?;
        // Sent empty: the faults come first, and lead to their fields.
        reach(&visit, "form.step button")?;
        visit.browser.press(&[key::SPACE])?;
        visit.refused("OTS002", "入力内容をご確認ください")?;
        reach(&visit, "[role='alert'] a[href='#serial']")?;
        visit.browser.press(&[key::ENTER])?;
        reach(&visit, "input[name='serial']")?;
        press_text(&visit, &token.serial)?;
        reach(&visit, "input[name='code']")?;
        press_text(&visit, &token.code()?)?;
        reach(&visit, "input[name='at_login']")?;
        // The arrow goes past the first choice to「しない」; up again is「する」.
        visit.browser.press(&[key::DOWN, key::DOWN])?;
        for (field, digit) in visit.asked(TARO)? {
            reach(&visit, &format!("input[name='{field}']"))?;
            press_text(&visit, &digit)?;
        }
        visit.picture("OTS002", "004-023-keyboard")?;
        visit.browser.press(&[key::ENTER])?;
        visit.expect("OTS003")?;
        reach(&visit, "main a[href='/']")?;
        visit.browser.press(&[key::ENTER])?;
        visit.expect("LGI001")
    })
}

/// Goes on by Tab until `selector` has the keyboard, which has to be seen there.
fn reach(visit: &Visit<'_>, selector: &str) -> Result<()> {
    for _ in 0..40 {
        if has_keyboard(visit, selector)? {
            let outline = visit.browser.run(
                "return getComputedStyle(document.activeElement).outlineStyle",
                &serde_json::json!([]),
            )?;
            ensure!(
                outline != "none",
                "nobody sees that {selector} has the keyboard"
            );
            return Ok(());
        }
        visit.browser.press(&[key::TAB])?;
    }
    anyhow::bail!("the keyboard does not reach {selector}")
}

fn has_keyboard(visit: &Visit<'_>, selector: &str) -> Result<bool> {
    let script = "return document.activeElement.matches(arguments[0])";
    let matches = visit.browser.run(script, &serde_json::json!([selector]))?;
    Ok(matches == true)
}

fn press_text(visit: &Visit<'_>, text: &str) -> Result<()> {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    let keys: Vec<&str> = characters.iter().map(String::as_str).collect();
    visit.browser.press(&keys)
}
