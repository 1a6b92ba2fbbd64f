//! One code on the command line, whole process: `skts code` against `oathtool --totp` plus one
//! read of the keystore with `secret-tool`.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use skts_tests::clock;
use skts_tests::figures::Pair;
use skts_tests::issuer::{Issuer, SHINKIN};
use skts_tests::programs::have;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::skts::Skts;

const ROUNDS: usize = 40;
const AIM: f64 = 1.5;
/// The seed of RFC 6238, appendix B, in the form `oathtool` reads.
const SEED: &str = "3132333435363738393031323334353637383930";

fn main() -> Result<()> {
    if !have(&[
        "oathtool",
        "secret-tool",
        "gnome-keyring-daemon",
        "dbus-daemon",
    ])? {
        return Ok(());
    }
    let sandbox = Sandbox::new(Keyring::Unlocked)?;
    let mut issuer = Issuer::start(&sandbox)?;
    let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
    let skts = Skts::new(&sandbox, "profile", &list)?;
    skts.provision(SHINKIN)?.success()?;
    let serial = skts.serials()?.pop().context("no token")?;
    issuer.stop()?;
    store_item(&sandbox)?;

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
