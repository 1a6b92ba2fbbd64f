//! Nothing is burned by a lost packet, a killed program or a restarted service.

use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::issuer::{Activation, Bank, SHINKIN};
use skts_tests::proxy::Fault;
use skts_tests::skts::{Outcome, Skts, activation_arguments};

use crate::{CUSTOMER, PASSWORD, World, only_serial, works};

const K_STEPS: [&str; 3] = ["activation/begin", "activation/finish", "/confirm"];
const S_STEPS: [&str; 3] = ["self/hello", "self/issue", "/confirm"];

/// Goes on with a set-up as its user does: until it says it is done, password at hand.
fn resume(skts: &Skts<'_>) -> Result<Outcome> {
    skts.run_with(&["resume"], &format!("{PASSWORD}\n"))
}

/// Asserts that the calls to `path` were one request, sent again byte for byte.
fn sent_again(world: &World, path: &str) -> Result<()> {
    let calls = world.proxy.calls_to(path);
    ensure!(calls.len() >= 2, "{path} was sent {} times", calls.len());
    let same = calls.windows(2).all(|two| two[0].body == two[1].body);
    ensure!(same, "{path} was sent again with another body");
    // A confirmation is answered with the time, which goes on.
    let answers: Vec<_> = calls
        .iter()
        .filter(|call| call.status == Some(200))
        .collect();
    let same = answers.windows(2).all(|two| two[0].reply == two[1].reply);
    ensure!(
        same || path.ends_with("/confirm"),
        "{path} was answered otherwise the second time"
    );
    Ok(())
}

/// The only activation left its only try unharmed: it is not refused, and one token came of it.
fn came_to_one_token(world: &World, skts: &Skts<'_>, bank: &Bank, k: &Activation) -> Result<()> {
    works(skts, bank, CUSTOMER, 60)?;
    let state = bank.activation_state(&k.user_id)?;
    ensure!(state["state"] == "completed", "the activation is {state}");
    ensure!(world.sandbox.keystore_names("jp.example.skts", "")?.len() == 2);
    Ok(())
}

#[test]
fn each_lost_message_of_an_activation_is_sent_again_and_answered_again() -> Result<()> {
    for step in K_STEPS {
        for fault in [Fault::LoseRequest, Fault::LoseReply] {
            let Some(world) = World::new()? else {
                return Ok(());
            };
            let skts = world.skts()?;
            let (bank, activation) = world.issue()?;
            world.proxy.plan(step, fault);
            skts.activate(&activation)?.refused("network", 5)?;
            resume(&skts)?.success()?;
            sent_again(&world, step)?;
            came_to_one_token(&world, &skts, &bank, &activation)?;
        }
    }
    Ok(())
}

#[test]
fn each_lost_message_of_a_self_provisioning_is_sent_again_and_answered_again() -> Result<()> {
    for step in S_STEPS {
        for fault in [Fault::LoseRequest, Fault::LoseReply] {
            let Some(world) = World::new()? else {
                return Ok(());
            };
            let skts = world.skts()?;
            world.proxy.plan(step, fault);
            skts.provision(SHINKIN)?.refused("network", 5)?;
            resume(&skts)?.success()?;
            sent_again(&world, step)?;
            works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;
        }
    }
    Ok(())
}

#[test]
fn five_lost_replies_cost_no_try() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    for _ in 0..6 {
        world.proxy.plan(K_STEPS[0], Fault::LoseReply);
    }
    skts.activate(&activation)?.refused("network", 5)?;
    for _ in 0..5 {
        resume(&skts)?.refused("network", 5)?;
    }
    resume(&skts)?.success()?;
    came_to_one_token(&world, &skts, &bank, &activation)
}

#[test]
fn a_program_killed_at_any_step_of_an_activation_goes_on_where_it_was() -> Result<()> {
    for step in K_STEPS {
        for fault in [Fault::HoldRequest, Fault::HoldReply] {
            let Some(world) = World::new()? else {
                return Ok(());
            };
            let skts = world.skts()?;
            let (bank, activation) = world.issue()?;
            world.proxy.plan(step, fault);
            let arguments = activation_arguments(&activation);
            let mut running = skts.begin(&arguments, &format!("{PASSWORD}\n"))?;
            world.proxy.wait_held()?;
            running.kill()?;
            world.proxy.release();
            resume(&skts)?.success()?;
            came_to_one_token(&world, &skts, &bank, &activation)?;
        }
    }
    Ok(())
}

#[test]
fn a_program_killed_at_any_step_of_a_self_provisioning_goes_on_where_it_was() -> Result<()> {
    for step in S_STEPS {
        for fault in [Fault::HoldRequest, Fault::HoldReply] {
            let Some(world) = World::new()? else {
                return Ok(());
            };
            let skts = world.skts()?;
            world.proxy.plan(step, fault);
            let mut running = skts.begin(&["provision", "--institution", SHINKIN], "")?;
            world.proxy.wait_held()?;
            running.kill()?;
            world.proxy.release();
            resume(&skts)?.success()?;
            works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;
        }
    }
    Ok(())
}

#[test]
fn a_program_killed_at_any_moment_leaves_a_profile_that_works() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let bank = world.issuer.bank(SHINKIN)?;
    // From before the first file to after the last, in steps finer than a disk write.
    for after_ms in (0..240).step_by(12) {
        let skts = world.skts()?.with_profile(&format!("profile-{after_ms}"));
        let mut running = skts.begin(&["provision", "--institution", SHINKIN], "")?;
        std::thread::sleep(Duration::from_millis(after_ms));
        running.kill()?;
        let resumed = resume(&skts)?;
        if resumed.status != Some(0) {
            // Killed before anything was begun, or after all was done.
            resumed.refused("nothing-pending", 2)?;
            if skts.serials().unwrap_or_default().is_empty() {
                skts.provision(SHINKIN)?.success()?;
            }
        }
        works(&skts, &bank, &format!("customer-{after_ms}"), 30)?;
    }
    Ok(())
}

#[test]
fn a_service_killed_in_the_middle_of_an_activation_goes_on_with_it() -> Result<()> {
    for step in K_STEPS {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        let (bank, activation) = world.issue()?;
        world.proxy.plan(step, Fault::LoseReply);
        world.skts()?.activate(&activation)?.refused("network", 5)?;
        world.issuer.kill()?;
        resume(&world.skts()?)?.refused("network", 5)?;
        world.issuer.serve(&world.sandbox)?;
        resume(&world.skts()?)?.success()?;
        came_to_one_token(&world, &world.skts()?, &bank, &activation)?;
    }
    Ok(())
}

#[test]
fn a_busy_service_is_come_back_to() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    world.proxy.plan(K_STEPS[1], Fault::Busy(3));
    skts.activate(&activation)?.refused("busy", 5)?;
    resume(&skts)?.success()?;
    came_to_one_token(&world, &skts, &bank, &activation)
}

#[test]
fn a_set_up_given_up_at_any_step_can_be_begun_again_on_the_same_device() -> Result<()> {
    for step in K_STEPS {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        let skts = world.skts()?;
        let (bank, activation) = world.issue()?;
        world.proxy.plan(step, Fault::LoseReply);
        skts.activate(&activation)?.refused("network", 5)?;
        skts.run(&["cancel", "--yes"])?.success()?;
        resume(&skts)?.refused("nothing-pending", 2)?;
        skts.activate(&activation)?.success()?;
        came_to_one_token(&world, &skts, &bank, &activation)?;
    }
    Ok(())
}

#[test]
fn another_device_with_the_right_password_is_refused_and_the_bank_is_told() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    skts.activate(&activation)?.success()?;
    let thief = skts.with_profile("thief");
    thief
        .activate(&activation)?
        .refused("activation-refused", 3)?;
    let state = bank.activation_state(&activation.user_id)?;
    ensure!(state["other_device_refused"] == true, "{state}");
    works(&skts, &bank, CUSTOMER, 60)
}

#[test]
fn no_resume_is_offered_where_nothing_was_begun() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    resume(&skts)?.refused("nothing-pending", 2)?;
    skts.provision(SHINKIN)?.success()?;
    resume(&skts)?.refused("nothing-pending", 2)?;
    ensure!(only_serial(&skts)?.starts_with("SKTS"));
    Ok(())
}
