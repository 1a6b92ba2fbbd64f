//! What keeps a set-up, a token or the app from going on, each brought about as it comes about for a
//! customer, and its screen in both languages.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::SHINKIN;
use skts_tests::machine::{self, Machine};
use skts_tests::programs::have;
use skts_tests::proxy::Fault;
use skts_tests::shots;
use skts_tests::window::Window;

use crate::tour::{look, visit};
use crate::{
    CUSTOMER, INSTITUTION, Language, World, agree, finish, ready_profile, wait_code, works,
};

/// An institution that takes attested hardware only.
const STRICT: &str = "mihon-strict";
/// An institution whose tokens live for two months, and are locked by two wrong codes.
const SHORT: &str = "mihon-short";
const DAY: u64 = 86_400;

/// Goes through the welcome to the institution `choice`, which then is sent to.
fn begin_with(window: &Window, choice: &str, on_the_way: impl Fn() -> Result<()>) -> Result<()> {
    window.wait_screen("welcome")?;
    window.click("welcome-start")?;
    window.wait_screen("institution")?;
    on_the_way()?;
    window.click(choice)?;
    agree(window)
}

fn check(window: &Window) -> Result<()> {
    window.click("menu")?;
    window.click("menu-check")
}

/// The service comes back with its clock so many days ahead.
fn days_later(world: &mut World, days: u64) -> Result<()> {
    world.issuer.stop()?;
    let later = Machine::with_clock_ahead(days * DAY);
    world.issuer.serve_on(&world.sandbox, &later)
}

#[test]
fn what_keeps_a_set_up_from_its_end() -> Result<()> {
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        let name = ("見本厳格信用金庫", "Mihon Strict Shinkin Bank");
        world.add_institution(STRICT, "10000098", name, &["--lowest-level", "3"])?;
        world.speak(language)?;
        let window = world.open()?;
        begin_with(&window, "institution-mihon-strict", || {
            visit(&window, "institution", language)
        })?;
        visit(&window, "setup-level", language)?;
        window.click("give-up")?;

        // What the service asks of apps is more than this one is.
        world.issuer.stop()?;
        world
            .sandbox
            .set("SKTS_ISSUER_LOWEST_APP_VERSION", "99.0.0");
        world.issuer.serve(&world.sandbox)?;
        begin_with(&window, INSTITUTION, || Ok(()))?;
        visit(&window, "update-needed", language)?;
        window.click("to-stores")?;
        window.wait("store-computer")?;
        window.click("back")?;
        window.wait_screen("update-needed")?;
        window.click("give-up")?;
        world.issuer.stop()?;
        world.sandbox.set("SKTS_ISSUER_LOWEST_APP_VERSION", "0.0.1");
        world.issuer.serve(&world.sandbox)?;

        // Before any answer of the service: a network of somebody else's.
        world.proxy.plan("self/hello", Fault::WebPage);
        begin_with(&window, INSTITUTION, || Ok(()))?;
        visit(&window, "fault", language)?;

        // Begun, and left for four days: its token is not waited for any longer.
        world.proxy.plan("provisioning/confirm", Fault::LoseRequest);
        window.click("resume")?;
        window.wait_screen("setup-network")?;
        days_later(&mut world, 4)?;
        window.click("resume")?;
        window.wait_screen("lapsed")?;
        look(&window, "setup-lapsed", language)?;
        window.click("give-up")?;

        // By this service's clock, the computer's is four days slow.
        begin_with(&window, INSTITUTION, || Ok(()))?;
        window.wait_screen("setup-done")?;
        ensure!(window.has("clock-off")?, "the clock is not spoken of");
        look(&window, "setup-done-clock", language)?;
        finish(&window)?;
        window.wait("notice-clock")?;
        clock::leave_room(30, 5);
        look(&window, "code-clock-off", language)?;
        let bank = world.issuer.bank(SHINKIN)?;
        works(&window, &bank, CUSTOMER, 30)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn what_the_bank_and_time_do_to_a_token() -> Result<()> {
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        let name = ("見本短期信用金庫", "Mihon Short Shinkin Bank");
        let short = ["--validity-days", "60", "--lock-after", "2"];
        world.add_institution(SHORT, "10000097", name, &short)?;
        world.speak(language)?;
        world.skts()?.provision(SHORT)?.success()?;
        let bank = world.issuer.bank(SHORT)?;
        let window = world.open()?;
        works(&window, &bank, CUSTOMER, 30)?;

        bank.change(CUSTOMER, "suspend")?;
        check(&window)?;
        visit(&window, "token-suspended", language)?;
        bank.change(CUSTOMER, "resume")?;
        window.click("check-again")?;
        let code = wait_code(&window)?;

        let wrong = |by: u32| -> Result<String> {
            Ok(format!("{:06}", (code.parse::<u32>()? + by) % 1_000_000))
        };
        wait_for(Duration::from_secs(60), "the lock", || {
            let verdict = bank.verify(CUSTOMER, &wrong(417_301)?)?;
            ensure!(verdict != "accepted", "a wrong code was taken");
            std::thread::sleep(Duration::from_secs(2));
            Ok((bank.token_state(CUSTOMER)?["state"] == "locked").then_some(()))
        })?;
        check(&window)?;
        visit(&window, "token-locked", language)?;

        days_later(&mut world, 61)?;
        window.click("check-again")?;
        visit(&window, "expired", language)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn a_token_that_was_never_registered_lapses() -> Result<()> {
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let window = world.open()?;
        wait_code(&window)?;
        days_later(&mut world, 91)?;
        check(&window)?;
        visit(&window, "lapsed", language)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn what_the_computer_has_in_the_way() -> Result<()> {
    if machine::check().is_err() {
        have(&["a kernel that allows private mounts"])?;
        return Ok(());
    }
    for language in Language::BOTH {
        let Some(mut world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        // A disk without room has no room for the choice of a language either.
        world.sandbox.set("LANG", language.session());
        let profile = world.sandbox.join("profile");
        let on = |machine: Machine, name: &str| -> Result<Window> {
            world.open_as(&machine.wrap(&world.app, &world.sandbox.join(name))?)
        };
        for (name, machine) in [
            ("disk-read-only", Machine::with_read_only(&profile)),
            ("disk-full", Machine::with_full_disk(&profile)),
        ] {
            let window = on(machine, name)?;
            window.wait_screen("welcome")?;
            window.click("welcome-start")?;
            agree(&window)?;
            window.wait_screen("disk")?;
            look(&window, name, language)?;
            window.close()?;
        }
        world.speak(language)?;
        ready_profile(&world)?;

        let window = on(Machine::without_id(), "nowhere")?;
        visit(&window, "no-machine-id", language)?;
        window.close()?;

        let marker = profile.join("marker.json");
        let good = fs::read_to_string(&marker)?;
        fs::write(&marker, good.replacen("\"format\": 1", "\"format\": 2", 1))?;
        let window = world.open()?;
        visit(&window, "newer-format", language)?;
        window.close()?;
        fs::write(&marker, good)?;

        // Another program has the profile open, until it is let go on.
        world.proxy.plan("provisioning/check-in", Fault::HoldReply);
        let skts = world.skts()?;
        let mut other = skts.begin(&["check"], "")?;
        world.proxy.wait_held()?;
        let window = world.open()?;
        visit(&window, "in-use", language)?;
        world.proxy.release();
        ensure!(other.wait(Duration::from_secs(20))?.success());
        window.click("retry")?;
        wait_code(&window)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn the_last_seconds_of_a_code() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let window = world.open()?;
        wait_code(&window)?;
        clock::leave_room(30, 6);
        wait_for(Duration::from_secs(40), "the last seconds", || {
            Ok((clock::secs_left(30) <= 4).then_some(()))
        })?;
        shots::save(&window, "code-ending", language.code())?;
        let said = window.text("next-code")?;
        let words = match language {
            Language::Japanese => "まもなく切り替わります",
            Language::English => "About to change",
        };
        ensure!(said.contains(words), "{said}");
        window.close()?;
    }
    Ok(())
}
