//! What the system brings to the window: its way back, and pictures that nobody can block here.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use skts_tests::clock::wait_for;
use skts_tests::window::Window;

use crate::settings::open_settings;
use crate::tour::look;
use crate::{Language, World, ready_profile, wait_code};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the web view would find something to go back to, or nothing.
fn wait_can_go_back(window: &Window, expected: bool) -> Result<()> {
    wait_for(PATIENCE, "the entry of the history", || {
        let state = window.run("return history.state !== null", &json!([]))?;
        Ok((state == expected).then_some(()))
    })
}

/// What Android does when its button is pressed and there is something to go back to.
fn go_back(window: &Window) -> Result<()> {
    wait_can_go_back(window, true)?;
    window.send("/back", &json!({})).map(drop)
}

#[test]
fn the_systems_way_back_is_the_screens_own() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    wait_can_go_back(&window, false)?;
    for _ in 0..2 {
        open_settings(&window)?;
        go_back(&window)?;
        window.wait_screen("code")?;
        wait_can_go_back(&window, false)?;
    }
    // A menu is closed first, and the screen stays.
    window.click("menu")?;
    window.wait("menu-mode")?;
    go_back(&window)?;
    wait_for(PATIENCE, "the menu to close", || {
        Ok((!window.has("menu-mode")?).then_some(()))
    })?;
    ensure!(window.focused()?.as_deref() == Some("menu"));
    window.wait_screen("code")?;
    // Left by its own button, a screen leaves nothing to go back to.
    open_settings(&window)?;
    wait_can_go_back(&window, true)?;
    window.click("settings-done")?;
    window.wait_screen("code")?;
    wait_can_go_back(&window, false)
}

#[test]
fn the_settings_say_what_this_system_cannot_block() -> Result<()> {
    for (language, words) in [
        (Language::Japanese, "防ぐことができません"),
        (Language::English, "an app cannot prevent screenshots"),
    ] {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let window = world.open()?;
        wait_code(&window)?;
        open_settings(&window)?;
        let said = window.text("screenshots-open")?;
        ensure!(said.contains(words), "{said}");
        ensure!(!window.has("screenshots-allowed")?, "a promise");
        let script = "document.querySelector('[data-testid=screenshots-open]').scrollIntoView()";
        window.run(script, &json!([]))?;
        look(&window, "settings-screenshots", language)?;
    }
    Ok(())
}
