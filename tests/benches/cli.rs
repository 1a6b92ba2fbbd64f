//! One code on the command line, whole process: `skts code` against `oathtool --totp` plus one
//! read of the keystore with `secret-tool`; and what a TPM, which is a program here, adds to a code
//! and to a set-up, and a check-in to a code.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use skts_tests::clock;
use skts_tests::figures::Pair;
use skts_tests::issuer::{Issuer, SHINKIN};
use skts_tests::programs::have;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::skts::Skts;
use skts_tests::tpm::Tpm;

const ROUNDS: usize = 40;
const SET_UPS: usize = 10;
const AIM: f64 = 1.5;
/// The seed of RFC 6238, appendix B, in the form `oathtool` reads.
const SEED: &str = "3132333435363738393031323334353637383930";

fn main() -> Result<()> {
    if !have(&[
        "oathtool",
        "secret-tool",
        "gnome-keyring-daemon",
        "dbus-daemon",
        "swtpm",
    ])? {
        return Ok(());
    }
    let mut sandbox = Sandbox::new(Keyring::Unlocked)?;
    let mut issuer = Issuer::start(&sandbox)?;
    let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
    let skts = Skts::new(&sandbox, "profile", &list)?;
    skts.provision(SHINKIN)?.success()?;
    let serial = skts.serials()?.pop().context("no token")?;
    store_item(&sandbox)?;
    check_in(&skts, &serial)?;
    in_a_chip(&mut sandbox, &list)?;
    issuer.stop()?;
    let skts = Skts::new(&sandbox, "profile", &list)?;

    let mut pair = Pair::default();
    for round in 0..=ROUNDS {
        let ours = millis(&mut skts.command(&["code", &serial]))?;
        let read = ["lookup", "service", "skts-bench", "username", "seed"];
        let other = millis(sandbox.command("secret-tool").args(read))?
            + millis(sandbox.command("oathtool").args(["--totp", SEED]))?;
        // The first round warms the caches up.
        if round > 0 {
            pair.ours.push(ours);
            pair.other.push(other);
        }
    }
    println!("skts code: whole process, {ROUNDS} alternating rounds, gnome-keyring, one token");
    pair.report("cli_code", "ms", Some(AIM));
    Ok(())
}

/// A check-in with its reply against a code.
fn check_in(skts: &Skts<'_>, serial: &str) -> Result<()> {
    let mut pair = Pair::default();
    for round in 0..=ROUNDS {
        let ours = millis(&mut skts.command(&["check", serial]))?;
        let other = millis(&mut skts.command(&["code", serial]))?;
        if round > 0 {
            pair.ours.push(ours);
            pair.other.push(other);
        }
    }
    println!("skts check against skts code: whole process, {ROUNDS} rounds, the service beside");
    pair.report("cli_check", "ms", None);
    Ok(())
}

/// The same with the keys in a chip and in software.
fn in_a_chip(sandbox: &mut Sandbox, list: &Path) -> Result<()> {
    let chip = Tpm::start(sandbox.join("chip"))?;
    let socket = chip.socket();
    let (mut set_up, mut code) = (Pair::default(), Pair::default());
    for round in 0..SET_UPS {
        for (tpm, times) in [(socket.as_path(), 0), (Path::new("none"), 1)] {
            sandbox.set("SKTS_TPM", tpm);
            let skts = Skts::new(sandbox, &format!("profile-{round}-{times}"), list)?;
            let took = millis(&mut skts.command(&["provision", "--institution", SHINKIN]))?;
            match times {
                0 => set_up.ours.push(took),
                _ => set_up.other.push(took),
            }
        }
    }
    for round in 0..=ROUNDS {
        for (tpm, times) in [(socket.as_path(), 0), (Path::new("none"), 1)] {
            sandbox.set("SKTS_TPM", tpm);
            let skts = Skts::new(sandbox, &format!("profile-0-{times}"), list)?;
            let took = millis(&mut skts.command(&["code"]))?;
            match (round, times) {
                (0, _) => {}
                (_, 0) => code.ours.push(took),
                _ => code.other.push(took),
            }
        }
    }
    println!("keys in a TPM (swtpm) against keys in software: whole process of skts");
    code.report("cli_chip_code", "ms", None);
    set_up.report("cli_chip_set_up", "ms", None);
    Ok(())
}

fn store_item(sandbox: &Sandbox) -> Result<()> {
    let mut child = sandbox
        .command("secret-tool")
        .args([
            "store",
            "--label=bench",
            "service",
            "skts-bench",
            "username",
            "seed",
        ])
        .stdin(Stdio::piped())
        .spawn()?;
    child
        .stdin
        .take()
        .context("no input")?
        .write_all(SEED.as_bytes())?;
    ensure!(child.wait()?.success(), "secret-tool store failed");
    Ok(())
}

/// Milliseconds from start to end of a program that must succeed.
fn millis(command: &mut Command) -> Result<f64> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let started = clock::now();
    let output = command.output()?;
    let took = started.elapsed();
    ensure!(
        output.status.success() && !output.stdout.is_empty(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(took.as_secs_f64() * 1000.0)
}
