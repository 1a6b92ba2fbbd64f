//! The window once a token is there.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::{RENGO, SHINKIN, SHINKUMI};
use skts_tests::shots;
use skts_tests::webdriver::key;
use skts_tests::window::Window;

use crate::{
    CUSTOMER, Language, World, begin_activation, finish, ready_profile, send_activation,
    shown_code, shown_serial, wait_code, works,
};

/// Leaves whatever lies over the code.
pub(crate) fn back_to_code(window: &Window) -> Result<()> {
    for _ in 0..4 {
        let screen = window.screen()?.unwrap_or_default();
        if screen == "code" || screen.starts_with("code-") {
            return Ok(());
        }
        // Between question and click the screen may have gone by itself.
        let back = "const b = document.querySelector('[data-testid=\"back\"]'); b?.click();
            return !!b";
        if window.run(back, &json!([]))? != true {
            window.press(&[key::ESCAPE])?;
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    window.wait_screen("code")
}

#[test]
fn a_token_outlives_the_window() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let serial = ready_profile(&world)?;
    for _ in 0..2 {
        let window = world.open()?;
        window.wait_screen("code")?;
        ensure!(shown_serial(&window)? == serial);
        wait_code(&window)?;
        window.close()?;
    }
    let window = world.open()?;
    works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;
    window.kill_app()?;
    let window = world.open()?;
    window.wait_screen("code")?;
    ensure!(shown_serial(&window)? == serial);
    Ok(())
}

#[test]
fn the_code_changes_with_its_step_and_not_before() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    window.wait_screen("code")?;
    clock::leave_room(30, 8);
    let first = wait_code(&window)?;
    let left = clock::secs_left(30);
    std::thread::sleep(Duration::from_secs(left - 3));
    ensure!(
        wait_code(&window)? == first,
        "the code changed before its time"
    );
    let second = wait_for(Duration::from_secs(6), "the next code", || {
        Ok(shown_code(&window)?.filter(|code| *code != first))
    })?;
    let late_ms = clock::unix_millis() % 30_000;
    ensure!(late_ms < 1500, "the next code came {late_ms} ms late");
    window.close()?;
    ensure!(world.skts()?.code(&world.skts()?.serials()?[0])? == second);
    Ok(())
}

#[test]
fn nothing_jumps_when_the_code_is_copied_or_about_to_change() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let window = world.open()?;
        let first = wait_code(&window)?;
        let places = || {
            let script = "return ['code', 'copy-code', 'serial', 'expires-at'].map(id => {
                const box = document.querySelector(`[data-testid=\"${id}\"]`).getBoundingClientRect();
                return [id, Math.round(box.left), Math.round(box.top), Math.round(box.height)] })";
            window.run(script, &json!([]))
        };
        clock::leave_room(30, 13);
        std::thread::sleep(Duration::from_millis(500));
        let still = places()?;
        window.click("copy-code")?;
        wait_for(Duration::from_secs(3), "the word that it is copied", || {
            Ok((!window.text("status")?.is_empty()).then_some(()))
        })?;
        ensure!(places()? == still, "copying moves {still} to {}", places()?);
        wait_for(Duration::from_secs(30), "the end of the step", || {
            Ok((clock::secs_left(30) <= 3).then_some(()))
        })?;
        ensure!(
            !window.text("next-code")?.is_empty(),
            "the next code is not shown"
        );
        ensure!(
            places()? == still,
            "the last seconds move {still} to {}",
            places()?
        );
        window.click("copy-code")?;
        wait_for(Duration::from_secs(3), "the word for the next code", || {
            Ok((!window.text("status")?.is_empty()).then_some(()))
        })?;
        ensure!(
            places()? == still,
            "copying the next code moves {still} to {}",
            places()?
        );
        shots::save(&window, "copied-next", language.code())?;
        wait_for(Duration::from_secs(6), "the next code", || {
            Ok(shown_code(&window)?.filter(|code| *code != first))
        })?;
        ensure!(
            places()? == still,
            "the next code moves {still} to {}",
            places()?
        );
    }
    Ok(())
}

#[test]
fn the_serial_is_hidden_and_shown_by_the_mode_and_the_choice_is_kept() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let serial = ready_profile(&world)?;
    let window = world.open()?;
    window.wait_screen("code")?;
    window.click("menu")?;
    window.click("menu-mode")?;
    window.click("mode-plain")?;
    back_to_code(&window)?;
    window.wait_screen("code-plain")?;
    wait_code(&window)?;
    ensure!(
        !window.has("serial")?,
        "the serial is shown in the plain mode"
    );
    ensure!(
        !window.page_text()?.replace(' ', "").contains(&serial),
        "the serial is on the page"
    );
    window.close()?;
    let window = world.open()?;
    window.wait_screen("code-plain")?;
    window.click("menu")?;
    window.click("menu-mode")?;
    window.click("mode-standard")?;
    back_to_code(&window)?;
    window.wait_screen("code")?;
    ensure!(shown_serial(&window)? == serial);
    Ok(())
}

#[test]
fn six_and_eight_digits_are_one_choice_away_and_kept() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let (_, activation) = world.issue(RENGO)?;
    world.skts()?.activate(&activation)?.success()?;
    let window = world.open()?;
    clock::leave_room(30, 8);
    let first = wait_code(&window)?;
    let (other, screen) = if first.len() == 6 {
        ("mode-8", 8)
    } else {
        ("mode-6", 6)
    };
    window.click("menu")?;
    window.click("menu-mode")?;
    window.click(other)?;
    back_to_code(&window)?;
    let second = wait_for(Duration::from_secs(5), "the other length", || {
        Ok(shown_code(&window)?.filter(|code| code.len() == screen))
    })?;
    // Both are the same number, cut to their length.
    let (short, long) = if first.len() == 6 {
        (&first, &second)
    } else {
        (&second, &first)
    };
    ensure!(
        long.ends_with(short.as_str()),
        "{short} is not the end of {long}"
    );
    window.close()?;
    ensure!(wait_code(&world.open()?)?.len() == screen);
    Ok(())
}

#[test]
fn several_tokens_are_listed_chosen_and_removed() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let first = ready_profile(&world)?;
    let window = world.open()?;
    window.wait_screen("code")?;
    let (_, activation) = world.issue(SHINKUMI)?;
    window.click("menu")?;
    window.click("menu-add")?;
    begin_activation(&window)?;
    send_activation(&window, &activation)?;
    finish(&window)?;
    let second = shown_serial(&window)?;
    ensure!(second != first && second.len() == 9);
    window.click("menu")?;
    window.click("menu-tokens")?;
    window.wait_screen("tokens")?;
    let count = "return document.querySelectorAll('[data-testid=\"token-item\"]').length";
    ensure!(window.run(count, &json!([]))? == 2);
    // The second is put first, and says where it is; it is so after a new start.
    let listed = "return [...document.querySelectorAll('[data-testid=\"token-item\"] .serial')]
        .map(each => each.textContent.replaceAll(' ', ''))";
    ensure!(window.run(listed, &json!([]))? == json!([first, second]));
    let up = "document.querySelectorAll('[data-testid=\"token-up\"]')[1].click()";
    window.run(up, &json!([]))?;
    wait_for(Duration::from_secs(5), "the other order", || {
        Ok((window.run(listed, &json!([]))? == json!([second, first])).then_some(()))
    })?;
    ensure!(window.text("token-moved")?.ends_with("2件中1番目"));
    ensure!(window.focused()?.as_deref() == Some("token-down"));
    window.close()?;
    let window = world.open()?;
    wait_code(&window)?;
    window.click("menu")?;
    window.click("menu-tokens")?;
    window.wait_screen("tokens")?;
    ensure!(window.run(listed, &json!([]))? == json!([second, first]));
    window.click("token-show")?;
    back_to_code(&window)?;
    wait_for(Duration::from_secs(5), "the first token", || {
        Ok((window.has("serial")? && shown_serial(&window)? == first).then_some(()))
    })?;
    works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn the_serial_can_be_scanned() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    window.wait_screen("code")?;
    window.click("show-qr")?;
    window.wait_screen("serial-qr")?;
    let script = "const e = document.querySelector('[data-screen=\"serial-qr\"]');
        return !!e.querySelector('svg, img, canvas')";
    ensure!(
        window.run(script, &json!([]))? == true,
        "no QR code is shown"
    );
    Ok(())
}
