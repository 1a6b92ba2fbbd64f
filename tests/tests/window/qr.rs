//! QR で入力: pictures and texts from outside, as a customer brings them to the set-up form.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use skts_tests::clock::wait_for;
use skts_tests::issuer::SHINKUMI;
use skts_tests::window::Window;

use crate::tour::look;
use crate::{CUSTOMER, Language, PASSWORD, World, agree, finish, ready_profile, wait_code, works};

/// How long reading a picture may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Puts `bytes` on the clipboard as another program does.
fn put(world: &World, bytes: &[u8], kind: &str) -> Result<()> {
    let file = world.sandbox.join("copied");
    fs::write(&file, bytes)?;
    let status = world
        .sandbox
        .command("sh")
        .args([
            "-c",
            "exec xclip -i -selection clipboard -t \"$1\" \"$2\"",
            "sh",
            kind,
        ])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "xclip took nothing");
    Ok(())
}

/// Waits for the word that the picture is refused with `code`.
fn refused(window: &Window, code: &str) -> Result<()> {
    let script = "return document.querySelector('[data-testid=\"problem\"]')?.dataset.code ?? ''";
    let mut last = String::new();
    wait_for(PATIENCE, code, || {
        last = window
            .run(script, &json!([]))?
            .as_str()
            .unwrap_or_default()
            .to_owned();
        Ok((last == code).then_some(()))
    })
    .map_err(|error| error.context(format!("the last word was {last:?}")))
}

fn said(window: &Window) -> Result<()> {
    wait_for(PATIENCE, "the IDs", || {
        let value = window.value("user-id")?;
        Ok((!value.is_empty()).then_some(()))
    })
}

#[test]
fn a_code_brings_the_ids_into_the_form_and_any_other_says_what_it_is() -> Result<()> {
    for language in Language::BOTH {
        let Some(world) = World::new()? else {
            return Ok(());
        };
        world.speak(language)?;
        ready_profile(&world)?;
        let (bank, activation) = world.issue(SHINKUMI)?;
        let window = world.open()?;
        wait_code(&window)?;
        window.wait_painted()?;
        let without_a_code = window.picture()?;
        window.click("show-qr")?;
        window.wait("qr")?;
        window.wait_painted()?;
        let of_the_serial = window.picture()?;
        window.click("back")?;
        window.click("menu")?;
        window.click("menu-add")?;
        window.click("welcome-activate")?;
        agree(&window)?;
        window.wait_screen("setup")?;

        window.click("qr-clipboard")?;
        refused(&window, "clipboard-empty")?;
        put(&world, &of_the_serial, "image/png")?;
        window.click("qr-clipboard")?;
        refused(&window, "qr-other")?;
        look(&window, "setup-qr-other", language)?;
        window.drop_picture(&without_a_code)?;
        refused(&window, "qr-none")?;
        window.drop_picture(b"\x89PNG\r\n\x1a\n no picture")?;
        refused(&window, "qr-unreadable")?;
        let elsewhere = "skts:activate?service_id=99999999&user_id=999800000001";
        put(&world, elsewhere.as_bytes(), "UTF8_STRING")?;
        window.click("qr-clipboard")?;
        refused(&window, "unknown-institution")?;
        ensure!(window.value("service-id")?.is_empty(), "a field was filled");

        let (service, user) = (&activation.service_id, &activation.user_id);
        let text = format!("skts:activate?service_id={service}&user_id={user}");
        put(&world, text.as_bytes(), "UTF8_STRING")?;
        window.click("qr-clipboard")?;
        said(&window)?;
        ensure!(window.value("service-id")?.replace(' ', "") == *service);
        ensure!(window.value("user-id")?.replace(' ', "") == *user);
        ensure!(window.focused()?.as_deref() == Some("password"));
        look(&window, "setup-qr", language)?;
        window.type_into("password", PASSWORD)?;
        window.click("send")?;
        finish(&window)?;
        works(&window, &bank, CUSTOMER, 60)?;
        window.close()?;
    }
    Ok(())
}
