//! What the service believes of a device: from a chip's certificate, through its credential, to what is
//! written of the token.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use skts_tests::issuer::{SHINKIN, SHINKUMI};
use skts_tests::programs::have;
use skts_tests::skts::Skts;
use skts_tests::tpm::Tpm;
use skts_tests::tpm::maker::Maker;

use crate::{CUSTOMER, PASSWORD, World, only_serial, works};

/// Infineon's letters, as a certificate has them.
const VENDOR: &str = "id:49465800";
const STRICT: &str = "strict";

/// A world, and a maker of chips; `None` if this machine cannot play one.
fn with_maker() -> Result<Option<(World, Maker)>> {
    if !have(&["swtpm", "swtpm_setup", "swtpm_localca"])? {
        return Ok(None);
    }
    let Some(world) = World::new()? else {
        return Ok(None);
    };
    let maker = Maker::new(world.sandbox.join("maker"))?;
    Ok(Some((world, maker)))
}

/// Has the service pin the maker, from its next start on.
fn pin(world: &mut World, maker: &Maker) -> Result<()> {
    let roots = world.sandbox.join("roots");
    fs::create_dir_all(roots.join("tpm"))?;
    fs::copy(maker.certificate(), roots.join("tpm/maker.pem"))?;
    world.issuer.stop()?;
    world.sandbox.set("SKTS_ISSUER_ATTESTATION_ROOTS", roots);
    world.issuer.serve(&world.sandbox)
}

/// What the trail says was proved of the token confirmed last.
fn level(world: &World) -> Result<String> {
    let entries = world.issuer.operate(&world.sandbox, &["audit", "show"])?;
    let entries = entries.lines().map(serde_json::from_str::<Value>);
    let mut confirmed = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry["action"] == "confirmed" {
            confirmed.push(entry["detail"].as_str().context("a level")?.to_owned());
        }
    }
    confirmed.pop().context("nothing was confirmed")
}

fn provision(world: &mut World, chip: &Tpm, profile: &str) -> Result<String> {
    world.sandbox.set("SKTS_TPM", chip.socket());
    let skts = Skts::new(&world.sandbox, profile, &world.list)?;
    skts.provision(SHINKIN)?.success()?;
    level(world)
}

#[test]
fn a_chip_is_believed_when_its_maker_is_pinned_and_it_has_proved_itself() -> Result<()> {
    let Some((mut world, maker)) = with_maker()? else {
        return Ok(());
    };
    let chip = maker.chip(world.sandbox.join("chip"), Some(VENDOR))?;
    ensure!(
        provision(&mut world, &chip, "before")? == "level 1",
        "nobody is pinned"
    );
    pin(&mut world, &maker)?;
    let proved = provision(&mut world, &chip, "profile")?;
    ensure!(proved == "level 3", "{proved}: {}", world.issuer.log());
    let tokens = world.skts()?.run(&["tokens"])?.success()?;
    ensure!(tokens["tokens"][0]["attested"] == true, "{tokens}");
    works(&world.skts()?, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;

    // The same by activation, in the other profile.
    let bank = world.issuer.bank(SHINKUMI)?;
    let activation = bank.issue_activation(CUSTOMER, PASSWORD)?;
    let skts = Skts::new(&world.sandbox, "activated", &world.list)?;
    skts.activate(&activation)?.success()?;
    ensure!(level(&world)? == "level 3");

    // As it says itself it is a program: its certificate is genuine, and worth no more than software.
    let honest = maker.chip(world.sandbox.join("honest"), None)?;
    ensure!(provision(&mut world, &honest, "honest")? == "level 1");
    // A chip that nobody certified, and none at all.
    let bare = Tpm::start(world.sandbox.join("bare"))?;
    ensure!(provision(&mut world, &bare, "bare")? == "level 1");
    Ok(())
}

#[test]
fn an_institution_that_asks_for_hardware_takes_nothing_less() -> Result<()> {
    let Some((mut world, maker)) = with_maker()? else {
        return Ok(());
    };
    let chip = maker.chip(world.sandbox.join("chip"), Some(VENDOR))?;
    pin(&mut world, &maker)?;
    let (ids, names) = ((STRICT, "10000099"), ("厳格", "Strict"));
    world
        .issuer
        .add_institution(&world.sandbox, ids, names, &["--lowest-level", "3"])?;
    let address = world.proxy.address();
    let list = world
        .issuer
        .list_file(&world.sandbox, &address, "with-strict.json")?;

    let bare = Tpm::start(world.sandbox.join("bare"))?;
    for (profile, chip) in [("bare", Some(&bare)), ("none", None)] {
        match chip {
            Some(chip) => world.sandbox.set("SKTS_TPM", chip.socket()),
            None => world.sandbox.set("SKTS_TPM", "none"),
        }
        let skts = Skts::new(&world.sandbox, profile, &list)?;
        skts.provision(STRICT)?.refused("level-too-low", 3)?;
    }
    world.sandbox.set("SKTS_TPM", chip.socket());
    let skts = Skts::new(&world.sandbox, "profile", &list)?;
    skts.provision(STRICT)?.success()?;
    ensure!(level(&world)? == "level 3");
    only_serial(&skts)?;
    works(&skts, &world.issuer.bank(STRICT)?, CUSTOMER, 30)
}
