//! Set-up both ways in the window, and what is typed into it.

use anyhow::{Result, ensure};
use skts_tests::issuer::{RENGO, SHINKIN, SHINKUMI};
use skts_tests::webdriver::key;

use crate::{
    CUSTOMER, PASSWORD, World, begin_activation, fill_and_send, finish, send_activation, set_up,
    shown_serial, wait_code, works,
};

#[test]
fn a_self_provisioned_token_shows_serial_and_a_code_the_service_accepts_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let bank = set_up(&world, &window, SHINKIN)?;
    let serial = shown_serial(&window)?;
    ensure!(serial.len() == 12 && serial.starts_with("SKTS"), "{serial}");
    ensure!(wait_code(&window)?.len() == 6);
    ensure!(
        window
            .text("match-number")?
            .chars()
            .filter(char::is_ascii_digit)
            .count()
            == 4
    );
    works(&window, &bank, CUSTOMER, 30)?;
    ensure!(
        world.skts()?.serials().is_err(),
        "skts used the profile beside the window"
    );
    window.close()?;
    ensure!(
        world.skts()?.serials()? == [serial],
        "skts does not see the window's token"
    );
    Ok(())
}

#[test]
fn an_activated_token_shows_eight_digits_the_service_accepts_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let (bank, activation) = world.issue(SHINKUMI)?;
    begin_activation(&window)?;
    send_activation(&window, &activation)?;
    window.wait_screen("setup-done")?;
    let at_bank = bank.activation_state(&activation.user_id)?["match_number"].clone();
    ensure!(
        window
            .text("match-number")?
            .contains(at_bank.as_str().unwrap_or("none"))
    );
    finish(&window)?;
    ensure!(wait_code(&window)?.len() == 8);
    ensure!(shown_serial(&window)?.len() == 9);
    works(&window, &bank, CUSTOMER, 60)
}

#[test]
fn where_both_lengths_are_allowed_the_service_accepts_both() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let bank = set_up(&world, &window, RENGO)?;
    let serial = shown_serial(&window)?;
    ensure!(serial.starts_with("SKTS"));
    works(&window, &bank, CUSTOMER, 30)?;
    for (button, digits) in [("mode-8", 8), ("mode-6", 6)] {
        window.click("menu")?;
        window.click("menu-mode")?;
        window.click(button)?;
        crate::every_day::back_to_code(&window)?;
        let code = skts_tests::clock::wait_for(
            std::time::Duration::from_secs(5),
            "the other length",
            || Ok(crate::shown_code(&window)?.filter(|code| code.len() == digits)),
        )?;
        // The code of this step is used already, in whichever length: it is known, and not taken.
        skts_tests::clock::leave_room(30, 2);
        let verdict = bank.verify(CUSTOMER, &code)?;
        ensure!(
            ["accepted", "replayed"].contains(&verdict.as_str()),
            "{digits}: {verdict}"
        );
    }
    Ok(())
}

#[test]
fn a_wrong_password_is_said_in_one_sentence_and_can_be_mended() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let (bank, activation) = world.issue(SHINKUMI)?;
    begin_activation(&window)?;
    fill_and_send(
        &window,
        &activation.service_id,
        &activation.user_id,
        "73914629",
    )?;
    window.wait_screen("setup-wrong")?;
    let wrong = window.page_text()?;
    window.click("retry")?;
    window.wait_screen("setup")?;
    ensure!(
        window.value("password")?.is_empty(),
        "the password was kept"
    );
    let kept: String = window
        .value("user-id")?
        .chars()
        .filter(|c| c.is_ascii_digit())
        .collect();
    ensure!(
        kept == activation.user_id,
        "the user ID was not kept: {kept}"
    );
    fill_and_send(&window, &activation.service_id, "999999999999", PASSWORD)?;
    window.wait_screen("setup-wrong")?;
    ensure!(
        window.page_text()? == wrong,
        "an unknown user ID is told from a wrong password"
    );
    window.click("retry")?;
    window.wait_screen("setup")?;
    send_activation(&window, &activation)?;
    finish(&window)?;
    works(&window, &bank, CUSTOMER, 60)
}

#[test]
fn full_width_grouped_and_pasted_digits_are_what_they_look_like() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let (bank, activation) = world.issue(SHINKUMI)?;
    let wide = |text: &str| -> String {
        text.chars()
            .filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0))
            .collect()
    };
    begin_activation(&window)?;
    window.type_into("service-id", &wide(&activation.service_id))?;
    let (first, rest) = activation.user_id.split_at(5);
    window.paste_into("user-id", &format!(" {first}-{}\n", wide(rest)))?;
    window.type_into("password", &wide(PASSWORD))?;
    window.click("send")?;
    finish(&window)?;
    works(&window, &bank, CUSTOMER, 60)
}

#[test]
fn what_cannot_be_used_as_typed_is_said_at_the_field_and_not_sent() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    begin_activation(&window)?;
    for (service, user, password, bad) in [
        ("1011223", "123456789012", PASSWORD, "service-id"),
        ("1011223a", "123456789012", PASSWORD, "service-id"),
        ("10112235", "12345678901", PASSWORD, "user-id"),
        ("10112235", "12345678901x", PASSWORD, "user-id"),
        ("10112235", "123456789012", "123", "password"),
        ("10112235", "123456789012", "12ab", "password"),
    ] {
        fill_and_send(&window, service, user, password)?;
        window.wait_screen("setup")?;
        let script = "const e = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
            return e.getAttribute('aria-invalid')";
        ensure!(window.run(script, &serde_json::json!([bad]))? == "true");
        let said = window.text(&format!("{bad}-fault"))?;
        ensure!(
            said.chars().count() > 8,
            "{bad} of {service} {user}: {said}"
        );
        for field in ["service-id", "user-id", "password"] {
            let said = window.text(&format!("{field}-fault"))?;
            ensure!(
                field == bad || said.is_empty(),
                "{field} is blamed for {bad}: {said}"
            );
        }
    }
    ensure!(world.proxy.calls().is_empty(), "something was sent");
    Ok(())
}

#[test]
fn a_set_up_needs_no_pointer() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let window = world.open()?;
    let (bank, activation) = world.issue(SHINKUMI)?;
    window.wait_screen("welcome")?;
    tab_to(&window, "welcome-activate")?;
    window.press(&[key::ENTER])?;
    window.wait_screen("consent")?;
    tab_to(&window, "consent-check")?;
    window.press(&[key::SPACE])?;
    tab_to(&window, "consent-next")?;
    window.press(&[key::ENTER])?;
    window.wait_screen("setup")?;
    for (field, text) in [
        ("service-id", &activation.service_id),
        ("user-id", &activation.user_id),
        ("password", &activation.password),
    ] {
        tab_to(&window, field)?;
        let keys: Vec<String> = text.chars().map(String::from).collect();
        window.press(&keys.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    window.press(&[key::ENTER])?;
    window.wait_screen("setup-done")?;
    tab_to(&window, "done-next")?;
    window.press(&[key::ENTER])?;
    wait_code(&window)?;
    tab_to(&window, "menu")?;
    window.press(&[key::ENTER])?;
    window.wait("menu-mode")?;
    window.press(&[key::ESCAPE])?;
    ensure!(
        window.focused()?.as_deref() == Some("menu"),
        "the menu does not give focus back"
    );
    works(&window, &bank, CUSTOMER, 60)
}

/// Goes forward by the Tab key until `testid` has the keyboard.
pub(crate) fn tab_to(window: &skts_tests::window::Window, testid: &str) -> Result<()> {
    window.wait(testid)?;
    let mut seen = Vec::new();
    for _ in 0..25 {
        if window.focused()?.as_deref() == Some(testid) {
            return Ok(());
        }
        window.press(&[key::TAB])?;
        seen.push(window.focused()?.unwrap_or_else(|| "-".to_owned()));
    }
    anyhow::bail!("the Tab key does not come to {testid}: {seen:?}")
}
