//! 取引認証 in the window: typed or scanned, shown whole, signed, and taken by the service.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use skts_tests::clock::wait_for;
use skts_tests::issuer::{Bank, SHINKIN, SHINKUMI};
use skts_tests::qr;
use skts_tests::webdriver::key;
use skts_tests::window::Window;

use crate::clipboard::held;
use crate::settings::choose;
use crate::tour::visit;
use crate::{CUSTOMER, Language, World, ready_profile, wait_code, works};

/// Longer than a line of any size of text.
const LONG_NAME: &str =
    "カ)ミホンシヨウジ トウキヨウシテンケンチクブ ダイニエイギヨウカ カンリガカリ";

fn payment(name: &str, amount: &str) -> Value {
    json!({
        "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
        "account_number": "1234567", "payee_name": name, "amount_yen": amount,
    })
}

/// A window with a registered token, in the mode 取引認証.
fn signing(world: &World) -> Result<(Window, Bank)> {
    ready_profile(world)?;
    let bank = world.issuer.bank(SHINKIN)?;
    let window = world.open()?;
    works(&window, &bank, CUSTOMER, 30)?;
    to_mode(&window)?;
    Ok((window, bank))
}

fn to_mode(window: &Window) -> Result<()> {
    window.click("menu")?;
    window.click("menu-mode")?;
    window.click("mode-signing")?;
    wait_pressed(window, "mode-signing")?;
    window.click("mode-done")?;
    window.wait_screen("sign")
}

fn wait_pressed(window: &Window, testid: &str) -> Result<()> {
    let script = "const e = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
        return e?.getAttribute('aria-pressed') === 'true'";
    wait_for(Duration::from_secs(30), testid, || {
        Ok((window.run(script, &json!([testid]))? == true).then_some(()))
    })
}

fn picture(world: &World, text: &str) -> Result<PathBuf> {
    let file = world.sandbox.join("code.png");
    fs::write(&file, qr::png(text)?)?;
    Ok(file)
}

/// Chooses `file` in the window, as its dialog would.
fn choose_file(window: &Window, file: &std::path::Path) -> Result<()> {
    window.type_into("qr-file", file.to_str().context("a path that is no text")?)
}

/// Puts a picture on the clipboard, as a program that copies a part of the screen does.
fn copy_picture(world: &World, file: &std::path::Path) -> Result<()> {
    let status = world
        .sandbox
        .command("xclip")
        .args(["-i", "-selection", "clipboard", "-t", "image/png"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "xclip took nothing");
    Ok(())
}

fn wait_problem(window: &Window, code: &str) -> Result<()> {
    let script = "return document.querySelector('[data-testid=\"problem\"]')?.dataset.code ?? ''";
    let mut last = Value::Null;
    wait_for(Duration::from_secs(30), code, || {
        last = window.run(script, &json!([]))?;
        Ok((last == code).then_some(()))
    })
    .with_context(|| format!("found {last}"))
}

/// Signs what is shown; the digits.
fn sign(window: &Window) -> Result<String> {
    window.click("sign-sign")?;
    window.wait_screen_for("sign-result", Duration::from_secs(30))?;
    let digits = window.text("signature")?;
    Ok(digits.chars().filter(char::is_ascii_digit).collect())
}

/// Whether any text of the payment is cut off or wider than the window.
fn is_whole(window: &Window) -> Result<bool> {
    let script = "const payment = document.querySelector('[data-testid=\"payment\"]');
        const fits = e => e.scrollWidth <= e.clientWidth + 1 && getComputedStyle(e).overflow === 'visible'
            && getComputedStyle(e).textOverflow === 'clip';
        return document.documentElement.scrollWidth <= innerWidth
            && [payment, ...payment.querySelectorAll('dd, dt')].every(fits)";
    Ok(window.run(script, &json!([]))? == true)
}

#[test]
fn a_scanned_transfer_is_shown_whole_signed_and_accepted_in_both_languages() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        let (window, bank) = signing(&world)?;
        visit(&window, "sign", language)?;
        let paid = payment("ミホン ハナコ", "1250000");
        let (challenge, to_sign) = bank.begin_signature(CUSTOMER, &paid)?;
        let file = picture(&world, &qr::signing_text(&to_sign)?)?;
        choose_file(&window, &file)?;
        visit(&window, "sign-review", language)?;
        ensure!(window.text("payment-name")? == "ミホン ハナコ");
        ensure!(window.text("payment-number")? == "1234567");
        let amount = window.text("payment-amount")?;
        ensure!(amount.starts_with("1,250,000"), "the amount is {amount}");
        let signature = sign(&window)?;
        visit(&window, "sign-result", language)?;
        ensure!(window.text("payment-name")? == "ミホン ハナコ");
        let verdict = bank.verify_signature(CUSTOMER, &challenge, &signature)?;
        ensure!(verdict == "accepted", "{verdict}");
        window.click("sign-copy")?;
        let copied = wait_for(Duration::from_secs(30), "the signature", || held(&world))?;
        ensure!(
            copied == signature,
            "{copied} was copied, {signature} is shown"
        );
        // The customer asks for it, and it is read out digit by digit.
        window.click("sign-speak")?;
        let heard = window.text("sign-heard")?;
        let between = if language == Language::Japanese {
            "・"
        } else {
            " "
        };
        ensure!(heard.split(between).count() == 8, "it says {heard}");
    }
    Ok(())
}

#[test]
fn a_transfer_is_typed_by_the_keyboard_alone_and_the_mode_is_kept() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let (window, bank) = signing(&world)?;
    window.close()?;
    let window = world.open()?;
    window.wait_screen("sign")?;
    let (challenge, _) = bank.begin_signature(CUSTOMER, &payment("ミホン ハナコ", "50000"))?;
    window.click("sign-bank")?;
    window.press(&["9", "9", "9", "9", key::TAB, "0", "0", "1"])?;
    // Past the kind of account: 普通 is chosen.
    window.press(&[key::TAB, key::TAB])?;
    window.press(&["1", "2", "3", "4", "5", "6", "7", key::TAB])?;
    window.type_into("sign-name", "みほん　はなこ")?;
    window.press(&[key::TAB])?;
    window.press(&["5", "0", ",", "0", "0", "0", key::ENTER])?;
    window.wait_screen_for("sign-review", Duration::from_secs(30))?;
    ensure!(window.text("payment-name")? == "ミホン ハナコ");
    let signature = sign(&window)?;
    let verdict = bank.verify_signature(CUSTOMER, &challenge, &signature)?;
    ensure!(verdict == "accepted", "{verdict}");
    window.click("sign-another")?;
    window.wait_screen("sign")?;
    ensure!(window.value("sign-name")?.is_empty());
    window.click("sign-to-code")?;
    wait_code(&window)?;
    Ok(())
}

#[test]
fn a_picture_on_the_clipboard_is_read_and_one_of_anything_else_says_so() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let (window, bank) = signing(&world)?;
    let (_, to_sign) = bank.begin_signature(CUSTOMER, &payment("ミホン ハナコ", "50000"))?;
    let text = qr::signing_text(&to_sign)?;
    copy_picture(&world, &picture(&world, &text)?)?;
    window.click("qr-clipboard")?;
    window.wait_screen_for("sign-review", Duration::from_secs(30))?;
    window.click("sign-change")?;
    window.wait_screen("sign")?;
    ensure!(window.value("sign-name")? == "ミホン ハナコ");

    let theirs = world.issuer.bank(SHINKUMI)?;
    let (_, other) = theirs.begin_signature(CUSTOMER, &payment("ミホン ハナコ", "50000"))?;
    let bytes = "\u{e9}x".repeat(600);
    for (text, code) in [
        ("https://bank.example/app", "qr-not-payment"),
        (&bytes, "qr-not-payment"),
        (&text.replace("=50000", "=90000"), "qr-damaged"),
        (&qr::signing_text(&other)?, "qr-other-institution"),
    ] {
        choose_file(&window, &picture(&world, text)?)?;
        wait_problem(&window, code)?;
    }
    let file = world.sandbox.join("page.png");
    fs::write(&file, b"%PDF-1.7")?;
    choose_file(&window, &file)?;
    wait_problem(&window, "qr-unreadable")?;
    // Text is read as a code's own, and this is none.
    crate::clipboard::put(&world, "printf elsewhere")?;
    window.click("qr-clipboard")?;
    wait_problem(&window, "qr-not-payment")?;
    ensure!(
        window.value("sign-name")? == "ミホン ハナコ",
        "what was there is gone"
    );
    Ok(())
}

#[test]
fn the_longest_transfer_is_whole_at_the_largest_text() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        let (window, bank) = signing(&world)?;
        choose(&window, "text-size-largest")?;
        window.wait_screen("sign")?;
        let paid = payment(LONG_NAME, "9999999999999");
        let (_, to_sign) = bank.begin_signature(CUSTOMER, &paid)?;
        choose_file(&window, &picture(&world, &qr::signing_text(&to_sign)?)?)?;
        window.wait_screen_for("sign-review", Duration::from_secs(30))?;
        ensure!(window.text("payment-name")? == LONG_NAME);
        ensure!(is_whole(&window)?, "something is cut off");
        skts_tests::shots::save(&window, "sign-review-largest", language.code())?;
        sign(&window)?;
        ensure!(is_whole(&window)?, "something is cut off");
        skts_tests::shots::save(&window, "sign-result-largest", language.code())?;
        // A check that sees nothing would pass as well.
        let cut = "const e = document.querySelector('[data-testid=\"payment-name\"]');
            e.parentElement.style.cssText = 'overflow: hidden; white-space: nowrap';
            e.style.cssText = 'overflow: hidden; white-space: nowrap'";
        window.run(cut, &json!([]))?;
        ensure!(!is_whole(&window)?, "what is cut off is not seen");
    }
    Ok(())
}
