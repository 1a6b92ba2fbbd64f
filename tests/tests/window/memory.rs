//! The memory of the app's window, of the page in it and of what carries its requests, searched once a
//! token is set up. What is typed passes through the web engine, in the page's process and in the
//! app's own; its buffers are not ours to wipe, so the activation password, which is of no use by
//! then, is looked for where the engine is not.

use std::fs;

use anyhow::{Context, Result, ensure};
use skts_tests::app::{begin_activation, finish, send_activation, shown_serial, wait_code};
use skts_tests::dump::{self, Dump};
use skts_tests::forensics::{keys_at_service, keys_of_profile};
use skts_tests::issuer::SHINKUMI;
use skts_tests::programs::have;
use skts_tests::search::Secret;

use crate::{PASSWORD, World};

/// The processes of this world whose name begins with `name`.
fn processes(world: &World, name: &str) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        let pid = folder.file_name().and_then(|name| name.to_str());
        let Some(pid) = pid.and_then(|name| name.parse().ok()) else {
            continue;
        };
        // One that ended meanwhile is none.
        let (Ok(comm), Ok(environment)) = (
            fs::read_to_string(folder.join("comm")),
            fs::read(folder.join("environ")),
        ) else {
            continue;
        };
        if comm.starts_with(name) && world.sandbox.canary().is_in(&environment) {
            found.push(pid);
        }
    }
    Ok(found)
}

#[test]
fn a_token_set_up_in_the_window_leaves_no_secret_in_memory() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !dump::allowed() {
        return have(&["the right to read the memory of other programs"]).map(drop);
    }
    let (_, activation) = world.issue(SHINKUMI)?;
    let window = world.open()?;
    begin_activation(&window)?;
    send_activation(&window, &activation)?;
    finish(&window)?;
    wait_code(&window)?;
    let serial = shown_serial(&window)?;
    let profile = world.sandbox.join("profile");
    let password = Secret::new("activation password", PASSWORD.as_bytes());
    let mut keys = keys_at_service(world.issuer.data(), &serial, SHINKUMI)?.to_vec();
    keys.extend(keys_of_profile(&world.sandbox, &profile)?);

    for (name, may_hold_the_password) in [
        ("skts-app", true),
        ("WebKitWebProces", true),
        ("WebKitNetworkPr", false),
    ] {
        let pids = processes(&world, name)?;
        let [pid] = pids.as_slice() else {
            anyhow::bail!("{name}: {pids:?}");
        };
        let dump = Dump::of(*pid).with_context(|| name.to_owned())?;
        let canary = dump.find(&[world.sandbox.canary()]);
        ensure!(
            !canary.is_empty(),
            "{name}: no canary in {} bytes",
            dump.len()
        );
        let found = dump.find(&keys);
        ensure!(found.is_empty(), "{name}: {found:#?}");
        let typed = dump.find(std::slice::from_ref(&password));
        println!("{name}: {} bytes, {typed:?}", dump.len());
        ensure!(
            may_hold_the_password || typed.is_empty(),
            "{name}: {typed:#?}"
        );
    }
    Ok(())
}
