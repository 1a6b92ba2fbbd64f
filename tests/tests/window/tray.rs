//! The app in a desktop's tray: started into it, closed into it, and opened from it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::SHINKIN;
use skts_tests::painted::Eye;
use skts_tests::process::{Running, leashed, log_to};
use skts_tests::programs::have;
use skts_tests::tray::{NEEDED, Panel, TrayIcon};
use skts_tests::webdriver::key;

use crate::clipboard::held;
use crate::settings::{choose, open_settings};
use crate::{CUSTOMER, Language, World, ready_profile, wait_code};

const LIMIT: Duration = Duration::from_secs(30);

/// A world with a token, whose customer has the app stay in the tray.
fn world_in_tray(language: Language) -> Result<Option<World>> {
    if !have(NEEDED)? {
        return Ok(None);
    }
    let Some(world) = World::new()? else {
        return Ok(None);
    };
    ready_profile(&world)?;
    let prefs = json!({ "language": language.code(), "keepInTray": true });
    let file = world.sandbox.join("profile/prefs.json");
    let mut all: serde_json::Value = match fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(_) => json!({}),
    };
    for (name, value) in prefs.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    fs::write(&file, all.to_string())?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    Ok(Some(world))
}

/// Starts the app as a session does at log-in, without a driver.
fn start_hidden(world: &World) -> Result<Running> {
    let mut command = leashed(&world.app);
    world.sandbox.dress(&mut command);
    command.arg("--hidden");
    log_to(&mut command, &world.sandbox.join("logs/hidden.log"))?;
    Running::start("skts-app --hidden", &mut command)
}

/// The processes below `pid` that hold a page. The one for the network stays, once there was one.
fn web_processes(pid: u32) -> Vec<PathBuf> {
    let Ok(children) = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")) else {
        return Vec::new();
    };
    let pids = children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok());
    pids.flat_map(|pid: u32| {
        let own = fs::read_link(format!("/proc/{pid}/exe")).ok();
        let own = own.filter(|exe| exe.to_string_lossy().ends_with("WebKitWebProcess"));
        own.into_iter().chain(web_processes(pid))
    })
    .collect()
}

fn wait_line(icon: &TrayIcon, what: &str) -> Result<String> {
    wait_for(LIMIT, what, || {
        let line = icon.line()?;
        Ok(line.contains(what).then_some(line))
    })
}

#[test]
fn started_into_the_tray_it_has_no_window_and_copies_a_code_the_service_takes() -> Result<()> {
    let Some(world) = world_in_tray(Language::Japanese)? else {
        return Ok(());
    };
    let serial = world.skts()?.serials()?.pop().context("no token")?;
    let _panel = Panel::start(&world.sandbox)?;
    let mut app = start_hidden(&world)?;
    let icon = TrayIcon::wait(&world.sandbox)?;
    let line = wait_line(&icon, "残り約")?;
    ensure!(line.starts_with("見本信用金庫　残り約"), "{line}");
    ensure!(
        web_processes(app.pid()).is_empty(),
        "{:?}",
        web_processes(app.pid())
    );
    clock::leave_room(30, 12);
    icon.choose("パスワードをコピー")?;
    wait_line(&icon, "コピーしました（30秒後に消去）")?;
    let code = wait_for(LIMIT, "the code", || held(&world))?;
    // The code itself is nowhere in what every panel, and every program on the bus, can read.
    for entry in icon.entries()? {
        ensure!(!entry.label.contains(&code), "{entry:?}");
        ensure!(!entry.label.contains(&code[..3]), "{entry:?}");
    }
    let bank = world.issuer.bank(SHINKIN)?;
    let answer = bank.register(CUSTOMER, &serial, &code)?;
    ensure!(answer["verdict"] == "accepted", "{answer}");
    wait_line(&icon, "残り約")?;
    icon.choose("終了")?;
    ensure!(app.wait(LIMIT)?.success());
    ensure!(held(&world)?.is_none(), "the code outlived the app");
    Ok(())
}

#[test]
fn closed_into_the_tray_it_keeps_no_web_view_and_comes_back_with_the_code() -> Result<()> {
    let Some(world) = world_in_tray(Language::English)? else {
        return Ok(());
    };
    let _panel = Panel::start(&world.sandbox)?;
    let mut app = start_hidden(&world)?;
    let icon = TrayIcon::wait(&world.sandbox)?;
    wait_line(&icon, "s left")?;
    let eye = Eye::open(world.display.name())?;
    let panel_only = eye.light_part()?;
    for _ in 0..2 {
        icon.choose("Open the window")?;
        wait_for(LIMIT, "the window", || {
            let web = web_processes(app.pid());
            let seen = eye.light_part()?;
            Ok((!web.is_empty() && seen.is_some() && seen != panel_only).then_some(()))
        })?;
        world.display.close_the_window()?;
        wait_for(LIMIT, "the end of the web view", || {
            Ok(web_processes(app.pid()).is_empty().then_some(()))
        })?;
        ensure!(app.poll()?.is_none(), "the app has ended");
    }
    icon.choose("Quit")?;
    ensure!(app.wait(LIMIT)?.success());
    Ok(())
}

#[test]
fn the_setting_puts_the_icon_there_and_takes_it_away() -> Result<()> {
    if !have(NEEDED)? {
        return Ok(());
    }
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    // There is no tray yet.
    open_settings(&window)?;
    window.click("tray-stay")?;
    window.wait("tray-missing")?;
    window.click("settings-done")?;
    let _panel = Panel::start(&world.sandbox)?;
    ensure!(TrayIcon::find(&world.sandbox)?.is_none());
    choose(&window, "tray-stay")?;
    let icon = TrayIcon::wait(&world.sandbox)?;
    wait_line(&icon, "残り約")?;
    choose(&window, "tray-quit")?;
    wait_for(LIMIT, "an empty tray", || {
        Ok(TrayIcon::find(&world.sandbox)?.is_none().then_some(()))
    })?;
    // And so the window's end is the app's.
    window.close_by(|_| world.display.close_the_window())
}

#[test]
fn a_window_closed_by_its_keys_ends_the_app_where_it_does_not_stay() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    for letter in ["w", "q"] {
        let window = world.open()?;
        window.wait_screen("welcome")?;
        // It may be gone before the driver has answered.
        window.close_by(|window| {
            drop(window.press(&[key::CONTROL, letter, key::NONE]));
            Ok(())
        })?;
    }
    Ok(())
}
