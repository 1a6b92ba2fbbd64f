//! The keyring locked, absent, slow, or without our item: told apart, and nothing lost.

use std::fs;

use anyhow::{Result, ensure};
use skts_tests::clock;
use skts_tests::display::Display;
use skts_tests::issuer::SHINKIN;
use skts_tests::programs::have;
use skts_tests::sandbox::Keyring;
use skts_tests::skts::{APP_ID, Skts};

use crate::{CUSTOMER, World, only_serial, works};

#[test]
fn set_up_waits_for_a_keyring_and_takes_no_token_without_one() -> Result<()> {
    for (keyring, code) in [
        (Keyring::Locked, "keystore-locked"),
        (Keyring::Absent, "keystore-absent"),
        (Keyring::NoBus, "keystore-absent"),
        (Keyring::NoDefaultCollection, "keystore-absent"),
    ] {
        let Some(world) = World::with(keyring, None)? else {
            return Ok(());
        };
        let skts = world.skts()?;
        let started = clock::now();
        skts.provision(SHINKIN)?.refused(code, 4)?;
        ensure!(
            started.elapsed().as_secs() < 8,
            "{code} took {:?}",
            started.elapsed()
        );
        ensure!(
            world.proxy.calls().is_empty(),
            "{code}: the service was asked for a token"
        );
    }
    Ok(())
}

#[test]
fn a_keyring_that_was_locked_or_gone_gives_the_token_back() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    world.skts()?.provision(SHINKIN)?.success()?;
    let serial = only_serial(&world.skts()?)?;
    world.sandbox.lock_keyring()?;
    world
        .skts()?
        .run(&["code", &serial])?
        .refused("keystore-locked", 4)?;
    world.sandbox.stop_keyring()?;
    world
        .skts()?
        .run(&["code", &serial])?
        .refused("keystore-absent", 4)?;
    world.sandbox.restart_keyring()?;
    works(&world.skts()?, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn a_keyring_nobody_unlocks_is_waited_for_five_seconds_only() -> Result<()> {
    if !have(&["Xvfb"])? {
        return Ok(());
    }
    let display = Display::start()?;
    let Some(world) = World::with(Keyring::Unlocked, Some(display.name()))? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    // With a display the keyring puts up its prompt, and nobody answers it.
    world.sandbox.lock_keyring()?;
    let started = clock::now();
    skts.run(&["code", &serial])?.refused("keystore-slow", 4)?;
    let took = started.elapsed().as_secs();
    ensure!((4..10).contains(&took), "it took {took} s");
    Ok(())
}

#[test]
fn a_missing_item_is_said_and_never_made_anew() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let before = contents(&skts)?;
    ensure!(world.sandbox.delete_keystore_items(APP_ID, "")? == 2);
    for arguments in [
        &["code", &serial] as &[&str],
        &["provision", "--institution", SHINKIN],
        &["resume"],
        &["code", &serial],
    ] {
        skts.run(arguments)?.refused("item-missing", 4)?;
    }
    ensure!(
        world.sandbox.keystore_names(APP_ID, "")?.is_empty(),
        "an item was made anew"
    );
    ensure!(contents(&skts)? == before, "the profile was changed");
    Ok(())
}

#[test]
fn each_item_alone_is_missed() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    for which in 0..2 {
        let skts = world.skts()?.with_profile(&format!("profile-{which}"));
        skts.provision(SHINKIN)?.success()?;
        let serial = only_serial(&skts)?;
        let marker = fs::read_to_string(skts.profile().join("marker.json"))?;
        let names = world.sandbox.keystore_names(APP_ID, "")?;
        let own: Vec<_> = names
            .iter()
            .filter(|n| n.split('.').next().is_some_and(|id| marker.contains(id)))
            .collect();
        ensure!(own.len() == 2, "{names:?}");
        let mut sorted = own.clone();
        sorted.sort_by_key(|name| name.ends_with(".device"));
        world.sandbox.delete_keystore_items(APP_ID, sorted[which])?;
        skts.run(&["code", &serial])?.refused("item-missing", 4)?;
    }
    Ok(())
}

/// Every file of the profile with its bytes, but for the lock.
fn contents(skts: &Skts<'_>) -> Result<Vec<(std::path::PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for file in skts_tests::search::files_below(skts.profile())? {
        if file.file_name().is_none_or(|name| name != "lock") {
            files.push((file.clone(), fs::read(&file)?));
        }
    }
    files.sort();
    Ok(files)
}
