//! What may happen to a customer's computer: moves that must not break a token, and moves that must be
//! refused or caught. The tables are in SECURITY.md.

use std::fs;

use anyhow::{Result, ensure};
use skts_tests::issuer::{Bank, SHINKIN};
use skts_tests::machine::Machine;
use skts_tests::sandbox::{Keyring, Sandbox, copy_folder};
use skts_tests::skts::Skts;
use skts_tests::tpm::Tpm;

use crate::chip::with_chip;
use crate::profile::can_play_machines;
use crate::{CUSTOMER, World, only_serial, works};

const ID: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const OTHER: &str = "00112233445566778899aabbccddeeff";

/// A world with a registered token on the machine `ID`, its keys in software or in a chip.
fn with_token(chip: bool) -> Result<Option<(World, Option<Tpm>, Bank)>> {
    if !can_play_machines()? {
        return Ok(None);
    }
    let (world, chip) = if chip {
        let Some((world, chip)) = with_chip()? else {
            return Ok(None);
        };
        (world, Some(chip))
    } else {
        let Some(world) = World::new()? else {
            return Ok(None);
        };
        (world, None)
    };
    let bank = world.issuer.bank(SHINKIN)?;
    let skts = world.skts()?.on(&Machine::other(ID), "machine")?;
    skts.provision(SHINKIN)?.success()?;
    works(&skts, &bank, CUSTOMER, 30)?;
    Ok(Some((world, chip, bank)))
}

/// Asserts that the token's next code is accepted.
fn goes_on(skts: &Skts<'_>, bank: &Bank, after: &str) -> Result<()> {
    let serial = only_serial(skts)?;
    // The code of this moment may have been used; the next one is as good.
    skts_tests::clock::leave_room(30, 6);
    let code = skts.next_code(&serial)?;
    let verdict = bank.verify(CUSTOMER, &code)?;
    ensure!(
        verdict == "accepted" || verdict == "replayed",
        "after {after}: {verdict}"
    );
    ensure!(
        skts.run(&["check"])?.success()?["halt"].is_null(),
        "stopped after {after}"
    );
    Ok(())
}

fn break_nothing(chip: bool) -> Result<()> {
    let Some((mut world, _chip, bank)) = with_token(chip)? else {
        return Ok(());
    };
    let same = Machine::other(ID);
    let release = "NAME=\"Another\"\nVERSION_ID=\"99\"\n";
    let upgraded = same.clone().with_file("/etc/os-release", release);
    let skts = world.skts()?.on(&upgraded, "upgraded")?;
    goes_on(&skts, &bank, "an upgrade of the system")?;

    let renamed = same.clone().with_host_name("another-name");
    let skts = world.skts()?.on(&renamed, "renamed")?;
    goes_on(&skts, &bank, "another host name")?;

    world.sandbox.set("TZ", "America/New_York");
    let skts = world.skts()?.on(&same, "elsewhere")?;
    goes_on(&skts, &bank, "another time zone")?;

    let skts = world.skts()?.reinstalled()?.on(&same, "reinstalled")?;
    goes_on(&skts, &bank, "another installation of the program")?;

    // The same files on another disk: nothing of the old ones is kept but what is in them.
    let profile = skts.profile().to_owned();
    let old = profile.with_extension("old");
    fs::rename(&profile, &old)?;
    copy_folder(&old, &profile)?;
    fs::remove_dir_all(&old)?;
    goes_on(&skts, &bank, "a clone of the disk")?;

    world.sandbox.change_keyring_password()?;
    let skts = world.skts()?.on(&same, "machine")?;
    goes_on(&skts, &bank, "another password of the keyring")
}

#[test]
fn what_a_customer_does_to_his_computer_breaks_no_token() -> Result<()> {
    break_nothing(false)
}

#[test]
fn nor_does_it_break_one_in_a_chip() -> Result<()> {
    break_nothing(true)
}

#[test]
fn without_the_network_codes_are_shown_as_ever() -> Result<()> {
    let Some((world, _, _)) = with_token(false)? else {
        return Ok(());
    };
    let offline = Machine::other(ID).without_network();
    let skts = world.skts()?.on(&offline, "offline")?;
    let serial = only_serial(&skts)?;
    ensure!(skts.code(&serial)?.len() == 6);
    skts.run(&["check"])?.refused("network", 5)
}

/// Copies of the profile, of the keyring, and of both, on another machine.
fn refuses_copies(chip: bool) -> Result<()> {
    let Some((world, here, bank)) = with_token(chip)? else {
        return Ok(());
    };
    let skts = world.skts()?.on(&Machine::other(ID), "machine")?;
    let other = Machine::other(OTHER);
    for (profile, keyring, machine, (code, status)) in [
        (true, false, &other, ("other-device", 4)),
        (false, true, &other, ("not-set-up", 2)),
        (true, true, &other, ("other-device", 4)),
        // And where the other machine says that it is this one.
        (true, false, &Machine::other(ID), ("item-missing", 4)),
    ] {
        let mut elsewhere = Sandbox::new(Keyring::Unlocked)?;
        if let Some(chip) = &here {
            // Even with the very chip.
            elsewhere.set("SKTS_TPM", chip.socket());
        }
        if profile {
            copy_folder(skts.profile(), &elsewhere.join("profile"))?;
        }
        if keyring {
            elsewhere.take_keyring_of(&world.sandbox)?;
        }
        let copy = Skts::new(&elsewhere, "profile", &world.list)?.on(machine, "machine")?;
        let refused = copy.run(&["code"])?.refused(code, status);
        refused.map_err(|error| error.context(format!("profile {profile}, keyring {keyring}")))?;
    }
    if here.is_some() {
        // Everything but the chip, on a machine that says it is this one.
        let mut elsewhere = Sandbox::new(Keyring::Unlocked)?;
        elsewhere.take_keyring_of(&world.sandbox)?;
        copy_folder(skts.profile(), &elsewhere.join("profile"))?;
        let another = Tpm::start(elsewhere.join("chip"))?;
        elsewhere.set("SKTS_TPM", another.socket());
        let copy = Skts::new(&elsewhere, "profile", &world.list)?;
        let copy = copy.on(&Machine::other(ID), "machine")?;
        copy.run(&["code"])?.refused("device-key-gone", 4)?;
    }
    goes_on(&skts, &bank, "being copied")
}

#[test]
fn copies_are_of_no_use_on_another_machine() -> Result<()> {
    refuses_copies(false)
}

#[test]
fn nor_are_copies_of_a_token_in_a_chip() -> Result<()> {
    refuses_copies(true)
}
