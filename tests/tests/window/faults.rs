//! Every fault has its screen, and nothing is destroyed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::SHINKIN;
use skts_tests::machine::{self, Machine};
use skts_tests::programs::have;
use skts_tests::sandbox::Keyring;
use skts_tests::search::files_below;
use skts_tests::skts::APP_ID;
use skts_tests::window::Window;

use crate::{CUSTOMER, World, begin_self_provisioning, ready_profile, wait_code, works};

#[test]
fn a_locked_keyring_is_said_and_tried_again() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    world.sandbox.lock_keyring()?;
    let window = world.open()?;
    window.wait_screen("keystore-locked")?;
    world.sandbox.restart_keyring()?;
    window.click("retry")?;
    window.wait_screen("code")?;
    works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn an_absent_keyring_is_said_and_tried_again() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    world.sandbox.stop_keyring()?;
    let window = world.open()?;
    window.wait_screen("keystore-absent")?;
    world.sandbox.restart_keyring()?;
    window.click("retry")?;
    window.wait_screen("code")?;
    wait_code(&window).map(drop)
}

#[test]
fn the_diagnostics_say_what_is_missing_and_see_when_it_is_back() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    let serial = ready_profile(&world)?;
    world.sandbox.stop_keyring()?;
    let window = world.open()?;
    window.wait_screen("keystore-absent")?;
    window.click("diagnostics")?;
    window.wait("findings")?;
    let bad = |window: &Window| {
        let script = "return [...document.querySelectorAll('[data-health=\"bad\"] dt')]
            .map(each => each.textContent).join()";
        window.run(script, &serde_json::json!([]))
    };
    let found = bad(&window)?;
    ensure!(found == "鍵保管,プロファイル", "{found}");
    world.sandbox.restart_keyring()?;
    window.click("diagnostics-again")?;
    wait_for(Duration::from_secs(10), "a good report", || {
        Ok((window.has("findings")? && bad(&window)? == "").then_some(()))
    })?;
    ensure!(!window.page_text()?.replace(' ', "").contains(&serial));
    window.click("diagnostics-copy")?;
    wait_for(Duration::from_secs(5), "the word that it is copied", || {
        Ok((window.text("diagnostics-said")? == "コピーしました").then_some(()))
    })?;
    window.click("back")?;
    window.wait_screen("code")?;
    wait_code(&window).map(drop)
}

#[test]
fn no_token_is_asked_for_without_a_keyring() -> Result<()> {
    for keyring in [Keyring::Absent, Keyring::NoBus] {
        let Some(world) = World::with(keyring)? else {
            return Ok(());
        };
        let window = world.open()?;
        begin_self_provisioning(&window)?;
        window.wait_screen("keystore-absent")?;
        ensure!(world.proxy.calls().is_empty(), "the service was asked");
    }
    Ok(())
}

#[test]
fn a_slow_keyring_is_said_after_five_seconds_and_the_window_stays_alive() -> Result<()> {
    let Some(world) = World::with_prompt()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    world.sandbox.lock_keyring()?;
    let started = clock::now();
    let window = world.open()?;
    // The frame is painted while the keystore has not answered, and waits for nothing.
    window.wait_screen("opening")?;
    window.wait_painted()?;
    ensure!(
        window.screen()?.as_deref() == Some("opening"),
        "painted too late"
    );
    window.wait_screen("keystore-slow")?;
    ensure!(
        started.elapsed().as_secs() < 12,
        "it took {:?}",
        started.elapsed()
    );
    let before = clock::now();
    window.page_text()?;
    ensure!(
        before.elapsed().as_millis() < 1000,
        "the window does not answer"
    );
    Ok(())
}

#[test]
fn a_prompt_that_is_dismissed_leaves_the_keyring_locked_and_can_be_had_again() -> Result<()> {
    let Some(mut world) = World::with_prompt()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    world.sandbox.lock_keyring()?;
    let window = world.open()?;
    for _ in 0..2 {
        wait_for(Duration::from_secs(20), "the prompt", || {
            Ok(world.display.close_window_of("gcr-prompter")?.then_some(()))
        })?;
        window.wait_screen("keystore-locked")?;
        window.click("retry")?;
    }
    world.sandbox.restart_keyring()?;
    window.wait("retry")?;
    window.click("retry")?;
    wait_code(&window).map(drop)
}

#[test]
fn a_missing_item_leads_to_the_bank_and_never_makes_a_key_in_silence() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    ensure!(world.sandbox.delete_keystore_items(APP_ID, "")? == 2);
    let before = snapshot(&world.skts()?.profile().to_owned())?;
    let window = world.open()?;
    window.wait_screen("item-missing")?;
    window.close()?;
    ensure!(
        world.sandbox.keystore_names(APP_ID, "")?.is_empty(),
        "an item was made anew"
    );
    ensure!(
        snapshot(&world.skts()?.profile().to_owned())? == before,
        "the profile was changed"
    );
    Ok(())
}

#[test]
fn a_copied_profile_is_refused_and_left_as_it_is() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if machine::check().is_err() {
        have(&["a kernel that allows private mounts"])?;
        return Ok(());
    }
    ready_profile(&world)?;
    let before = snapshot(&world.skts()?.profile().to_owned())?;
    let other = Machine::other("00112233445566778899aabbccddeeff");
    let window = world.open_as(&other.wrap(&world.app, &world.sandbox.join("elsewhere"))?)?;
    window.wait_screen("other-device")?;
    window.close()?;
    ensure!(
        snapshot(&world.skts()?.profile().to_owned())? == before,
        "the copy was changed"
    );
    let window = world.open()?;
    window.wait_screen("code")?;
    works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn a_damaged_record_is_said_and_comes_back_with_the_good_file() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let device = world.skts()?.profile().join("device.skts");
    let good = fs::read(&device)?;
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&device, bad)?;
    let window = world.open()?;
    window.wait_screen("corrupt")?;
    window.close()?;
    fs::write(&device, good)?;
    let window = world.open()?;
    window.wait_screen("code")?;
    works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn starting_over_is_asked_for_and_leads_to_a_new_token() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let old = ready_profile(&world)?;
    world.sandbox.delete_keystore_items(APP_ID, "")?;
    let window = world.open()?;
    window.wait_screen("item-missing")?;
    window.click("start-over")?;
    if window.has("start-over-confirm")? {
        window.click("start-over-confirm")?;
    }
    begin_self_provisioning(&window)?;
    crate::finish(&window)?;
    ensure!(
        crate::shown_serial(&window)? != old,
        "the old token came back"
    );
    works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

/// Every file below `folder` but the lock and the preferences, with its bytes.
pub(crate) fn snapshot(folder: &Path) -> Result<Vec<(std::path::PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for file in files_below(folder)? {
        if file
            .file_name()
            .is_none_or(|name| name != "lock" && name != "prefs.json")
        {
            files.push((file.clone(), fs::read(&file)?));
        }
    }
    files.sort();
    Ok(files)
}
