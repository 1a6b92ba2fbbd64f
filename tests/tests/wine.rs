//! The program `skts` built for Windows, under Wine, with a real token service on this side.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use skts_tests::clock::leave_room;
use skts_tests::issuer::{Bank, Issuer, SHINKIN, SHINKUMI};
use skts_tests::proxy::{Fault, Proxy};
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::search::files_below;
use skts_tests::skts::Skts;
use skts_tests::wine::{Wine, skts_exe};

const PASSWORD: &str = "73914628";
const CUSTOMER: &str = "customer-0001";

/// A token service with a proxy before it, and a Windows.
struct World {
    // Dropped in this order: the sandbox's folder goes last.
    proxy: Proxy,
    issuer: Issuer,
    list: PathBuf,
    wine: Arc<Wine>,
    sandbox: Sandbox,
}

impl World {
    /// `None` if there is no Wine here.
    fn new() -> Result<Option<Self>> {
        if !Wine::is_here()? {
            return Ok(None);
        }
        let wine = Wine::shared()?;
        let sandbox = Sandbox::new(Keyring::NoBus)?;
        let issuer = Issuer::start(&sandbox)?;
        let proxy = Proxy::start(&issuer.upstream())?;
        let list = issuer.list_file(&sandbox, &proxy.address(), "institutions.json")?;
        Ok(Some(Self {
            proxy,
            issuer,
            list,
            wine,
            sandbox,
        }))
    }

    fn skts(&self) -> Result<Skts<'_>> {
        self.skts_in(&self.wine, "wine")
    }

    fn skts_in(&self, wine: &Wine, name: &str) -> Result<Skts<'_>> {
        let program = wine.wrap(&skts_exe()?, &self.sandbox.join(name))?;
        Ok(Skts::of(&self.sandbox, program, "profile", &self.list))
    }

    fn bank(&self) -> Result<Bank> {
        self.issuer.bank(SHINKIN)
    }
}

fn only_serial(skts: &Skts<'_>) -> Result<String> {
    let mut serials = skts.serials()?;
    ensure!(serials.len() == 1, "the tokens are {serials:?}");
    serials.pop().context("no token")
}

/// The code shown now is accepted, once.
fn works(skts: &Skts<'_>, bank: &Bank, period_secs: u64) -> Result<()> {
    let serial = only_serial(skts)?;
    leave_room(period_secs, 6);
    let code = skts.code(&serial)?;
    let answer = bank.register(CUSTOMER, &serial, &code)?;
    ensure!(answer["verdict"] == "accepted", "registration: {answer}");
    let again = bank.verify(CUSTOMER, &code)?;
    ensure!(again == "replayed", "the same code again: {again}");
    Ok(())
}

#[test]
fn on_windows_a_token_is_set_up_by_itself_and_its_code_is_accepted() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let shown = skts.run(&["serial"])?.success()?;
    ensure!(shown.to_string().contains(&serial), "{shown}");
    works(&skts, &world.bank()?, 30)?;
    let checked = skts.run(&["check"])?.success()?;
    ensure!(checked["registered"] == true, "{checked}");
    Ok(())
}

#[test]
fn on_windows_a_token_is_set_up_with_the_password_that_is_typed() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let bank = world.issuer.bank(SHINKUMI)?;
    let activation = bank.issue_activation(CUSTOMER, PASSWORD)?;
    // As a Windows shell ends a line.
    let arguments = skts_tests::skts::activation_arguments(&activation);
    let input = format!("{}\r\n", activation.password);
    skts.run_with(&arguments, &input)?.success()?;
    works(&skts, &bank, 60)
}

#[test]
fn under_wine_the_doctor_says_software_level_1_and_why() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let report = skts.run(&["doctor"])?.success()?;
    for (field, expected) in [
        ("platform", "windows"),
        ("keystoreKind", "windows-credentials"),
        ("keystore", "good"),
        ("chip", "not-hardware"),
        ("deviceKey", "software"),
        ("machineId", "good"),
        ("selfTest", "good"),
    ] {
        ensure!(report[field] == expected, "{field}: {report}");
    }
    ensure!(report["level"] == 1, "{report}");
    Ok(())
}

#[test]
fn on_windows_a_profile_copied_to_another_machine_is_refused_and_left_as_it_is() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let content = || -> Result<Vec<_>> {
        let files = files_below(skts.profile())?;
        let kept = files.into_iter().filter(|file| !file.ends_with("lock"));
        kept.map(|file| Ok((fs::read(&file)?, file))).collect()
    };
    let before = content()?;
    let other = Wine::start()?;
    let elsewhere = world.skts_in(&other, "elsewhere")?;
    for arguments in [
        &["code", &serial] as &[&str],
        &["provision", "--institution", SHINKIN],
    ] {
        elsewhere.run(arguments)?.refused("other-device", 4)?;
    }
    ensure!(content()? == before, "the copied profile was changed");
    works(&skts, &world.bank()?, 30)
}

#[test]
fn on_windows_two_programs_do_not_write_one_profile_at_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    world.proxy.plan("self/issue", Fault::HoldReply);
    let mut first = skts.begin(&["provision", "--institution", SHINKIN], "")?;
    world.proxy.wait_held()?;
    skts.provision(SHINKIN)?.refused("in-use", 4)?;
    world.proxy.release();
    ensure!(first.wait(Duration::from_secs(20))?.success());
    works(&skts, &world.bank()?, 30)
}

#[test]
fn on_windows_a_set_up_that_was_killed_is_gone_on_with() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    world.proxy.plan("self/issue", Fault::HoldReply);
    let mut first = skts.begin(&["provision", "--institution", SHINKIN], "")?;
    world.proxy.wait_held()?;
    first.kill()?;
    world.proxy.release();
    skts.run(&["resume"])?.success()?;
    works(&skts, &world.bank()?, 30)
}

#[test]
fn on_windows_damaged_files_are_said_and_starting_over_leaves_a_profile_that_works() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let device = skts.profile().join("device.skts");
    let good = fs::read(&device)?;
    fs::write(&device, &good[..good.len() / 2])?;
    skts.run(&["code", &serial])?.refused("corrupt", 4)?;
    fs::write(&device, &good)?;
    ensure!(skts.code(&serial)?.len() == 6);
    skts.run(&["start-over", "--yes"])?.success()?;
    fs::write(&device, &good)?;
    skts.run(&["code", &serial])?.refused("corrupt", 4)?;
    fs::remove_file(&device)?;
    skts.provision(SHINKIN)?.success()?;
    works(&skts, &world.bank()?, 30)
}
