//! The app behind a PIN, as `skts` asks for it.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use skts_tests::clock::wait_for;
use skts_tests::issuer::SHINKIN;
use skts_tests::machine::{self, Machine};
use skts_tests::process::Running;
use skts_tests::programs::program;
use skts_tests::sandbox::copy_folder;
use skts_tests::skts::{Outcome, Skts};

use crate::{CUSTOMER, World, only_serial, works};

const PIN: &str = "835107";
const OTHER: &str = "4926";

/// Runs `arguments` with these lines typed for PINs.
fn typed(skts: &Skts<'_>, arguments: &[&str], lines: &[&str]) -> Result<Outcome> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    skts.run_with(&[&["--pin-stdin"], arguments].concat(), &input)
}

fn tries_left(skts: &Skts<'_>) -> Result<Option<u64>> {
    Ok(skts.run(&["pin"])?.success()?["triesLeft"].as_u64())
}

#[test]
fn a_pin_is_set_asked_for_changed_and_taken_off() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let bank = world.issuer.bank(SHINKIN)?;
    works(&skts, &bank, CUSTOMER, 30)?;
    let serial = only_serial(&skts)?;
    ensure!(tries_left(&skts)?.is_none(), "no PIN yet");
    typed(&skts, &["pin", "change"], &[PIN, OTHER])?.refused("no-pin", 2)?;
    for easy in ["0000", "1234", "98765"] {
        typed(&skts, &["pin", "set"], &[easy])?.refused("invalid-pin", 2)?;
    }
    typed(&skts, &["pin", "set"], &[PIN])?.success()?;

    // Nobody is there to type it, and what waits on standard input is meant for something else.
    for asked in [
        ["code", &serial].as_slice(),
        &["tokens"],
        &["check", &serial],
    ] {
        skts.run_with(asked, &format!("{PIN}\n"))?
            .refused("pin-needed", 6)?;
    }
    skts.run(&["pin", "set"])?.refused("pin-set", 2)?;
    typed(&skts, &["code", &serial], &["12"])?.refused("invalid-pin", 2)?;
    ensure!(tries_left(&skts)? == Some(10), "none of these was a try");
    let refused = typed(&skts, &["code", &serial], &[OTHER])?;
    refused.refused("pin-wrong", 6)?;
    ensure!(!refused.stderr.contains(OTHER), "it repeats what was typed");
    ensure!(tries_left(&skts)? == Some(9));
    let shown = typed(&skts, &["code", &serial], &["８３５１０７"])?.success()?;
    ensure!(shown["serial"] == serial.as_str(), "{shown}");
    ensure!(tries_left(&skts)? == Some(10), "a right one sets it back");

    typed(&skts, &["pin", "change"], &[OTHER, "90716"])?.refused("pin-wrong", 6)?;
    typed(&skts, &["pin", "change"], &[PIN, "90716"])?.success()?;
    typed(&skts, &["tokens"], &[PIN])?.refused("pin-wrong", 6)?;
    typed(&skts, &["tokens"], &["90716"])?.success()?;
    typed(&skts, &["pin", "remove"], &["90716"])?.success()?;
    ensure!(only_serial(&skts)? == serial);
    Ok(())
}

#[test]
fn neither_a_restart_nor_a_profile_put_back_gives_a_try_back_and_the_tenth_is_the_end() -> Result<()>
{
    let Some(world) = World::new()? else {
        return Ok(());
    };
    machine::check()?;
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    typed(&skts, &["pin", "set"], &[PIN])?.success()?;
    let kept = world.sandbox.join("kept");
    copy_folder(skts.profile(), &kept)?;
    // The third begins a wait, and says so.
    for (left, said) in [(9, "pin-wrong"), (8, "pin-wrong"), (7, "pin-wait")] {
        typed(&skts, &["code", &serial], &[OTHER])?.refused(said, 6)?;
        ensure!(tries_left(&skts)? == Some(left));
    }
    fs::remove_dir_all(skts.profile())?;
    copy_folder(&kept, skts.profile())?;
    ensure!(
        tries_left(&skts)? == Some(7),
        "a profile put back gives a try back"
    );
    typed(&skts, &["code", &serial], &[PIN])?.refused("pin-wait", 6)?;

    // Each later by what there is to wait.
    let mut secs = 0;
    for left in (0..7).rev() {
        secs += 8_000;
        let later = skts.on(&Machine::default().later(secs), &format!("later-{left}"))?;
        let refused = typed(&later, &["code", &serial], &[OTHER])?;
        let expected = if left == 0 { "pin-ended" } else { "pin-wait" };
        refused.refused(expected, 6)?;
    }
    let later = skts.on(&Machine::default().later(secs + 100_000), "at-last")?;
    typed(&later, &["code", &serial], &[PIN])?.refused("pin-ended", 6)?;
    ensure!(
        skts.profile().join("device.skts").exists(),
        "nothing of the profile is deleted"
    );

    skts.run(&["start-over", "--yes"])?.success()?;
    skts.provision(SHINKIN)?.success()?;
    ensure!(only_serial(&skts)? != serial);
    Ok(())
}

/// At a terminal, which `script` makes.
#[test]
fn at_a_terminal_the_pin_is_asked_for() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    typed(&skts, &["pin", "set"], &[PIN])?.success()?;
    let line = format!(
        "'{}' --lang en --profile '{}' --institutions '{}' tokens",
        program("skts")?.display(),
        skts.profile().display(),
        world.list.display()
    );
    let shown = world.sandbox.join("terminal");
    let mut command = world.sandbox.command("script");
    command
        .args(["--quiet", "--flush", "--return", "--command", &line])
        .arg(&shown)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut running = Running::start("script", &mut command)?;
    let mut stdin = running.child().stdin.take().context("no input")?;
    let limit = Duration::from_secs(60);
    let so_far = || fs::read_to_string(&shown).unwrap_or_default();
    wait_for(limit, "the question", || {
        Ok(so_far().contains("PIN: ").then_some(()))
    })?;
    stdin.write_all(format!("{PIN}\n").as_bytes())?;
    let status = running.wait(limit)?;
    let shown = so_far();
    ensure!(status.success(), "{shown}");
    ensure!(shown.contains("SKTS"), "the tokens are not shown: {shown}");
    Ok(())
}
