//! A token's way to its end: exchange, hold, release, stop.

use anyhow::{Result, ensure};
use skts_tests::clock;
use skts_tests::issuer::{SHINKIN, request_id};

use crate::{CUSTOMER, World, only_serial, works};

#[test]
fn a_new_phone_takes_the_place_of_the_old_one() -> Result<()> {
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

    clock::leave_room(30, 10);
    let proof = request_id();
    let shown = bank.verify_as(&proof, CUSTOMER, &old.next_code(&old_serial)?)?;
    ensure!(shown == "accepted", "the old code: {shown}");
    let code = new.code(&new_serial)?;
    let answer = bank.exchange(CUSTOMER, &proof, &new_serial, &code)?;
    ensure!(answer["verdict"] == "accepted", "the exchange: {answer}");
    ensure!(answer["serial"] == new_serial.as_str(), "{answer}");

    let next = bank.verify(CUSTOMER, &new.next_code(&new_serial)?)?;
    ensure!(next == "accepted", "the new phone: {next}");
    let over = bank.verify(CUSTOMER, &old.next_code(&old_serial)?)?;
    ensure!(over != "accepted", "the old phone still works");
    Ok(())
}

#[test]
fn a_token_is_held_and_released_by_staff_and_ended_by_its_customer() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let bank = world.issuer.bank(SHINKIN)?;
    let phone = world.skts()?;
    phone.provision(SHINKIN)?.success()?;
    let serial = only_serial(&phone)?;
    works(&phone, &bank, CUSTOMER, 30)?;
    let staff = |change: &str, reason: &str| {
        let named = [
            "--institution",
            SHINKIN,
            "--subscriber",
            CUSTOMER,
            "--reason",
            reason,
        ];
        let arguments = [&["token", change], named.as_slice()].concat();
        world.issuer.operate(&world.sandbox, &arguments)
    };
    ensure!(
        staff("unlock", "asked by telephone").is_err(),
        "it was not locked"
    );
    ensure!(staff("suspend", " ").is_err(), "without a reason");
    ensure!(staff("suspend", "reported lost")?.contains("suspended"));
    clock::leave_room(30, 10);
    let code = phone.next_code(&serial)?;
    ensure!(
        bank.verify(CUSTOMER, &code)? != "accepted",
        "a held token took a code"
    );
    ensure!(staff("resume", "found again")?.contains("active"));
    ensure!(bank.verify(CUSTOMER, &code)? == "accepted");

    ensure!(bank.change(CUSTOMER, "unregister")?["state"] == "revoked");
    ensure!(bank.verify(CUSTOMER, &code)? != "accepted");
    ensure!(
        staff("resume", "changed their mind").is_err(),
        "an end is an end"
    );
    Ok(())
}
