//! What the service accepts: one code, once, whoever asks how often.

use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, ensure};
use skts_tests::clock;
use skts_tests::issuer::{SHINKIN, request_id};

use crate::{CUSTOMER, World, only_serial, works};

const AT_ONCE: usize = 200;

#[test]
fn one_code_sent_two_hundred_times_at_once_is_accepted_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let bank = world.issuer.bank(SHINKIN)?;
    skts.provision(SHINKIN)?.success()?;
    works(&skts, &bank, CUSTOMER, 30)?;
    let serial = only_serial(&skts)?;
    clock::leave_room(30, 12);
    let code = skts.next_code(&serial)?;
    let barrier = Barrier::new(AT_ONCE);
    let verdicts: Vec<String> = thread::scope(|scope| {
        let calls: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    bank.verify_as(&request_id(), CUSTOMER, &code)
                })
            })
            .collect();
        calls
            .into_iter()
            .map(|call| {
                call.join()
                    .map_err(|_| anyhow::anyhow!("a call panicked"))?
            })
            .collect::<Result<_>>()
    })?;
    let count = |wanted: &str| verdicts.iter().filter(|verdict| *verdict == wanted).count();
    ensure!(
        count("accepted") == 1,
        "accepted {} times",
        count("accepted")
    );
    ensure!(count("replayed") == AT_ONCE - 1, "{verdicts:?}");
    Ok(())
}

#[test]
fn a_bank_that_asks_again_hears_the_first_verdict() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let bank = world.issuer.bank(SHINKIN)?;
    skts.provision(SHINKIN)?.success()?;
    works(&skts, &bank, CUSTOMER, 30)?;
    clock::leave_room(30, 4);
    let code = skts.next_code(&only_serial(&skts)?)?;
    let id = request_id();
    ensure!(bank.verify_as(&id, CUSTOMER, &code)? == "accepted");
    ensure!(
        bank.verify_as(&id, CUSTOMER, &code)? == "accepted",
        "a retry got another verdict"
    );
    ensure!(bank.verify(CUSTOMER, &code)? == "replayed");
    ensure!(
        bank.verify_as(&id, CUSTOMER, "000000").is_err(),
        "one id served two requests"
    );
    Ok(())
}

#[test]
fn codes_shown_before_an_accepted_one_are_dead_with_it() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let bank = world.issuer.bank(SHINKIN)?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    clock::leave_room(30, 5);
    let now = skts.code(&serial)?;
    let next = skts.next_code(&serial)?;
    ensure!(bank.register(CUSTOMER, &serial, &next)?["verdict"] == "accepted");
    for code in [&now, &next, &now] {
        ensure!(bank.verify(CUSTOMER, code)? == "replayed");
    }
    Ok(())
}

#[test]
fn wrong_codes_lock_a_token_and_a_stranger_cannot_lock_it() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    let strict = "mihon-strict";
    let names = ("見本三回金庫", "Mihon Three-Strikes Bank");
    let (ids, thrice) = ((strict, "10000004"), ["--lock-after", "3"]);
    world
        .issuer
        .add_institution(&world.sandbox, ids, names, &thrice)?;
    let list =
        world
            .issuer
            .list_file(&world.sandbox, &world.proxy.address(), "with-strict.json")?;
    let skts = world.skts()?.with_institutions(&list);
    let bank = world.issuer.bank(strict)?;
    skts.provision(strict)?.success()?;
    let serial = only_serial(&skts)?;
    // A stranger types this serial with codes made up: that counts against the stranger.
    for code in [
        "111111", "222222", "333333", "444444", "555555", "666666", "777777",
    ] {
        ensure!(bank.register("stranger", &serial, code)?["verdict"] != "accepted");
    }
    works(&skts, &bank, CUSTOMER, 30)?;
    clock::leave_room(30, 12);
    let good = skts.next_code(&serial)?;
    let wrong = |number: u32| -> Result<String> {
        Ok(format!(
            "{:06}",
            (good.parse::<u32>()? + 7 + number) % 1_000_000
        ))
    };
    ensure!(bank.verify(CUSTOMER, &wrong(1)?)? == "rejected");
    ensure!(bank.verify(CUSTOMER, &wrong(2)?)? == "rejected");
    let state =
        || -> Result<serde_json::Value> { Ok(bank.token_state(CUSTOMER)?["state"].clone()) };
    // Within the wait nothing is looked at: the right code is not taken, wrong ones cost nothing.
    for number in 3..8 {
        ensure!(bank.verify(CUSTOMER, &wrong(number)?)? == "locked");
    }
    ensure!(bank.verify(CUSTOMER, &good)? == "locked");
    ensure!(state()? == "active", "codes within the wait were counted");
    std::thread::sleep(std::time::Duration::from_millis(5200));
    ensure!(bank.verify(CUSTOMER, &wrong(8)?)? == "locked");
    ensure!(state()? == "locked", "the third wrong code did not lock");
    std::thread::sleep(std::time::Duration::from_secs(11));
    ensure!(bank.verify(CUSTOMER, &skts.next_code(&serial)?)? == "locked");
    Ok(())
}
