//! The app's token: in its window beside a PC, and as `skts` beside a smartphone.

use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::bank::TARO;
use skts_tests::clock::wait_for;
use skts_tests::issuer::Activation;
use skts_tests::programs::program;
use skts_tests::window::Window;
use skts_tests::{app, shots};

use super::{
    ISSUED, begin_use, begin_use_of_device, choose, choose_kind, end_use, issue, next_day_only,
    order, works,
};
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::{World, walk_shinkumi, walk_shinkumi_with_the_window};

/// A phone's size, in pixels.
const PHONE: (u32, u32) = (400, 780);

/// アプリの初期設定 in the window, with pictures; ends on the code.
fn set_up(world: &World, visit: &Visit<'_>, activation: &Activation) -> Result<Window> {
    let picture = |window: &Window, name: &str| -> Result<()> {
        let screen = window.screen()?.unwrap_or_default();
        window.wait_painted()?;
        shots::keep(&window.picture()?, &format!("bank/{name}"))?;
        world.note(name, &format!("app:{screen}"));
        Ok(())
    };
    let window = Window::open(&world.sandbox, &program("skts-app")?)?;
    window.resize(PHONE.0, PHONE.1)?;
    app::begin_activation(&window)?;
    let page = world.sandbox.join(ISSUED);
    window.type_into("qr-file", &page.display().to_string())?;
    wait_for(Duration::from_secs(60), "the IDs of the QR code", || {
        Ok((!window.value("user-id")?.is_empty()).then_some(()))
    })?;
    let read = window.value("user-id")?.replace(' ', "");
    ensure!(read == activation.user_id, "the app reads {read}");
    let read = window.value("service-id")?.replace(' ', "");
    ensure!(read == activation.service_id, "the app reads {read}");
    window.type_into("password", &activation.password)?;
    picture(&window, "003-219-setup-app")?;
    window.click("send")?;
    window.wait_screen("setup-done")?;
    picture(&window, "003-247-setup-done-app")?;
    let shown = window.text("match-number")?;
    app::finish(&window)?;
    ensure!(app::wait_code(&window)?.len() == 8, "not 8 digits");
    ensure!(
        window.page_text()?.contains("見本信用組合"),
        "the app does not name the institution"
    );
    picture(&window, "003-247-code-app")?;
    visit.go("/procedures/begin-use")?;
    visit.expect("BOK401")?;
    let at_bank = visit.cell("確認番号")?;
    ensure!(
        shown.contains(&at_bank),
        "{shown} in the app, {at_bank} at the bank"
    );
    Ok(window)
}

#[test]
fn a_token_is_issued_used_and_released_on_a_pc_with_the_apps_window() -> Result<()> {
    let name = "a_token_is_issued_used_and_released_on_a_pc_with_the_apps_window";
    walk_shinkumi_with_the_window(name, |world| {
        let visit = world.visit(Face::Pc)?;
        visit.login(TARO, None)?;
        choose(&visit, "003-052-home", "003-057-not-registered")?;
        visit.says("未登録")?;
        choose_kind(&visit, "soft", "003-088-kind")?;
        let activation = issue(&visit, TARO, 1)?;
        visit.go("/procedures/begin-use")?;
        visit.expect("BOK401")?;
        visit.says("初期設定がまだ")?;
        visit.picture("BOK401", "003-219-not-set-up")?;
        let window = set_up(world, &visit, &activation)?;
        let token = Token::window(&window)?;
        choose(&visit, "003-286-home", "003-291-issued")?;
        visit.says("トークン発行済")?;
        visit.says(&activation.user_id)?;
        begin_use(&visit, &token)?;
        works(&visit, &token)?;
        end_use(&visit, TARO, &token)?;
        // Another phone, from the next day on.
        next_day_only(&visit)?;
        visit.go("/otp")?;
        choose_kind(&visit, "soft", "003-379-kind")?;
        let another = Token::activated(world, "another-phone", &issue(&visit, TARO, 2)?)?;
        visit.go("/otp")?;
        begin_use(&visit, &another)?;
        visit.picture("BOK402", "003-379-another-phone")
    })
}

#[test]
fn a_token_is_issued_used_and_followed_by_a_card_on_a_smartphone() -> Result<()> {
    let name = "a_token_is_issued_used_and_followed_by_a_card_on_a_smartphone";
    walk_shinkumi(name, |world| {
        let visit = world.visit(Face::Smartphone)?;
        visit.login(TARO, None)?;
        choose(&visit, "003-052-home", "003-057-not-registered")?;
        choose_kind(&visit, "soft", "003-088-kind")?;
        let activation = issue(&visit, TARO, 1)?;
        let token = Token::activated(world, "phone", &activation)?;
        choose(&visit, "003-286-home", "003-291-issued")?;
        begin_use(&visit, &token)?;
        works(&visit, &token)?;
        end_use(&visit, TARO, &token)?;
        next_day_only(&visit)?;
        choose(&visit, "003-349-home", "003-354-not-registered")?;
        choose_kind(&visit, "hardware", "003-391-kind")?;
        order(&visit, TARO, None)?;
        let card = Token::card(&world.sent_card(TARO, "GK10000001")?);
        choose(&visit, "003-447-home", "003-453-issued")?;
        begin_use_of_device(&visit, &card)?;
        visit.picture("BOK502", "003-381-now-a-card")
    })
}
