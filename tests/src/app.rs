//! What a customer does in the app's window.

use std::time::Duration;

use anyhow::Result;

use crate::clock::wait_for;
use crate::issuer::Activation;
use crate::window::Window;

/// Chooses the activated way and agrees; ends on the form.
///
/// # Errors
/// When a screen or control does not come.
pub fn begin_activation(window: &Window) -> Result<()> {
    window.wait_screen("welcome")?;
    window.click("welcome-activate")?;
    agree(window)?;
    window.wait_screen("setup")
}

/// Agrees to the notice about data that is not carried to another device.
///
/// # Errors
/// When a screen or control does not come.
pub fn agree(window: &Window) -> Result<()> {
    window.wait_screen("consent")?;
    window.click("consent-check")?;
    window.click("consent-next")
}

/// Fills the form and sends it.
///
/// # Errors
/// When a screen or control does not come.
pub fn fill_and_send(window: &Window, service: &str, user: &str, password: &str) -> Result<()> {
    for (field, text) in [
        ("service-id", service),
        ("user-id", user),
        ("password", password),
    ] {
        window.empty(field)?;
        window.type_into(field, text)?;
    }
    window.click("send")
}

/// As [`fill_and_send`], with what the bank handed out.
///
/// # Errors
/// When a screen or control does not come.
pub fn send_activation(window: &Window, activation: &Activation) -> Result<()> {
    fill_and_send(
        window,
        &activation.service_id,
        &activation.user_id,
        &activation.password,
    )
}

/// Leaves the closing screen of a set-up for the code.
///
/// # Errors
/// When a screen or control does not come.
pub fn finish(window: &Window) -> Result<()> {
    window.wait_screen("setup-done")?;
    window.click("done-next")?;
    wait_code(window).map(drop)
}

/// The digits shown, once there are some.
///
/// # Errors
/// When there are none within 20 seconds.
pub fn wait_code(window: &Window) -> Result<String> {
    wait_for(Duration::from_secs(20), "a code", || shown_code(window))
}

/// The digits shown, if there are any.
///
/// # Errors
/// When the page cannot be asked.
pub fn shown_code(window: &Window) -> Result<Option<String>> {
    if !window.has("code")? {
        return Ok(None);
    }
    let digits: String = window
        .text("code")?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Ok((digits.len() >= 6).then_some(digits))
}

/// The serial shown, without its groups.
///
/// # Errors
/// When there is none.
pub fn shown_serial(window: &Window) -> Result<String> {
    Ok(window
        .text("serial")?
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect())
}
