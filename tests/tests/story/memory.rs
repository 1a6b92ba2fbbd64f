//! The memory of the running programs, searched for secrets before, during and after each use.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use skts_tests::dump::{self, Dump};
use skts_tests::forensics::{keys_at_service, keys_of_profile};
use skts_tests::issuer::{SHINKIN, SHINKUMI};
use skts_tests::process::Running;
use skts_tests::programs::have;
use skts_tests::proxy::Fault;
use skts_tests::search::Secret;
use skts_tests::skts::{Skts, activation_arguments};
use skts_tests::tpm::tap::{HMAC, Tap};

use crate::{CUSTOMER, PASSWORD, World, only_serial};

/// Whether memory can be read here; says so if not.
fn can_dump() -> Result<bool> {
    if dump::allowed() {
        return Ok(true);
    }
    have(&["the right to read the memory of other programs"])
}

/// Asserts that none of `secrets` is in the memory of process `pid`, whose canary is.
fn holds_none(world: &World, pid: u32, secrets: &[Secret], when: &str) -> Result<()> {
    let dump = Dump::of(pid)?;
    let canary = dump.find(&[world.sandbox.canary()]);
    ensure!(
        !canary.is_empty(),
        "{when}: the dump of {} bytes holds no canary",
        dump.len()
    );
    let found = dump.find(secrets);
    ensure!(found.is_empty(), "{when}: {found:#?}");
    Ok(())
}

fn password() -> Secret {
    Secret::new("activation password", PASSWORD.as_bytes())
}

/// `skts code --watch` that has shown a code, and shows the next at the next time step.
fn watching(world: &World, skts: &Skts<'_>, serial: &str) -> Result<Running> {
    let shown = world.sandbox.join("watched");
    let mut command = skts.command(&["code", serial, "--watch"]);
    command
        .stdin(Stdio::null())
        .stdout(File::create(&shown)?)
        .stderr(Stdio::null());
    let running = Running::start("skts", &mut command)?;
    skts_tests::clock::wait_for(std::time::Duration::from_secs(10), "a code", || {
        let line = BufReader::new(File::open(&shown)?).lines().next();
        Ok(line.transpose()?)
    })?;
    Ok(running)
}

#[test]
fn an_activation_leaves_no_secret_in_memory_once_it_is_used() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !can_dump()? {
        return Ok(());
    }
    let (_, activation) = world.issue()?;
    let skts = world.skts()?;
    holds_none(
        &world,
        world.issuer.pid()?,
        &[password()],
        "issued: the service",
    )?;

    let mut command = skts.command(&activation_arguments(&activation));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut app = Running::start("skts", &mut command)?;
    holds_none(&world, app.pid(), &[password()], "before it was typed")?;
    world.proxy.plan("activation/begin", Fault::HoldReply);
    world.proxy.plan("activation/finish", Fault::HoldReply);
    world.proxy.plan("provisioning/confirm", Fault::HoldReply);
    let mut stdin = app.child().stdin.take().context("no input")?;
    stdin.write_all(format!("{PASSWORD}\n").as_bytes())?;

    world.proxy.wait_held()?;
    // It is needed until the key exchange is done; and so this search is seen to find it.
    let typed = Dump::of(app.pid())?.find(&[password()]);
    ensure!(!typed.is_empty(), "the password is not where it must be");
    world.proxy.release();

    world.proxy.wait_held()?;
    holds_none(&world, app.pid(), &[password()], "once it was proved")?;
    world.proxy.release();

    world.proxy.wait_held()?;
    let serial = app_serial(&world)?;
    let mut secrets = keys_at_service(world.issuer.data(), &serial, SHINKUMI)?.to_vec();
    secrets.extend(keys_of_profile(&world.sandbox, skts.profile())?);
    secrets.push(password());
    holds_none(&world, app.pid(), &secrets, "once the seed is kept")?;
    let [seed, ..] = secrets.as_slice() else {
        anyhow::bail!("no seed");
    };
    let at_service = [seed.clone(), password()];
    holds_none(
        &world,
        world.issuer.pid()?,
        &at_service,
        "granted: the service",
    )?;
    world.proxy.release();
    let ended = app.wait(std::time::Duration::from_secs(10))?;
    ensure!(ended.success(), "{ended}");
    holds_none(
        &world,
        world.issuer.pid()?,
        &at_service,
        "confirmed: the service",
    )
}

/// The serial in the last request, which is the confirmation.
fn app_serial(world: &World) -> Result<String> {
    let calls = world.proxy.calls();
    let last = calls.last().context("no call")?;
    let body: serde_json::Value = serde_json::from_slice(&last.body)?;
    Ok(body["serial"].as_str().context("no serial")?.to_owned())
}

#[test]
fn between_two_codes_nothing_is_in_memory_that_makes_one() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !can_dump()? {
        return Ok(());
    }
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let mut secrets = keys_at_service(world.issuer.data(), &serial, SHINKIN)?.to_vec();
    secrets.extend(keys_of_profile(&world.sandbox, skts.profile())?);
    let mut app = watching(&world, &skts, &serial)?;
    holds_none(&world, app.pid(), &secrets, "a code is shown")?;
    app.end()?;

    let bank = world.issuer.bank(SHINKIN)?;
    let code = skts.code(&serial)?;
    ensure!(bank.register(CUSTOMER, &serial, &code)?["verdict"] == "accepted");
    holds_none(
        &world,
        world.issuer.pid()?,
        &secrets[..1],
        "accepted: the service",
    )
}

#[test]
fn while_the_chip_computes_a_code_no_seed_is_in_memory() -> Result<()> {
    let Some((mut world, chip)) = crate::chip::with_chip()? else {
        return Ok(());
    };
    if !can_dump()? {
        return Ok(());
    }
    world.skts()?.provision(SHINKIN)?.success()?;
    let serial = only_serial(&world.skts()?)?;
    let secrets = keys_at_service(world.issuer.data(), &serial, SHINKIN)?;
    let tap = Tap::start(world.sandbox.join("tap"), chip.socket(), HMAC)?;
    world.sandbox.set("SKTS_TPM", tap.socket());
    let skts = world.skts()?;
    let mut app = skts.begin(&["code", &serial], "")?;
    for when in ["the key of the files", "the self-test", "the code"] {
        tap.wait_held()?;
        holds_none(&world, app.pid(), &secrets, when)?;
        tap.go_on();
    }
    drop(tap);
    let ended = app.wait(std::time::Duration::from_secs(10))?;
    ensure!(ended.success(), "{ended}");
    Ok(())
}
