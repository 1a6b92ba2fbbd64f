//! A token's way to its end in the window: 利用中止, 交換, 有効期限, 削除.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::{SHINKIN, request_id};
use skts_tests::proxy::Fault;
use skts_tests::skts::{APP_ID, Skts};
use skts_tests::window::Window;

use crate::tour::{look, visit};
use crate::{
    CUSTOMER, Language, World, agree, finish, ready_profile, shown_code, wait_code, works,
};

/// How long the window may take to hear from the service.
const PATIENCE: Duration = Duration::from_secs(30);
/// An institution whose tokens end within 90 days, and which asks for a check every day.
const SOON: &str = "mihon-soon";

fn choose(window: &Window, item: &str) -> Result<()> {
    window.click("menu")?;
    window.click(item)
}

/// The text of `testid` once it says `words`.
fn says(window: &Window, testid: &str, words: &str) -> Result<()> {
    wait_for(PATIENCE, words, || {
        Ok(window.text(testid)?.contains(words).then_some(()))
    })
}

#[test]
fn a_token_is_stopped_in_the_window_and_its_receipt_is_kept() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let bank = world.issuer.bank(SHINKIN)?;
        let window = world.open()?;
        works(&window, &bank, CUSTOMER, 30)?;
        choose(&window, "menu-stop")?;
        visit(&window, "stop", language)?;
        // Only by a deliberate act.
        window.click("stop-send")?;
        ensure!(window.focused()?.as_deref() == Some("stop-check"));
        ensure!(world.proxy.calls_to("provisioning/stop").is_empty());
        window.click("stop-check")?;
        world.proxy.plan("provisioning/stop", Fault::LoseReply);
        window.click("stop-send")?;
        visit(&window, "stop-unanswered", language)?;
        window.close()?;

        // The request outlives the window, and its notice stands under the code.
        let window = world.open()?;
        wait_code(&window)?;
        window.click("notice-stop")?;
        window.wait_screen("stop-unanswered")?;
        window.click("stop-send")?;
        visit(&window, "stopped", language)?;
        let number = window.text("receipt-number")?;
        ensure!(number.len() == 10, "the receipt is {number}");
        let calls = world.proxy.calls_to("provisioning/stop");
        ensure!(calls.len() == 2 && calls[0].body == calls[1].body);
        ensure!(bank.token_state(CUSTOMER)?["state"] == "revoked");
        window.close()?;

        let window = world.open()?;
        window.wait_screen("stopped")?;
        ensure!(shown_code(&window)?.is_none(), "a code is shown");
        ensure!(window.text("receipt-number")? == number);
        let before = world.sandbox.keystore_names(APP_ID, "")?;
        window.click("remove")?;
        window.wait("remove-confirm")?;
        look(&window, "remove", language)?;
        window.click("remove-confirm")?;
        window.wait_screen("welcome")?;
        let after = world.sandbox.keystore_names(APP_ID, "")?;
        ensure!(after.len() < before.len(), "{after:?} of {before:?} stay");
        window.close()?;
    }
    Ok(())
}

#[test]
fn an_old_device_says_when_it_may_be_erased_and_not_before() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let bank = world.issuer.bank(SHINKIN)?;
        let window = world.open()?;
        // Not registered yet: it is taken for the new device.
        wait_code(&window)?;
        choose(&window, "menu-exchange")?;
        visit(&window, "exchange-new", language)?;
        window.click("exchange-code")?;
        works(&window, &bank, CUSTOMER, 30)?;
        // A check tells the app of its registration.
        choose(&window, "menu-check")?;
        window.wait("check-state")?;
        window.click("back")?;
        choose(&window, "menu-exchange")?;
        window.wait_screen("exchange")?;
        window.click("exchange-check")?;
        let not_yet = match language {
            Language::Japanese => "まだ交換されていません",
            Language::English => "Not exchanged yet",
        };
        says(&window, "exchange-said", not_yet)?;
        visit(&window, "exchange", language)?;
        ensure!(!window.has("erase-now")?);

        let new = world.skts()?.with_profile("new-phone");
        new.provision(SHINKIN)?.success()?;
        let serial = new.serials()?.pop().context("no token")?;
        window.click("exchange-code")?;
        exchange(&window, &bank, &new, &serial)?;

        choose(&window, "menu-exchange")?;
        window.click("exchange-check")?;
        visit(&window, "replaced", language)?;
        ensure!(window.has("erase-now")?, "it may be erased");
        window.click("remove")?;
        window.wait("remove-confirm")?;
        ensure!(!window.has("remove-warning")?, "it is over");
        window.click("remove-confirm")?;
        window.wait_screen("welcome")?;
        window.close()?;
    }
    Ok(())
}

/// 交換 at the bank: the code in the window, then serial and code of `new`.
fn exchange(
    window: &Window,
    bank: &skts_tests::issuer::Bank,
    new: &Skts<'_>,
    serial: &str,
) -> Result<()> {
    let proof = wait_for(Duration::from_secs(90), "a code that is taken", || {
        clock::leave_room(30, 8);
        let (proof, code) = (request_id(), wait_code(window)?);
        let verdict = bank.verify_as(&proof, CUSTOMER, &code)?;
        // Registration has used the code of its own step up.
        ensure!(verdict == "accepted" || verdict == "replayed", "{verdict}");
        if verdict == "replayed" {
            std::thread::sleep(Duration::from_secs(clock::secs_left(30)));
        }
        Ok((verdict == "accepted").then_some(proof))
    })?;
    let answer = bank.exchange(CUSTOMER, &proof, serial, &new.code(serial)?)?;
    ensure!(answer["verdict"] == "accepted", "{answer}");
    Ok(())
}

#[test]
fn a_token_that_ends_soon_says_so_and_another_is_added_by_the_menu() -> Result<()> {
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        let soon = ["--validity-days", "60", "--check-in-notice-days", "0"];
        let name = ("見本短期信用金庫", "Mihon Short Shinkin Bank");
        world.add_institution(SOON, "10000009", name, &soon)?;
        world.speak(language)?;
        world.skts()?.provision(SOON)?.success()?;
        let window = world.open()?;
        wait_code(&window)?;
        window.wait("notice-expiring")?;
        window.wait("notice-unchecked")?;
        clock::leave_room(30, 5);
        look(&window, "code-notices", language)?;
        window.click("notice-check")?;
        window.wait("check-clock")?;
        window.click("back")?;
        window.click("notice-renew")?;
        visit(&window, "expiring", language)?;
        window.click("renew-add")?;
        window.wait_screen("welcome")?;
        window.click("welcome-start")?;
        choose_institution(&window)?;
        agree(&window)?;
        finish(&window)?;
        wait_code(&window)?;
        ensure!(tokens(&world)? == 2, "there are not two tokens");

        // One in use goes only after a warning, and the other stays.
        choose(&window, "menu-tokens")?;
        window.wait_screen("tokens")?;
        window.click("token-remove")?;
        window.wait("remove-warning")?;
        look(&window, "remove-used", language)?;
        window.click("remove-keep")?;
        ensure!(tokens(&world)? == 2, "removed all the same");
        window.click("token-remove")?;
        window.click("remove-confirm")?;
        wait_code(&window)?;
        window.close()?;
        ensure!(tokens(&world)? == 1, "not removed");
    }
    Ok(())
}

/// How many tokens lie in the profile.
fn tokens(world: &World) -> Result<usize> {
    let tokens = world.sandbox.join("profile/tokens");
    Ok(fs::read_dir(tokens)?.count())
}

fn choose_institution(window: &Window) -> Result<()> {
    let choice = format!("institution-{SHINKIN}");
    window.click(&choice)
}
