//! The settings, and a code that is hidden by them.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::clock::{self, wait_for};
use skts_tests::painted::Eye;
use skts_tests::shots;
use skts_tests::webdriver::key;
use skts_tests::window::Window;

use crate::clipboard::copy;
use crate::set_up::tab_to;
use crate::{Language, World, ready_profile, wait_code};

/// The pages' grounds, as CSS and as the screen has them.
const DARK: &str = "rgb(18, 22, 27)";
const LIGHT: &str = "rgb(244, 246, 248)";

/// Opens the settings from the screen with the menu.
pub(crate) fn open_settings(window: &Window) -> Result<()> {
    window.click("menu")?;
    window.click("menu-settings")?;
    window.wait_screen("settings")
}

/// Chooses `choice` in the settings, and leaves them.
pub(crate) fn choose(window: &Window, choice: &str) -> Result<()> {
    open_settings(window)?;
    window.click(choice)?;
    window.click("settings-done")
}

/// Whether `digits` are anywhere in the page, grouped or not: text, attribute or what is only read out.
fn in_page(window: &Window, digits: &str) -> Result<bool> {
    // The text without its tags, as each group has an element of its own, and the attributes.
    let script = "const e = document.documentElement; return e.textContent + e.outerHTML";
    let page = window.run(script, &json!([]))?;
    let page = page.as_str().context("no page")?;
    let (front, back) = digits.split_at(digits.len() / 2);
    Ok(page.contains(digits) || page.contains(&format!("{front} {back}")))
}

/// The page's ground and the size of its text in pixels.
fn look(window: &Window) -> Result<(String, String)> {
    let script = "const s = getComputedStyle(document.documentElement);
        return [s.backgroundColor, s.fontSize]";
    let look = window.run(script, &json!([]))?;
    let part = |at: usize| look[at].as_str().unwrap_or_default().to_owned();
    Ok((part(0), part(1)))
}

#[test]
fn a_hidden_code_is_nowhere_in_the_page_until_it_is_asked_for() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    choose(&window, "hide-code-always")?;
    window.wait_screen("code-hidden")?;
    window.close()?;

    let window = world.open()?;
    window.wait_screen("code-hidden")?;
    window.wait("show-code")?;
    clock::leave_room(30, 12);
    let (code, _) = copy(&world, &window)?;
    ensure!(!in_page(&window, &code)?, "{code} is in the page");
    tab_to(&window, "show-code")?;
    window.press(&[key::ENTER])?;
    ensure!(wait_code(&window)? == code);
    ensure!(window.focused()?.as_deref() == Some("code"));
    ensure!(
        in_page(&window, &code)?,
        "what is looked for cannot be found"
    );
    window.click("hide-code")?;
    window.wait_screen("code-hidden")?;
    ensure!(!in_page(&window, &code)?, "{code} is in the page again");
    // Nor is the next one, when its time has come.
    wait_for(Duration::from_secs(30), "the last seconds", || {
        Ok((clock::secs_left(30) <= 4).then_some(()))
    })?;
    let (next, _) = copy(&world, &window)?;
    ensure!(
        next != code && !in_page(&window, &next)?,
        "the next code is in the page"
    );
    Ok(())
}

#[test]
fn a_code_is_hidden_once_the_window_has_lost_the_focus() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    let focused = || {
        wait_for(Duration::from_secs(5), "the focus", || {
            let focus = window.run("return document.hasFocus()", &json!([]))?;
            Ok((focus == true).then_some(()))
        })
    };
    focused()?;
    // Not unless it is wanted.
    world.display.give_focus_to_nobody()?;
    std::thread::sleep(Duration::from_millis(500));
    window.wait_screen("code")?;
    world.display.give_focus_to_the_window()?;
    focused()?;
    choose(&window, "hide-code-unfocused")?;
    window.wait_screen("code")?;
    let code = wait_code(&window)?;
    world.display.give_focus_to_nobody()?;
    window.wait_screen("code-hidden")?;
    ensure!(!in_page(&window, &code)?, "{code} is in the page");
    world.display.give_focus_to_the_window()?;
    focused()?;
    window.wait_screen("code-hidden")?;
    window.click("show-code")?;
    wait_code(&window)?;
    Ok(())
}

#[test]
fn nothing_jumps_when_the_code_is_hidden_and_shown() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    let places = || {
        let script = "return ['copy-code', 'seconds', 'serial', 'expires-at'].map(id => {
            const box = document.querySelector(`[data-testid=\"${id}\"]`).getBoundingClientRect();
            return [id, Math.round(box.left), Math.round(box.top), Math.round(box.height)] })";
        window.run(script, &json!([]))
    };
    choose(&window, "hide-code-always")?;
    window.wait_screen("code-hidden")?;
    window.wait("show-code")?;
    clock::leave_room(30, 14);
    std::thread::sleep(Duration::from_millis(500));
    let hidden = places()?;
    window.click("show-code")?;
    wait_code(&window)?;
    std::thread::sleep(Duration::from_millis(500));
    ensure!(
        places()? == hidden,
        "showing moves {hidden} to {}",
        places()?
    );
    Ok(())
}

#[test]
fn settings_hold_at_once_and_after_a_new_start() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    open_settings(&window)?;
    for (theme, ground) in [
        ("theme-dark", DARK),
        ("theme-light", LIGHT),
        ("theme-dark", DARK),
    ] {
        window.click(theme)?;
        let (shown, _) = look(&window)?;
        ensure!(shown == ground, "{theme}: {shown}");
    }
    shots::save(&window, "settings-dark", "ja")?;
    for (size, pixels) in [("large", "20px"), ("larger", "24px"), ("largest", "32px")] {
        let control = format!("text-size-{size}");
        let top = || {
            let script = "return document.querySelector(`[data-testid=\"${arguments[0]}\"]`)
                .getBoundingClientRect().top";
            let top = window.run(script, &json!([control]))?;
            top.as_f64().context("no place")
        };
        let before = top()?;
        window.click(&control)?;
        let (_, shown) = look(&window)?;
        ensure!(shown == pixels, "{size}: {shown}");
        let moved = top()? - before;
        // At the top of the page there is nothing left to scroll back.
        ensure!(
            moved.abs() <= 8.0,
            "{size}: what was touched moved by {moved}"
        );
    }
    window.click("language-en")?;
    window.click("clear-after-a-minute")?;
    shots::save(&window, "settings-largest", "en")?;
    window.close()?;

    let window = world.open()?;
    wait_code(&window)?;
    ensure!(look(&window)? == (DARK.to_owned(), "32px".to_owned()));
    let language = window.run("return document.documentElement.lang", &json!([]))?;
    ensure!(language == Language::English.code(), "{language}");
    shots::save(&window, "code-largest-dark", "en")?;
    clock::leave_room(30, 8);
    let (_, said) = copy(&world, &window)?;
    ensure!(said == "Copied (cleared in 60 seconds)", "it says {said}");
    Ok(())
}

/// Opens the window and asserts that no more of it than its text was ever light.
fn starts_dark(world: &World) -> Result<Window> {
    let eye = Eye::open(world.display.name())?;
    let seen = std::thread::spawn(move || eye.lightest(Duration::from_secs(6)));
    let window = world.open()?;
    wait_code(&window)?;
    let lightest = seen.join().ok().context("the eye was lost")??;
    ensure!(lightest < 0.2, "{lightest} of the window was light");
    let (ground, _) = look(&window)?;
    ensure!(ground == DARK, "the page is {ground}");
    Ok(window)
}

#[test]
fn a_dark_window_is_dark_from_its_first_moment() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    // A light one is seen to be light.
    let part = Eye::open(world.display.name())?.light_part()?;
    ensure!(part.is_some_and(|part| part > 0.5));
    choose(&window, "theme-dark")?;
    wait_code(&window)?;
    window.close()?;
    starts_dark(&world)?.close()
}

#[test]
fn a_window_follows_a_dark_system_from_its_first_moment_unless_it_was_set_to_be_light() -> Result<()>
{
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let settings = world.sandbox.join("gtk/gtk-3.0");
    fs::create_dir_all(&settings)?;
    let dark = "[Settings]\ngtk-application-prefer-dark-theme=1\n";
    fs::write(settings.join("settings.ini"), dark)?;
    world
        .sandbox
        .set("XDG_CONFIG_HOME", world.sandbox.join("gtk"));
    let window = starts_dark(&world)?;
    choose(&window, "theme-light")?;
    wait_code(&window)?;
    ensure!(look(&window)?.0 == LIGHT);
    window.close()?;
    let window = world.open()?;
    wait_code(&window)?;
    ensure!(look(&window)?.0 == LIGHT);
    Ok(())
}
