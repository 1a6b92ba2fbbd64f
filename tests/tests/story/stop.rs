//! 利用中止 from the app between real programs: a lost reply, the bank that is told, the keyring after it.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use skts_tests::issuer::{Bank, SHINKIN};
use skts_tests::proxy::Fault;
use skts_tests::skts::{APP_ID, Skts};

use crate::{CUSTOMER, World, only_serial, works};

fn stopped(skts: &Skts<'_>, serial: &str) -> Result<Value> {
    skts.run(&["stop", serial, "--yes"])?.success()
}

fn shown(skts: &Skts<'_>) -> Result<Value> {
    let tokens = skts.run(&["tokens"])?.success()?;
    Ok(tokens["tokens"][0].clone())
}

fn stops_told(bank: &Bank) -> Result<Vec<Value>> {
    let told = bank.call("events/fetch", &json!({ "after": 0, "most": 100 }))?;
    let all = told["events"].as_array().context("no events")?;
    let stops = all.iter().filter(|event| event["kind"] == "stop");
    Ok(stops.cloned().collect())
}

#[test]
fn a_token_stopped_from_the_app_is_over_at_the_bank_and_its_keys_go_with_it() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let bank = world.issuer.bank(SHINKIN)?;
    let phone = world.skts()?;
    phone.provision(SHINKIN)?.success()?;
    let serial = only_serial(&phone)?;
    works(&phone, &bank, CUSTOMER, 30)?;
    let code = phone.next_code(&serial)?;

    // Not without a word, and the answer is lost on its way.
    let unsaid = phone.run(&["stop", &serial])?;
    ensure!(unsaid.error_code()? == "not-agreed", "{unsaid:?}");
    ensure!(world.proxy.calls_to("provisioning/stop").is_empty());
    world.proxy.plan("provisioning/stop", Fault::LoseReply);
    phone
        .run(&["stop", &serial, "--yes"])?
        .refused("network", 5)?;
    ensure!(
        shown(&phone)?["stopping"] == true,
        "the request is forgotten"
    );
    let told = stopped(&phone, &serial)?;
    let number = told["receipt"]["number"].as_str().context("no receipt")?;
    ensure!(number.len() == 10 && told["halt"] == "revoked", "{told}");
    let calls = world.proxy.calls_to("provisioning/stop");
    ensure!(calls.len() == 2, "sent {} times", calls.len());
    ensure!(calls[0].body == calls[1].body, "sent again otherwise");
    ensure!(calls[0].reply == calls[1].reply, "answered otherwise");

    // Each is a new start of the program: it remembers.
    let kept = shown(&phone)?;
    ensure!(kept["receipt"]["number"] == number, "{kept}");
    phone.run(&["code"])?.refused("stopped", 3)?;
    ensure!(bank.token_state(CUSTOMER)?["state"] == "revoked");
    ensure!(bank.verify(CUSTOMER, &code)? != "accepted");
    let events = stops_told(&bank)?;
    ensure!(events.len() == 1, "{events:?}");
    ensure!(
        events[0]["serial"] == serial.as_str() && events[0]["subscriber_ref"] == CUSTOMER,
        "{events:?}"
    );

    let before = world.sandbox.keystore_names(APP_ID, "")?;
    phone.run(&["remove", &serial, "--yes"])?.success()?;
    let after = world.sandbox.keystore_names(APP_ID, "")?;
    ensure!(
        after.len() < before.len(),
        "removed, and {after:?} of {before:?} stay"
    );
    ensure!(phone.serials()?.is_empty());

    // The way on: another token.
    phone.provision(SHINKIN)?.success()?;
    works(&phone, &bank, CUSTOMER, 30)
}

#[test]
fn an_old_phone_is_told_that_it_was_replaced_and_stops_nothing_of_the_new_one() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let bank = world.issuer.bank(SHINKIN)?;
    let old = world.skts()?;
    let new = old.with_profile("new-phone");
    for phone in [&old, &new] {
        phone.provision(SHINKIN)?.success()?;
    }
    let (old_serial, new_serial) = (only_serial(&old)?, only_serial(&new)?);
    works(&old, &bank, CUSTOMER, 30)?;
    let told = old.run(&["check"])?.success()?;
    ensure!(told["halt"].is_null(), "{told}");

    skts_tests::clock::leave_room(30, 10);
    let proof = skts_tests::issuer::request_id();
    let accepted = bank.verify_as(&proof, CUSTOMER, &old.next_code(&old_serial)?)?;
    ensure!(accepted == "accepted", "the old code: {accepted}");
    let answer = bank.exchange(CUSTOMER, &proof, &new_serial, &new.code(&new_serial)?)?;
    ensure!(answer["verdict"] == "accepted", "{answer}");

    let told = old.run(&["check"])?;
    ensure!(told.status == Some(3), "{told:?}");
    let told: Value = serde_json::from_str(&told.stdout)?;
    ensure!(told["halt"] == "replaced", "{told}");
    // Too late for a receipt, and it is not the new one's end.
    let told = stopped(&old, &old_serial)?;
    ensure!(
        told["halt"] == "replaced" && told["receipt"].is_null(),
        "{told}"
    );
    ensure!(bank.token_state(CUSTOMER)?["state"] == "active");
    old.run(&["remove", &old_serial, "--yes"])?.success()?;
    let next = bank.verify(CUSTOMER, &new.next_code(&new_serial)?)?;
    ensure!(next == "accepted", "the new phone: {next}");
    Ok(())
}
