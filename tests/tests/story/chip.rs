//! A token whose keys are in a TPM: used, away, cleared, on another machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Result, ensure};
use serde_json::Value;
use skts_tests::issuer::SHINKIN;
use skts_tests::machine::Machine;
use skts_tests::programs::have;
use skts_tests::tpm::Tpm;

use crate::profile::can_play_machines;
use crate::{CUSTOMER, World, only_serial, works};

/// A world whose machine has a chip; `None` if this machine cannot play one.
pub(crate) fn with_chip() -> Result<Option<(World, Tpm)>> {
    if !have(&["swtpm"])? {
        return Ok(None);
    }
    let Some(mut world) = World::new()? else {
        return Ok(None);
    };
    let chip = Tpm::start(world.sandbox.join("chip"))?;
    world.sandbox.set("SKTS_TPM", chip.socket());
    Ok(Some((world, chip)))
}

fn chip_says(world: &World) -> Result<Value> {
    let report = world.skts()?.run(&["doctor"])?.success()?;
    Ok(report["chip"].clone())
}

#[test]
fn a_token_lives_in_the_chip_and_waits_while_it_is_away() -> Result<()> {
    let Some((mut world, mut chip)) = with_chip()? else {
        return Ok(());
    };
    ensure!(chip_says(&world)? == "ready");
    world.skts()?.provision(SHINKIN)?.success()?;
    ensure!(chip_says(&world)? == "used");
    let serial = only_serial(&world.skts()?)?;
    works(&world.skts()?, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;

    chip.switch_off()?;
    world
        .skts()?
        .run(&["code", &serial])?
        .refused("chip-absent", 4)?;
    // Nor is another token begun, or a weaker key made.
    world
        .skts()?
        .provision(SHINKIN)?
        .refused("chip-absent", 4)?;
    world.sandbox.set("SKTS_TPM", "none");
    world
        .skts()?
        .run(&["code", &serial])?
        .refused("chip-absent", 4)?;
    world.sandbox.set("SKTS_TPM", chip.socket());
    chip.switch_on()?;
    world.skts()?.code(&serial).map(drop)
}

#[test]
fn a_cleared_chip_has_lost_the_token_and_a_new_one_is_set_up_in_it() -> Result<()> {
    let Some((world, chip)) = with_chip()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    chip.clear()?;
    for arguments in [&["code", &serial] as &[&str], &["resume"]] {
        skts.run(arguments)?.refused("device-key-gone", 4)?;
    }
    skts.provision(SHINKIN)?.refused("device-key-gone", 4)?;
    skts.run(&["start-over", "--yes"])?.success()?;
    skts.provision(SHINKIN)?.success()?;
    ensure!(chip_says(&world)? == "used");
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn without_the_right_to_the_chip_the_token_is_made_without_it_and_the_doctor_says_why() -> Result<()>
{
    let Some((world, chip)) = with_chip()? else {
        return Ok(());
    };
    if !can_play_machines()? {
        return Ok(());
    }
    fs::set_permissions(chip.socket(), fs::Permissions::from_mode(0o000))?;
    let skts = world.skts()?.on(&Machine::where_rights_count(), "user")?;
    skts.provision(SHINKIN)?.success()?;
    let report = skts.run(&["doctor"])?.success()?;
    ensure!(report["chip"] == "denied", "{report}");
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn a_token_made_before_there_was_a_chip_goes_on_without_it() -> Result<()> {
    let Some((mut world, chip)) = with_chip()? else {
        return Ok(());
    };
    world.sandbox.set("SKTS_TPM", "none");
    world.skts()?.provision(SHINKIN)?.success()?;
    world.sandbox.set("SKTS_TPM", chip.socket());
    ensure!(chip_says(&world)? == "not-used");
    works(&world.skts()?, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}
