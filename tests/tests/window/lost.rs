//! The network cut, or the app killed, at every step of a set-up in the window.

use anyhow::{Result, ensure};
use skts_tests::issuer::{SHINKIN, SHINKUMI};
use skts_tests::proxy::Fault;
use skts_tests::window::Window;

use crate::{
    CUSTOMER, PASSWORD, World, begin_activation, begin_self_provisioning, finish, send_activation,
    works,
};

const K_STEPS: [&str; 3] = ["activation/begin", "activation/finish", "/confirm"];
const S_STEPS: [&str; 3] = ["self/hello", "self/issue", "/confirm"];

/// Goes on with the pending set-up as the window offers it, typing the password where it asks.
pub(crate) fn resume(window: &Window) -> Result<()> {
    window.wait("resume")?;
    if window.has("password")? {
        window.type_into("password", PASSWORD)?;
    }
    window.click("resume")?;
    finish(window)
}

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

#[test]
fn an_activation_cut_off_at_any_step_goes_on() -> Result<()> {
    for step in K_STEPS {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        let window = world.open()?;
        let (bank, activation) = world.issue(SHINKUMI)?;
        begin_activation(&window)?;
        world.proxy.plan(step, Fault::LoseReply);
        send_activation(&window, &activation)?;
        window.wait_screen("setup-network")?;
        resume(&window)?;
        sent_again(&world, step)?;
        works(&window, &bank, CUSTOMER, 60)?;
    }
    Ok(())
}

#[test]
fn a_self_provisioning_cut_off_at_any_step_goes_on() -> Result<()> {
    for step in S_STEPS {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        let window = world.open()?;
        world.proxy.plan(step, Fault::LoseReply);
        begin_self_provisioning(&window)?;
        window.wait_screen("setup-network")?;
        resume(&window)?;
        sent_again(&world, step)?;
        works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;
    }
    Ok(())
}

#[test]
fn an_app_killed_at_any_step_of_an_activation_goes_on() -> Result<()> {
    for step in K_STEPS {
        for fault in [Fault::HoldRequest, Fault::HoldReply] {
            let Some(world) = World::new()? else {
                return Ok(());
            };
            let window = world.open()?;
            let (bank, activation) = world.issue(SHINKUMI)?;
            begin_activation(&window)?;
            world.proxy.plan(step, fault);
            send_activation(&window, &activation)?;
            world.proxy.wait_held()?;
            window.kill_app()?;
            world.proxy.release();
            let window = world.open()?;
            resume(&window)?;
            works(&window, &bank, CUSTOMER, 60)?;
        }
    }
    Ok(())
}

#[test]
fn an_app_killed_at_any_step_of_a_self_provisioning_goes_on() -> Result<()> {
    for step in S_STEPS {
        for fault in [Fault::HoldRequest, Fault::HoldReply] {
            let Some(world) = World::new()? else {
                return Ok(());
            };
            let window = world.open()?;
            world.proxy.plan(step, fault);
            begin_self_provisioning(&window)?;
            world.proxy.wait_held()?;
            window.kill_app()?;
            world.proxy.release();
            let window = world.open()?;
            resume(&window)?;
            works(&window, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;
        }
    }
    Ok(())
}

#[test]
fn a_busy_service_is_said_to_be_busy_and_come_back_to() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let (bank, activation) = world.issue(SHINKUMI)?;
    begin_activation(&window)?;
    world.proxy.plan(K_STEPS[1], Fault::Busy(1));
    send_activation(&window, &activation)?;
    window.wait_screen("setup-busy")?;
    resume(&window)?;
    works(&window, &bank, CUSTOMER, 60)
}

#[test]
fn cancelling_while_it_is_sent_is_safe() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let (bank, activation) = world.issue(SHINKUMI)?;
    begin_activation(&window)?;
    world.proxy.plan(K_STEPS[0], Fault::HoldReply);
    send_activation(&window, &activation)?;
    world.proxy.wait_held()?;
    window.wait_screen("setup-sending")?;
    window.click("cancel")?;
    world.proxy.release();
    resume(&window)?;
    works(&window, &bank, CUSTOMER, 60)
}
