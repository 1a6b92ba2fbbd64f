//! No secret in what is printed, logged or written, and the search that says so can find one.

use std::fs;

use anyhow::{Result, ensure};
use skts_tests::issuer::SHINKIN;
use skts_tests::proxy::Fault;
use skts_tests::search::{Secret, find};
use skts_tests::skts::APP_ID;

use crate::{PASSWORD, World};

#[test]
fn no_secret_is_printed_logged_or_written() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    // Every kind of run: lost, refused, resumed, done, shown.
    let said = world.sandbox.join("logs/skts.log");
    let mut log = String::new();
    let mut note = |outcome: skts_tests::skts::Outcome| {
        log += &outcome.stdout;
        log += &outcome.stderr;
    };
    let mut wrong = activation.clone();
    wrong.password = "73914629".to_owned();
    note(skts.activate(&wrong)?);
    world.proxy.plan("activation/finish", Fault::LoseReply);
    note(skts.activate(&activation)?);
    let halfway = find(
        &[Secret::new("password", PASSWORD.as_bytes())],
        skts.profile(),
    )?;
    ensure!(halfway.is_empty(), "{halfway:?}");
    note(skts.run_with(&["resume"], &format!("{PASSWORD}\n"))?);
    note(skts.provision(SHINKIN)?);
    note(skts.run(&["tokens"])?);
    note(skts.run(&["doctor"])?);
    let serials = skts.serials()?;
    let code = skts.code(&serials[0])?;
    ensure!(bank.register("customer-0001", &serials[0], &code)?["verdict"] == "accepted");
    bank.verify("customer-0001", &code)?;
    fs::write(&said, &log)?;

    let mut secrets = vec![
        Secret::new("activation password", PASSWORD.as_bytes()),
        Secret::new("mistyped password", b"73914629"),
        Secret::new("code", code.as_bytes()),
    ];
    for key in world.issuer.api_keys() {
        secrets.push(Secret::new("a bank's key", key.as_bytes()));
    }
    for name in world.sandbox.keystore_names(APP_ID, "")? {
        let lookup = ["lookup", "service", APP_ID, "username", &name];
        let item = world
            .sandbox
            .command("secret-tool")
            .args(lookup)
            .output()?
            .stdout;
        ensure!(item.len() >= 32, "the item {name} has {} bytes", item.len());
        secrets.push(Secret::new(&format!("keystore item {name}"), &item));
    }
    ensure!(secrets.len() >= 8, "{} secrets", secrets.len());
    for folder in [
        world.sandbox.join("logs"),
        skts.profile().to_owned(),
        world.issuer.data().into(),
    ] {
        let found = find(&secrets, &folder)?;
        ensure!(found.is_empty(), "{found:?}");
    }
    // The same search finds each of them where it is planted.
    let planted = world.sandbox.join("logs/planted");
    for secret in &secrets {
        fs::write(&planted, secret.sample())?;
        let found = find(&secrets, &world.sandbox.join("logs"))?;
        ensure!(
            found.iter().any(|line| line.starts_with(secret.name())),
            "{}",
            secret.name()
        );
    }
    Ok(())
}
