//! The app closed into the tray: its memory against the same shell that never had a page, and the way
//! back to the painted code against a start of the shell around a static page.
//!
//! What is left without a page is for the most part not the app's own: pages of libraries (WebKit's, and
//! Mesa's with LLVM, which the first window loads and nothing gives back) and WebKit's network process,
//! which Tauri keeps for the next window (tauri-apps/tauri#14626). What other programs share with them
//! counts less, so a desktop has less than this.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use skts_tests::clock::{self, wait_for};
use skts_tests::figures::Pair;
use skts_tests::painted::leave_room;
use skts_tests::process::Running;
use skts_tests::programs::{have, program};
use skts_tests::stage::{NEEDED, Stage, WATCHED};
use skts_tests::tray::{self, Panel, TrayIcon};
use skts_tests::usage::{memory_mib, memory_of_each};

const ROUNDS: usize = 7;
const FLOOR_ROUNDS: usize = 3;
const MEMORY_AIM_MIB: f64 = 40.0;
const BACK_AIM_MS: f64 = 400.0;
const MEMORY_AFTER: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(30);

fn main() -> Result<()> {
    if !have(&NEEDED)? || !have(tray::NEEDED)? {
        return Ok(());
    }
    let (app, shell) = (program("skts-app")?, program("static_page")?);
    let mut stage = Stage::new()?;
    stage.stop_service()?;
    let prefs = stage.sandbox.join("profile/prefs.json");
    fs::write(&prefs, r#"{"language":"ja","keepInTray":true}"#)?;
    fs::set_permissions(&prefs, fs::Permissions::from_mode(0o600))?;
    stage.open(&shell)?.end()?;
    let _panel = Panel::start(&stage.sandbox)?;

    let (mut memory, mut back) = (Pair::default(), Pair::default());
    for _ in 0..FLOOR_ROUNDS {
        // Alone: what two programs share counts half for each.
        let mut shell = hidden(&stage, &shell)?;
        std::thread::sleep(MEMORY_AFTER);
        memory.other.push(memory_mib(shell.pid())?);
        shell.end()?;
    }
    let mut running = hidden(&stage, &app)?;
    let icon = TrayIcon::wait(&stage.sandbox)?;
    wait_for(LIMIT, "the token", || {
        Ok(icon.line()?.contains("残り約").then_some(()))
    })?;
    std::thread::sleep(MEMORY_AFTER);
    println!("not yet opened: {:.1} MiB", memory_mib(running.pid())?);
    // What draws is loaded with the first window and stays: the first round is dropped.
    for round in 0..=ROUNDS {
        let (mut static_page, sight) = stage.start(&shell)?;
        static_page.end()?;
        back.push(false, sight.painted.as_secs_f64() * 1000.0);
        std::thread::sleep(Duration::from_millis(400));

        leave_room(WATCHED + Duration::from_secs(1));
        let started = clock::now();
        icon.choose("画面を開く")?;
        let sight = stage.eye.watch(started, WATCHED)?;
        back.push(true, sight.painted.as_secs_f64() * 1000.0);
        stage.display.close_the_window()?;
        wait_for(LIMIT, "the end of the page", || {
            let each = memory_of_each(running.pid())?;
            let page = each
                .iter()
                .any(|(name, _)| name.starts_with("WebKitWebPro"));
            Ok((!page).then_some(()))
        })?;
        std::thread::sleep(MEMORY_AFTER);
        memory.push(true, memory_mib(running.pid())?);
        if round == 0 {
            (back.ours, back.other) = (Vec::new(), Vec::new());
            memory.ours.clear();
        }
    }
    println!(
        "tray: {ROUNDS} times opened and closed after a warm-up, PSS of the process tree 5 s after; at \
         the end {:.1?}",
        memory_of_each(running.pid())?
    );
    icon.choose("終了")?;
    running.wait(LIMIT)?;
    memory.report_at_most("tray_memory", "MiB", MEMORY_AIM_MIB);
    back.report_at_most("tray_back", "ms", BACK_AIM_MS);
    Ok(())
}

/// Starts `program` as a session does at log-in.
fn hidden(stage: &Stage, program: &Path) -> Result<Running> {
    let mut command = stage.sandbox.command(program);
    command.arg("--hidden");
    skts_tests::process::log_to(&mut command, &stage.sandbox.join("logs/hidden.log"))?;
    Running::start("hidden", &mut command)
}
