//! Check-ins between real programs: two copies of everything, a backup put back, a lost reply.

use anyhow::{Result, ensure};
use serde_json::Value;
use skts_tests::issuer::{Bank, SHINKIN};
use skts_tests::machine::Machine;
use skts_tests::proxy::Fault;
use skts_tests::sandbox::{Keyring, Sandbox, copy_folder};
use skts_tests::skts::{Outcome, Skts};

use crate::chip::with_chip;
use crate::profile::can_play_machines;
use crate::{CUSTOMER, World, only_serial, works};

/// The machine that both copies are on, as far as they can tell.
const MACHINE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn checked(skts: &Skts<'_>) -> Result<Value> {
    skts.run(&["check"])?.success()
}

/// What `skts check` printed of a token that is stopped: its result, with the status of a refusal.
fn is_stopped(outcome: &Outcome) -> Result<()> {
    ensure!(outcome.status == Some(3), "not refused: {outcome:?}");
    let told: Value = serde_json::from_str(&outcome.stdout)?;
    ensure!(told["halt"] == "suspected-copy", "{told}");
    ensure!(told["state"] == "suspended", "{told}");
    Ok(())
}

fn is_stopped_at_the_bank(bank: &Bank, code: &str) -> Result<()> {
    let state = bank.token_state(CUSTOMER)?;
    ensure!(
        state["state"] == "suspended" && state["copy_suspected"] == true,
        "{state}"
    );
    ensure!(
        bank.verify(CUSTOMER, code)? == "unknown",
        "a code is still accepted"
    );
    let resumed = bank.change(CUSTOMER, "resume")?;
    ensure!(
        resumed["changed"] == false && resumed["copy_suspected"] == true,
        "{resumed}"
    );
    Ok(())
}

fn found(copy_first: bool, in_a_chip: bool) -> Result<()> {
    let (world, mut chip) = if in_a_chip {
        let Some((world, chip)) = with_chip()? else {
            return Ok(());
        };
        (world, Some(chip))
    } else {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        (world, None)
    };
    if !can_play_machines()? {
        return Ok(());
    }
    let bank = world.issuer.bank(SHINKIN)?;
    let machine = Machine::other(MACHINE);
    let original = world.skts()?.on(&machine, "machine")?;
    original.provision(SHINKIN)?.success()?;
    let serial = only_serial(&original)?;
    works(&original, &bank, CUSTOMER, 30)?;
    let told = checked(&original)?;
    ensure!(
        told["state"] == "active" && told["clock"]["trust"] == "fresh",
        "{told}"
    );

    // The profile, the keyring, the machine's identifier and the chip, in a session of their own.
    let mut elsewhere = Sandbox::new(Keyring::Unlocked)?;
    let clone = match &mut chip {
        Some(chip) => Some(chip.clone_to(elsewhere.join("chip"))?),
        None => None,
    };
    if let Some(clone) = &clone {
        elsewhere.set("SKTS_TPM", clone.socket());
    }
    elsewhere.take_keyring_of(&world.sandbox)?;
    copy_folder(original.profile(), &elsewhere.join("profile"))?;
    let copy = Skts::new(&elsewhere, "profile", &world.list)?.on(&machine, "machine")?;
    skts_tests::clock::leave_room(30, 8);
    let next = original.next_code(&serial)?;
    ensure!(copy.next_code(&serial)? == next, "the copy is none");

    let (first, second) = match copy_first {
        true => (&copy, &original),
        false => (&original, &copy),
    };
    ensure!(
        checked(first)?["halt"].is_null(),
        "stopped before anything was known"
    );
    is_stopped(&second.run(&["check"])?)?;
    is_stopped(&first.run(&["check"])?)?;
    for skts in [first, second] {
        // Each is a new start of the program: it remembers.
        skts.run(&["code"])?.refused("suspected-copy", 3)?;
        skts.run(&["code", &serial])?.refused("suspected-copy", 3)?;
    }
    is_stopped_at_the_bank(&bank, &next)?;

    // The way out: the bank ends it, and the customer sets another one up.
    ensure!(bank.change(CUSTOMER, "unregister")?["state"] == "revoked");
    original.run(&["remove", &serial, "--yes"])?.success()?;
    original.provision(SHINKIN)?.success()?;
    works(&original, &bank, CUSTOMER, 30)?;
    ensure!(checked(&original)?["state"] == "active");
    Ok(())
}

#[test]
fn a_copy_of_everything_is_found_when_the_original_checks_in_first() -> Result<()> {
    found(false, false)
}

#[test]
fn a_copy_of_everything_is_found_when_it_checks_in_first() -> Result<()> {
    found(true, false)
}

#[test]
fn a_clone_of_a_machine_with_its_chip_is_found_when_the_original_checks_in_first() -> Result<()> {
    found(false, true)
}

#[test]
fn a_clone_of_a_machine_with_its_chip_is_found_when_it_checks_in_first() -> Result<()> {
    found(true, true)
}

#[test]
fn a_profile_put_back_from_a_backup_is_stopped_at_its_next_check() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let bank = world.issuer.bank(SHINKIN)?;
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    works(&skts, &bank, CUSTOMER, 30)?;
    let backup = world.sandbox.join("backup");
    copy_folder(skts.profile(), &backup)?;
    checked(&skts)?;
    copy_folder(&backup, skts.profile())?;
    skts_tests::clock::leave_room(30, 6);
    let next = skts.next_code(&serial)?;
    is_stopped(&skts.run(&["check"])?)?;
    skts.run(&["code"])?.refused("suspected-copy", 3)?;
    is_stopped_at_the_bank(&bank, &next)
}

#[test]
fn a_check_in_that_got_no_answer_is_made_again_and_costs_nothing() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let bank = world.issuer.bank(SHINKIN)?;
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    works(&skts, &bank, CUSTOMER, 30)?;
    world.proxy.plan("check-in", Fault::LoseReply);
    skts.run(&["check"])?.refused("network", 5)?;
    ensure!(checked(&skts)?["state"] == "active");
    let calls = world.proxy.calls_to("check-in");
    ensure!(calls.len() == 3, "{} calls", calls.len());
    ensure!(calls[0].body == calls[1].body, "another call was made");
    ensure!(checked(&skts)?["halt"].is_null());
    Ok(())
}
