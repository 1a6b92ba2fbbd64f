//! The app's own lock: the PIN, the waits, the end, and what locks the app by itself.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::clock::wait_for;
use skts_tests::login::Login;
use skts_tests::machine::{self, Machine};
use skts_tests::webdriver::key;
use skts_tests::window::Window;

use crate::settings::{choose, open_settings};
use crate::tour::look;
use crate::{Language, World, ready_profile, wait_code};

const PIN: &str = "835107";
const OTHER: &str = "4926";

/// Locks the profile, which must have a token, by the PIN.
fn set_pin(world: &World) -> Result<()> {
    let set = world
        .skts()?
        .run_with(&["--pin-stdin", "pin", "set"], &format!("{PIN}\n"))?;
    set.success().map(drop)
}

/// Types a PIN at the lock and sends it by the keyboard.
fn enter(window: &Window, pin: &str) -> Result<()> {
    window.wait("pin")?;
    wait_for(Duration::from_secs(30), "the focus in the field", || {
        Ok((window.focused()?.as_deref() == Some("pin")).then_some(()))
    })?;
    window.type_into("pin", pin)?;
    window.press(&[key::ENTER])
}

/// Types a wrong one and waits for what is said of it.
fn refused(window: &Window, screen: &str, left: u32) -> Result<()> {
    enter(window, OTHER)?;
    wait_for(Duration::from_secs(30), "the word that it is wrong", || {
        let said = window.has("pin-refused")?;
        let text = if said {
            window.text("pin-refused")?
        } else {
            String::new()
        };
        Ok(text.contains(&left.to_string()).then_some(()))
    })?;
    window.wait_screen(screen)?;
    ensure!(window.screen()?.as_deref() == Some(screen));
    Ok(())
}

#[test]
fn a_pin_is_set_asked_for_waited_for_and_taken_off() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let window = world.open()?;
        let code = wait_code(&window)?;
        open_settings(&window)?;
        window.click("pin")?;
        window.wait_screen("pin")?;
        window.type_into("new-pin", "1234")?;
        window.type_into("again-pin", "1234")?;
        window.press(&[key::ENTER])?;
        wait_for(Duration::from_secs(30), "why it is refused", || {
            Ok((!window.text("new-pin-fault")?.is_empty()).then_some(()))
        })?;
        look(&window, "pin", language)?;
        window.type_into("new-pin", PIN)?;
        window.type_into("again-pin", PIN)?;
        window.press(&[key::ENTER])?;
        window.wait_screen("settings")?;
        window.wait("pin-done")?;
        window.wait("lock-after-five-minutes")?;
        look(&window, "settings-with-pin", language)?;
        window.click("lock-now")?;
        window.wait_screen("lock")?;
        let page = window.run("return document.documentElement.outerHTML", &json!([]))?;
        ensure!(
            !page.as_str().unwrap_or(&code).contains(&code),
            "a code behind the lock"
        );
        refused(&window, "lock", 9)?;
        look(&window, "lock", language)?;
        enter(&window, PIN)?;
        wait_code(&window)?;
        window.close()?;

        let window = world.open()?;
        window.wait_screen("lock")?;
        refused(&window, "lock", 9)?;
        refused(&window, "lock", 8)?;
        refused(&window, "lock-wait", 7)?;
        look(&window, "lock-wait", language)?;
        window.close()?;
        // Nor does a new start make it shorter.
        let window = world.open()?;
        window
            .wait_screen_for("lock-wait", Duration::from_secs(14))
            .ok();
        window.wait_screen_for("lock", Duration::from_secs(60))?;
        enter(&window, PIN)?;
        wait_code(&window)?;
        open_settings(&window)?;
        window.click("pin")?;
        window.wait_screen("pin")?;
        window.click("pin-what-remove")?;
        window.type_into("current-pin", PIN)?;
        window.click("pin-remove")?;
        window.wait_screen("settings")?;
        window.close()?;
        let window = world.open()?;
        wait_code(&window)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn after_ten_wrong_pins_the_bank_is_named_and_a_new_set_up_offered() -> Result<()> {
    machine::check()?;
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        set_pin(&world)?;
        // Nine, each later by what there is to wait.
        let mut secs = 0;
        for number in 1..10 {
            secs += 8_000;
            let skts = world
                .skts()?
                .on(&Machine::default().later(secs), &format!("later-{number}"))?;
            let tried = skts.run_with(&["--pin-stdin", "tokens"], &format!("{OTHER}\n"))?;
            ensure!(tried.status == Some(6), "{tried:?}");
        }
        let app = Machine::default()
            .later(secs + 8_000)
            .wrap(&world.app, &world.sandbox.join("app"))?;
        let window = world.open_as(&app)?;
        window.wait_screen("lock")?;
        enter(&window, OTHER)?;
        window.wait_screen_for("lock-ended", Duration::from_secs(30))?;
        look(&window, "lock-ended", language)?;
        window.click("start-over")?;
        window.click("start-over-confirm")?;
        window.wait_screen("welcome")?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn the_app_locks_itself_with_the_session_and_before_sleep() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    let login = Login::start(&mut world.sandbox)?;
    ready_profile(&world)?;
    set_pin(&world)?;
    let window = world.open()?;
    for cause in ["sleep", "lock", "screen"] {
        enter(&window, PIN)?;
        wait_code(&window)?;
        login.wait_asked()?;
        match cause {
            "sleep" => login.goes_to_sleep()?,
            "lock" => login.asks_to_lock()?,
            _ => login.says_locked()?,
        }
        window
            .wait_screen_for("lock", Duration::from_secs(30))
            .context(cause)?;
    }
    // Another user's session is nothing to it.
    enter(&window, PIN)?;
    wait_code(&window)?;
    login.asks_another_to_lock()?;
    login.wakes_up()?;
    choose(&window, "theme-dark")?;
    wait_code(&window)?;
    login.asks_to_lock()?;
    window.wait_screen_for("lock", Duration::from_secs(30))?;
    window.close()
}

#[test]
fn the_app_locks_itself_when_nobody_touches_it() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    set_pin(&world)?;
    let window = world.open()?;
    enter(&window, PIN)?;
    wait_code(&window)?;
    choose(&window, "lock-after-a-minute")?;
    wait_code(&window)?;
    window.wait_screen_for("lock", Duration::from_secs(180))?;
    window.close()
}
