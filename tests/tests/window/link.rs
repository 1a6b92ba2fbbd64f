//! Links that open the app, the bank's and a stranger's: what they say is shown, and fills the form at most.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::clock::wait_for;
use skts_tests::issuer::{Activation, SHINKIN, SHINKUMI};
use skts_tests::process::{Running, leashed, log_to};
use skts_tests::skts::Skts;
use skts_tests::webdriver::key;
use skts_tests::window::Window;

use crate::tour::look;
use crate::{CUSTOMER, Language, PASSWORD, World, agree, finish, wait_code, works};

const PATIENCE: Duration = Duration::from_secs(30);
/// Where the app keeps its profile when nobody names one: only there a second start meets the first.
const PROFILE: &str = "home/.local/share/jp.example.skts/profile";
const PIN: &str = "835107";
const OTHER_USER: &str = "999800000009";

fn link_of(activation: &Activation) -> String {
    link_to(&activation.service_id, &activation.user_id)
}

fn link_to(service: &str, user: &str) -> String {
    format!("jp.example.skts:activate?service_id={service}&user_id={user}")
}

/// A world whose app has its profile where an installed one has it.
fn world_at_home(language: Language) -> Result<Option<World>> {
    let Some(mut world) = World::new()? else {
        return Ok(None);
    };
    world.sandbox.unset("SKTS_PROFILE");
    let profile = world.sandbox.join(PROFILE);
    fs::create_dir_all(&profile)?;
    fs::set_permissions(&profile, fs::Permissions::from_mode(0o700))?;
    let choice = json!({ "language": language.code() }).to_string();
    fs::write(profile.join("prefs.json"), choice)?;
    Ok(Some(world))
}

/// Has the desktop open `link` while the app runs: a second start, which gives way to the first.
fn open_another(world: &World, link: &str) -> Result<()> {
    let mut command = leashed(&world.app);
    world.sandbox.dress(&mut command);
    command.arg(link);
    log_to(&mut command, &world.sandbox.join("logs/second.log"))?;
    let mut second = Running::start("skts-app with a link", &mut command)?;
    ensure!(second.wait(PATIENCE)?.success(), "it did not give way");
    Ok(())
}

fn digits(window: &Window, testid: &str) -> Result<String> {
    Ok(window.text(testid)?.replace(' ', ""))
}

/// Waits until the question about a link has gone.
fn gone(window: &Window) -> Result<()> {
    wait_for(PATIENCE, "the question to go", || {
        let there = window.has("link-agree")? || window.has("link-refused")?;
        Ok((!there).then_some(()))
    })
}

#[test]
fn a_link_that_starts_the_app_is_shown_and_fills_the_form_once_it_is_agreed_to() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        let (bank, activation) = world.issue(SHINKUMI)?;
        let window = world.open_by(&link_of(&activation))?;
        window.wait_screen("welcome")?;
        window.wait("link-agree")?;
        let name = match language {
            Language::Japanese => "見本信用組合",
            Language::English => "Mihon Credit Cooperative",
        };
        ensure!(window.text("link-institution")? == name);
        ensure!(digits(&window, "link-service-id")? == activation.service_id);
        ensure!(digits(&window, "link-user-id")? == activation.user_id);
        // Whoever was typing agrees to nothing.
        ensure!(window.focused()?.as_deref() == Some("link-cancel"));
        look(&window, "link", language)?;
        window.click("link-agree")?;
        agree(&window)?;
        window.wait_screen("setup")?;
        ensure!(window.value("service-id")?.replace(' ', "") == activation.service_id);
        ensure!(window.value("user-id")?.replace(' ', "") == activation.user_id);
        ensure!(window.value("password")?.is_empty());
        ensure!(window.focused()?.as_deref() == Some("password"));
        let calls = world.proxy.calls_to("provisioning");
        ensure!(calls.is_empty(), "a link sent something: {calls:?}");
        look(&window, "setup-link", language)?;
        window.type_into("password", PASSWORD)?;
        window.click("send")?;
        finish(&window)?;
        works(&window, &bank, CUSTOMER, 60)?;
        window.close()?;
    }
    Ok(())
}

#[test]
fn a_link_goes_to_the_app_that_runs_and_changes_nothing_when_it_is_not_wanted() -> Result<()> {
    let Some(world) = world_at_home(Language::Japanese)? else {
        return Ok(());
    };
    let (_, activation) = world.issue(SHINKUMI)?;
    let window = world.open()?;
    window.click("welcome-activate")?;
    agree(&window)?;
    window.type_into("user-id", OTHER_USER)?;
    open_another(&world, &link_of(&activation))?;
    window.wait("link-agree")?;
    ensure!(window.value("user-id")?.replace(' ', "") == OTHER_USER);
    // The way back, as Escape is.
    window.press(&[key::ESCAPE])?;
    gone(&window)?;
    window.wait_screen("setup")?;
    ensure!(window.value("user-id")?.replace(' ', "") == OTHER_USER);
    ensure!(window.value("service-id")?.is_empty());
    open_another(&world, &link_of(&activation))?;
    window.click("link-agree")?;
    gone(&window)?;
    ensure!(window.value("user-id")?.replace(' ', "") == activation.user_id);
    window.close()
}

/// Texts that are no link of a bank, and what they are refused as.
fn hostile(good: &str) -> Vec<(String, &'static str)> {
    let ours = |rest: &str| format!("jp.example.skts:{rest}");
    vec![
        (format!("{good}&password={PASSWORD}"), "qr-other"),
        (format!("{good}#"), "qr-other"),
        (format!("{good}{}", "0".repeat(4096)), "qr-other"),
        (good.replacen(':', "://", 1), "qr-other"),
        (good.replacen("activate", "sign", 1), "qr-other"),
        (ours("//bank.example/activate"), "qr-other"),
        (ours("javascript:alert(1)"), "qr-other"),
        (ours(""), "qr-other"),
        (link_to("99999999", OTHER_USER), "unknown-institution"),
    ]
}

#[test]
fn a_link_that_says_anything_else_is_refused_and_fills_nothing() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = world_at_home(language)? else {
            return Ok(());
        };
        let (_, activation) = world.issue(SHINKUMI)?;
        let window = world.open()?;
        window.click("welcome-activate")?;
        agree(&window)?;
        window.wait_screen("setup")?;
        for (link, code) in hostile(&link_of(&activation)) {
            let short: String = link.chars().take(90).collect();
            open_another(&world, &link)?;
            window.wait("link-refused").context(short.clone())?;
            let script =
                "return document.querySelector('[data-testid=\"link-refused\"]').dataset.code";
            let said = window.run(script, &json!([]))?;
            ensure!(said == code, "{short}: {said}");
            ensure!(!window.has("link-agree")?, "{short}");
            if code == "unknown-institution" {
                look(&window, "link-refused", language)?;
            }
            window.click("link-cancel")?;
            gone(&window)?;
        }
        // Of other schemes it brings the window forward, and there is nothing to say.
        open_another(&world, "https://bank.example/")?;
        open_another(&world, "skts:activate?service_id=1&user_id=2")?;
        std::thread::sleep(Duration::from_secs(1));
        gone(&window)?;
        for field in ["service-id", "user-id", "password"] {
            ensure!(window.value(field)?.is_empty(), "{field} was filled");
        }
        window.close()?;
    }
    Ok(())
}

#[test]
fn a_locked_app_shows_nothing_of_a_link_until_it_is_unlocked() -> Result<()> {
    let Some(world) = world_at_home(Language::Japanese)? else {
        return Ok(());
    };
    let skts = Skts::new(&world.sandbox, PROFILE, &world.list)?;
    skts.provision(SHINKIN)?.success()?;
    let pin = format!("{PIN}\n");
    skts.run_with(&["--pin-stdin", "pin", "set"], &pin)?
        .success()?;
    let (_, activation) = world.issue(SHINKUMI)?;
    let window = world.open_by(&link_to(&activation.service_id, OTHER_USER))?;
    window.wait_screen("lock")?;
    window.wait("pin")?;
    open_another(&world, &link_of(&activation))?;
    std::thread::sleep(Duration::from_secs(3));
    let page = window.run("return document.documentElement.outerHTML", &json!([]))?;
    let page = page.as_str().context("no page")?.to_owned();
    for user in [&activation.user_id, OTHER_USER] {
        let grouped = [&user[..4], &user[4..8], &user[8..]].join(" ");
        ensure!(!page.contains(user) && !page.contains(&grouped), "{user}");
    }
    ensure!(!window.has("link-agree")?);
    // Nor does the program tell it to a page that asks all the same.
    let asked = "const done = arguments[arguments.length - 1];
        window.__TAURI_INTERNALS__.invoke('ids_in_link').then(done, error => done([error]))";
    ensure!(window.run_async(asked, &json!([]))? == json!(null));
    window.type_into("pin", PIN)?;
    window.press(&[key::ENTER])?;
    window.wait("link-agree")?;
    // The last one that came, and it alone.
    ensure!(digits(&window, "link-user-id")? == activation.user_id);
    window.click("link-cancel")?;
    wait_code(&window)?;
    std::thread::sleep(Duration::from_secs(1));
    gone(&window)?;
    window.close()
}
