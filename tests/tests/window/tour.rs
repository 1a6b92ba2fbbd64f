//! Every screen in both languages: a picture, and nothing for axe-core to find.

use std::fs;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::{RENGO, SHINKUMI};
use skts_tests::machine::{self, Machine};
use skts_tests::programs::have;
use skts_tests::proxy::Fault;
use skts_tests::sandbox::copy_folder;
use skts_tests::shots;
use skts_tests::skts::APP_ID;
use skts_tests::tpm::Tpm;
use skts_tests::webdriver::key;
use skts_tests::window::Window;
use skts_tests::{axe, layout};

use crate::every_day::back_to_code;
use crate::settings::{choose, open_settings};
use crate::{
    Language, PASSWORD, World, agree, begin_activation, fill_and_send, finish, ready_profile,
    send_activation, shown_code, wait_code,
};

/// Where the title breaks but between words or the phrases its catalogue marks; empty if nowhere.
const TORN_TITLE: &str = "
    const text = document.querySelector('h1')?.firstChild;
    const range = document.createRange();
    let line;
    for (let at = 0; at < (text?.length ?? 0); at += 1) {
        if (/[\\s\\u200b]/.test(text.data[at])) { line = undefined; continue; }
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        // A first letter of a line has a second box, the empty end of the line before.
        const top = [...range.getClientRects()].at(-1)?.top;
        if (line !== undefined && Math.abs(top - line) > 4) return text.data.slice(0, at);
        line = top;
    }
    return ''";

/// WCAG 2.2, 1.4.10: the width that a page has to do with.
const NARROWEST: u32 = 320;

/// Takes the picture of `screen`, which must be the one shown, and has axe-core look at it.
pub(crate) fn visit(window: &Window, screen: &str, language: Language) -> Result<()> {
    window.wait_screen(screen)?;
    let shown = window.run(
        "return document.documentElement.lang",
        &serde_json::json!([]),
    )?;
    ensure!(
        shown == language.code(),
        "{screen} is in {shown}, not {}",
        language.code()
    );
    // Fades shall be over, and no code change meanwhile.
    clock::leave_room(30, 5);
    std::thread::sleep(Duration::from_millis(350));
    let torn = window.run(TORN_TITLE, &serde_json::json!([]))?;
    ensure!(
        torn == "",
        "{screen}: the title breaks inside a phrase: {torn}"
    );
    look(window, screen, language)
}

/// Takes the picture `name` of what is shown, has axe-core look at it, and sees that it keeps its layout.
pub(crate) fn look(window: &Window, name: &str, language: Language) -> Result<()> {
    shots::save(window, name, language.code())?;
    let place = format!("{name} in {}", language.code());
    axe::check(window, &place)?;
    layout::check(window, &place)?;
    let size = window.run("return [innerWidth, innerHeight]", &serde_json::json!([]))?;
    let size: (u32, u32) = serde_json::from_value(size)?;
    window.resize(NARROWEST, size.1)?;
    shots::save(window, &format!("{name}-narrow"), language.code())?;
    layout::check(window, &format!("{place}, {NARROWEST} wide"))?;
    window.resize(size.0, size.1)
}

#[test]
fn first_use() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        let window = world.open()?;
        let (_, activation) = world.issue(SHINKUMI)?;
        visit(&window, "welcome", language)?;
        window.click("welcome-activate")?;
        visit(&window, "consent", language)?;
        agree(&window)?;
        visit(&window, "setup", language)?;
        fill_and_send(
            &window,
            &activation.service_id,
            &activation.user_id,
            "73914629",
        )?;
        visit(&window, "setup-wrong", language)?;
        window.click("retry")?;
        window.wait_screen("setup")?;
        world.proxy.plan("activation/begin", Fault::HoldReply);
        world.proxy.plan("activation/finish", Fault::LoseReply);
        send_activation(&window, &activation)?;
        world.proxy.wait_held()?;
        visit(&window, "setup-sending", language)?;
        world.proxy.release();
        visit(&window, "setup-network", language)?;
        world.proxy.plan("activation/finish", Fault::Busy(20));
        window.click("resume")?;
        visit(&window, "setup-busy", language)?;
        window.close()?;
        let window = world.open()?;
        visit(&window, "setup-resume", language)?;
        window.click("resume")?;
        visit(&window, "setup-done", language)?;
        finish(&window)?;
    }
    Ok(())
}

#[test]
fn every_day() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let window = world.open()?;
        wait_code(&window)?;
        visit(&window, "code", language)?;
        window.click("copy-code")?;
        visit_beside(&window, "copied", language)?;
        window.click("show-qr")?;
        visit(&window, "serial-qr", language)?;
        back_to_code(&window)?;
        window.click("menu")?;
        window.wait("menu-mode")?;
        visit_beside(&window, "menu", language)?;
        window.press(&[key::ESCAPE])?;
        window.click("menu")?;
        window.click("menu-stores")?;
        window.wait("store-computer")?;
        visit(&window, "store-qr", language)?;
        back_to_code(&window)?;
        window.click("menu")?;
        window.click("menu-about")?;
        visit(&window, "about", language)?;
        window.click("diagnostics")?;
        window.wait("findings")?;
        visit(&window, "diagnostics", language)?;
        back_to_code(&window)?;
        open_settings(&window)?;
        visit(&window, "settings", language)?;
        window.run(
            "scrollTo(0, document.body.scrollHeight)",
            &serde_json::json!([]),
        )?;
        shots::save(&window, "settings-end", language.code())?;
        window.click("hide-code-always")?;
        window.click("settings-done")?;
        window.wait("show-code")?;
        visit(&window, "code-hidden", language)?;
        choose(&window, "hide-code-never")?;
        window.click("menu")?;
        window.click("menu-mode")?;
        visit(&window, "mode", language)?;
        window.click("mode-plain")?;
        back_to_code(&window)?;
        visit(&window, "code-plain", language)?;
        window.close()?;

        let (_, activation) = world.issue(RENGO)?;
        world.skts()?.activate(&activation)?.success()?;
        let window = world.open()?;
        wait_code(&window)?;
        window.click("menu")?;
        window.click("menu-tokens")?;
        visit(&window, "tokens", language)?;
        back_to_code(&window)?;
        for (button, digits, screen) in [("mode-8", 8, "code-8"), ("mode-6", 6, "code-6")] {
            window.click("menu")?;
            window.click("menu-mode")?;
            window.click(button)?;
            back_to_code(&window)?;
            wait_for(Duration::from_secs(5), screen, || {
                Ok(shown_code(&window)?.filter(|code| code.len() == digits))
            })?;
            visit(&window, screen, language)?;
        }
    }
    Ok(())
}

/// A screen that lies over another one: it is known by its name, wherever it is in the page.
fn visit_beside(window: &Window, screen: &str, language: Language) -> Result<()> {
    let script = "return !!document.querySelector(`[data-screen=\"${arguments[0]}\"]`)";
    wait_for(Duration::from_secs(10), screen, || {
        Ok((window.run(script, &serde_json::json!([screen]))? == true).then_some(()))
    })?;
    clock::leave_room(30, 5);
    std::thread::sleep(Duration::from_millis(350));
    look(window, screen, language)
}

#[test]
fn when_something_is_wrong() -> Result<()> {
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let profile = world.skts()?.profile().to_owned();

        world.sandbox.lock_keyring()?;
        opened(&world, "keystore-locked", language)?;
        world.sandbox.stop_keyring()?;
        opened(&world, "keystore-absent", language)?;
        world.sandbox.restart_keyring()?;

        let device = profile.join("device.skts");
        let good = fs::read(&device)?;
        fs::write(&device, &good[..good.len() / 2])?;
        opened(&world, "corrupt", language)?;
        fs::remove_file(&device)?;
        opened(&world, "device-key-gone", language)?;
        fs::write(&device, &good)?;

        if machine::check().is_ok() {
            let app = Machine::other("00112233445566778899aabbccddeeff")
                .wrap(&world.app, &world.sandbox.join("elsewhere"))?;
            let window = world.open_as(&app)?;
            visit(&window, "other-device", language)?;
            window.close()?;
        } else {
            have(&["a kernel that allows private mounts"])?;
        }

        world.sandbox.delete_keystore_items(APP_ID, "")?;
        opened(&world, "item-missing", language)?;
    }
    Ok(())
}

#[test]
fn when_the_chip_is_in_the_way() -> Result<()> {
    if !have(&["swtpm"])? {
        return Ok(());
    }
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        let mut chip = Tpm::start(world.sandbox.join("chip"))?;
        world.sandbox.set("SKTS_TPM", chip.socket());
        world.speak(language)?;
        ready_profile(&world)?;
        // Somebody else keeps it busy, longer than anybody waits.
        let busy = UnixStream::connect(chip.socket())?;
        let window = world.open()?;
        visit(&window, "opening", language)?;
        visit(&window, "chip-busy", language)?;
        drop(busy);
        window.click("retry")?;
        wait_code(&window)?;
        window.close()?;
        chip.switch_off()?;
        let window = world.open()?;
        visit(&window, "chip-absent", language)?;
        chip.switch_on()?;
        window.click("retry")?;
        wait_code(&window)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn what_the_service_says_of_a_token() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let profile = world.skts()?.profile().to_owned();
        let backup = world.sandbox.join("backup");
        copy_folder(&profile, &backup)?;
        let window = world.open()?;
        wait_code(&window)?;
        window.click("menu")?;
        window.click("menu-check")?;
        window.wait("check-clock")?;
        visit(&window, "check", language)?;
        window.close()?;

        // What was checked in is put back to before.
        copy_folder(&backup, &profile)?;
        let window = world.open()?;
        wait_code(&window)?;
        window.click("menu")?;
        window.click("menu-check")?;
        visit(&window, "suspected-copy", language)?;
        window.close()?;
        // It is remembered, and no code is shown.
        let window = world.open()?;
        window.wait_screen("suspected-copy")?;
        ensure!(shown_code(&window)?.is_none(), "a code is shown");
        window.close()?;
    }
    Ok(())
}

#[test]
fn a_keyring_that_keeps_one_waiting() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::with_prompt()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        world.sandbox.lock_keyring()?;
        let window = world.open()?;
        visit(&window, "opening", language)?;
        visit(&window, "keystore-slow", language)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn the_language_is_chosen_in_the_window_and_kept() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    let language = |window: &Window| -> Result<String> {
        let shown = window.run(
            "return document.documentElement.lang",
            &serde_json::json!([]),
        )?;
        Ok(shown.as_str().unwrap_or_default().to_owned())
    };
    // Before anybody chose: the session's language, and Japanese where it names none.
    for (session, expected) in [
        ("en_GB.UTF-8", "en"),
        ("ja_JP.UTF-8", "ja"),
        ("C.UTF-8", "ja"),
    ] {
        world.sandbox.set("LANG", session);
        let window = world.open()?;
        window.wait_screen("welcome")?;
        let shown = language(&window)?;
        ensure!(shown == expected, "{session}: {shown}");
        window.close()?;
    }
    let window = world.open()?;
    window.wait_screen("welcome")?;
    for _ in 0..2 {
        let (before, words) = (language(&window)?, window.page_text()?);
        window.click("language")?;
        wait_for(Duration::from_secs(5), "the other language", || {
            Ok((language(&window)? != before).then_some(()))
        })?;
        ensure!(window.page_text()? != words, "the words are the same");
    }
    window.click("language")?;
    let chosen = language(&window)?;
    // The driver ends the app where a customer closes its window: not before the choice is written.
    let kept = format!("\"language\": \"{chosen}\"");
    let prefs = world.sandbox.join("profile/prefs.json");
    wait_for(Duration::from_secs(5), "the choice to be kept", || {
        let text = fs::read_to_string(&prefs).unwrap_or_default();
        Ok(text.contains(&kept).then_some(()))
    })?;
    window.close()?;
    let window = world.open()?;
    window.wait_screen("welcome")?;
    ensure!(language(&window)? == chosen, "the language was not kept");
    // Setting a token up keeps it too.
    let (_, activation) = world.issue(SHINKUMI)?;
    begin_activation(&window)?;
    fill_and_send(
        &window,
        &activation.service_id,
        &activation.user_id,
        PASSWORD,
    )?;
    finish(&window)?;
    window.close()?;
    let window = world.open()?;
    wait_code(&window)?;
    ensure!(
        language(&window)? == chosen,
        "the set-up forgot the language"
    );
    Ok(())
}

fn opened(world: &World, screen: &str, language: Language) -> Result<()> {
    let window = world.open()?;
    visit(&window, screen, language)?;
    window.close()
}
