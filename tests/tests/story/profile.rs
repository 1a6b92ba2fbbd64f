//! The profile copied, shared, damaged, from a newer version, on a disk that refuses.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use skts_tests::issuer::SHINKIN;
use skts_tests::machine::{self, Machine};
use skts_tests::programs::have;
use skts_tests::proxy::Fault;
use skts_tests::search::files_below;

use crate::{CUSTOMER, World, only_serial, works};

const OTHER: &str = "00112233445566778899aabbccddeeff";

/// Whether another machine can be played here; says so if not.
pub(crate) fn can_play_machines() -> Result<bool> {
    match machine::check() {
        Ok(()) => Ok(true),
        Err(_) => have(&["a kernel that allows private mounts"]),
    }
}

#[test]
fn a_copied_profile_is_refused_and_left_as_it_is() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !can_play_machines()? {
        return Ok(());
    }
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let elsewhere = skts.on(&Machine::other(OTHER), "elsewhere")?;
    let before = snapshot(skts.profile())?;
    for arguments in [
        &["code", &serial] as &[&str],
        &["provision", "--institution", SHINKIN],
        &["resume"],
    ] {
        elsewhere.run(arguments)?.refused("other-device", 4)?;
    }
    ensure!(
        snapshot(skts.profile())? == before,
        "the copied profile was changed"
    );
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn a_machine_without_an_id_gets_no_token_and_says_why() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !can_play_machines()? {
        return Ok(());
    }
    let skts = world.skts()?;
    let nowhere = skts.on(&Machine::without_id(), "nowhere")?;
    nowhere.provision(SHINKIN)?.refused("no-machine-id", 4)?;
    ensure!(
        world.proxy.calls().is_empty(),
        "the service was asked for a token"
    );
    // A token made before the id was lost is not lost with it.
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    nowhere
        .run(&["code", &serial])?
        .refused("no-machine-id", 4)?;
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn two_programs_do_not_write_one_profile_at_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    world.proxy.plan("self/issue", Fault::HoldReply);
    let mut first = skts.begin(&["provision", "--institution", SHINKIN], "")?;
    world.proxy.wait_held()?;
    skts.provision(SHINKIN)?.refused("in-use", 4)?;
    world.proxy.release();
    ensure!(first.wait(std::time::Duration::from_secs(20))?.success());
    ensure!(world.proxy.calls_to("self/hello").len() == 1);
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn a_disk_that_is_full_or_read_only_loses_nothing() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !can_play_machines()? {
        return Ok(());
    }
    let skts = world.skts()?;
    fs::create_dir(skts.profile())?;
    for (name, machine) in [
        ("read-only", Machine::with_read_only(skts.profile())),
        ("full", Machine::with_full_disk(skts.profile())),
    ] {
        skts.on(&machine, name)?
            .provision(SHINKIN)?
            .refused("disk", 4)?;
        ensure!(
            world.proxy.calls_to("self/issue").is_empty(),
            "{name}: a token was issued"
        );
    }
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    // What only reads needs no writable disk.
    let frozen = skts.on(&Machine::with_read_only(skts.profile()), "frozen")?;
    let shown = frozen.run(&["code", &serial])?;
    if shown.status != Some(0) {
        shown.refused("disk", 4)?;
    }
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn damaged_truncated_and_empty_files_are_told_from_good_ones() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    for file in files_below(skts.profile())? {
        let name = file.strip_prefix(skts.profile())?.display().to_string();
        if name == "lock" || name == "prefs.json" {
            continue;
        }
        let good = fs::read(&file)?;
        let mut flipped = good.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 0x10;
        for (how, bad) in [
            ("flipped", flipped),
            ("cut", good[..good.len() / 2].to_vec()),
            ("emptied", vec![]),
        ] {
            fs::write(&file, &bad)?;
            let refused = skts.run(&["code", &serial])?;
            ensure!(
                refused.error_code()? == "corrupt",
                "{name} {how}: {:?}",
                refused
            );
            ensure!(refused.status == Some(4), "{name} {how}: {:?}", refused);
            // Nothing is destroyed: with the good file back all is as before.
            fs::write(&file, &good)?;
            ensure!(
                skts.code(&serial)?.len() == 6,
                "{name} {how}: not as before"
            );
        }
    }
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)
}

#[test]
fn a_profile_of_a_newer_version_is_left_alone() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let marker = skts.profile().join("marker.json");
    let newer = fs::read_to_string(&marker)?.replacen("\"format\": 1", "\"format\": 2", 1);
    fs::write(&marker, &newer)?;
    for arguments in [
        &["code", &serial] as &[&str],
        &["provision", "--institution", SHINKIN],
    ] {
        skts.run(arguments)?.refused("newer-format", 4)?;
    }
    ensure!(fs::read_to_string(&marker)? == newer);
    Ok(())
}

#[test]
fn only_its_owner_can_read_a_profile() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let mode =
        |path: &Path| -> Result<u32> { Ok(fs::metadata(path)?.permissions().mode() & 0o777) };
    ensure!(mode(skts.profile())? == 0o700);
    for file in files_below(skts.profile())? {
        ensure!(
            mode(&file)? & 0o077 == 0,
            "{} is {:o}",
            file.display(),
            mode(&file)?
        );
    }
    Ok(())
}

#[test]
fn a_list_that_is_forged_or_leads_elsewhere_is_refused() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let good = fs::read_to_string(&world.list)?;
    let signed: serde_json::Value = serde_json::from_str(&good)?;
    let mut forged = signed.clone();
    let list = signed["list"].as_str().unwrap_or_default();
    // One character of the signed bytes is another.
    let (head, tail) = list.split_at(list.len() / 2);
    let other = if tail.starts_with('A') { "B" } else { "A" };
    forged["list"] = format!("{head}{other}{}", &tail[1..]).into();
    let mut cut = signed.clone();
    cut["signature"] = "".into();
    for (name, text) in [
        ("forged", forged.to_string()),
        ("unsigned", cut.to_string()),
        ("half", good[..good.len() / 2].to_owned()),
        ("empty", String::new()),
    ] {
        let path = world.sandbox.join(name);
        fs::write(&path, text)?;
        let outcome = skts.with_institutions(&path).provision(SHINKIN)?;
        ensure!(
            outcome.error_code()? == "institution-list",
            "{name}: {outcome:?}"
        );
        ensure!(outcome.status == Some(4), "{name}: {outcome:?}");
    }
    for address in ["https://token.example.jp", "http://192.0.2.1:8080"] {
        // A service that will not sign such a list has refused it already.
        let Ok(list) = world
            .issuer
            .list_file(&world.sandbox, address, "elsewhere.json")
        else {
            continue;
        };
        let outcome = skts.with_institutions(&list).provision(SHINKIN)?;
        ensure!(
            outcome.error_code()? == "institution-list",
            "{address}: {outcome:?}"
        );
    }
    let gone = skts
        .with_institutions(&world.sandbox.join("not-there"))
        .provision(SHINKIN)?;
    ensure!(gone.error_code()? == "institution-list", "{gone:?}");
    ensure!(world.proxy.calls().is_empty(), "something was sent");
    Ok(())
}

/// Every file below `folder` but the lock, with its bytes.
fn snapshot(folder: &Path) -> Result<Vec<(std::path::PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for file in files_below(folder)? {
        if file.file_name().is_none_or(|name| name != "lock") {
            files.push((file.clone(), fs::read(&file)?));
        }
    }
    files.sort();
    Ok(files)
}
