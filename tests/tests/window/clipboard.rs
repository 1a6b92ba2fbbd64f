//! Codes on the clipboard, as another program (`xclip`) sees them.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::clock::{self, wait_for};
use skts_tests::issuer::SHINKIN;
use skts_tests::window::Window;

use crate::{CUSTOMER, World, ready_profile, shown_code, shown_serial, wait_code};

/// What the clipboard holds; `None` if nothing.
pub(crate) fn held(world: &World) -> Result<Option<String>> {
    let output = world
        .sandbox
        .command("xclip")
        .args(["-o", "-selection", "clipboard"])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status.success() && !text.is_empty()).then_some(text))
}

/// Puts what `producer` (a shell command) prints on the clipboard, as another program does, which
/// keeps it there when the app has ended.
pub(crate) fn put(world: &World, producer: &str) -> Result<()> {
    let status = world
        .sandbox
        .command("sh")
        .args(["-c", &format!("{producer} | xclip -i -selection clipboard")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "xclip took nothing");
    Ok(())
}

/// As a clipboard manager does: takes over what is there.
fn take_over(world: &World) -> Result<()> {
    put(world, "xclip -o -selection clipboard")
}

/// Has the window copy its code, and waits for the word that it did.
pub(crate) fn copy(world: &World, window: &Window) -> Result<(String, String)> {
    window.click("copy-code")?;
    let said = wait_for(Duration::from_secs(5), "the word that it is copied", || {
        Ok(Some(window.text("status")?).filter(|said| !said.is_empty()))
    })?;
    let code = wait_for(Duration::from_secs(5), "the code", || held(world))?;
    Ok((code, said))
}

#[test]
fn at_the_end_of_a_step_the_next_code_is_copied_and_the_service_takes_it() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    clock::leave_room(30, 12);
    let first = wait_code(&window)?;
    let (copied, said) = copy(&world, &window)?;
    ensure!(copied == first, "{copied} was copied, {first} is shown");
    ensure!(said == "コピーしました（30秒後に消去）", "it says {said}");
    wait_for(Duration::from_secs(30), "the last seconds", || {
        Ok((clock::secs_left(30) <= 4).then_some(()))
    })?;
    let serial = shown_serial(&window)?;
    let (copied, said) = copy(&world, &window)?;
    ensure!(copied != first, "a code about to die was copied");
    ensure!(
        said.contains("次のパスワードをコピーしました"),
        "it says {said}"
    );
    let answer = world
        .issuer
        .bank(SHINKIN)?
        .register(CUSTOMER, &serial, &copied)?;
    ensure!(answer["verdict"] == "accepted", "the next code: {answer}");
    let second = wait_for(Duration::from_secs(8), "the next code", || {
        Ok(shown_code(&window)?.filter(|code| *code != first))
    })?;
    ensure!(copied == second, "{copied} was copied, {second} came");
    Ok(())
}

#[test]
fn a_copied_code_is_cleared_in_time_and_what_was_copied_since_is_not() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    // Ten times within a moment: one code, cleared in its time, by none of the presses before.
    let ten = "for (let n = 0; n < 10; n += 1)
        document.querySelector('[data-testid=\"copy-code\"]').click()";
    window.run(ten, &serde_json::json!([]))?;
    copy(&world, &window)?;
    let copied_at = clock::now();
    take_over(&world)?;
    ensure!(held(&world)?.is_some(), "nothing was taken over");
    wait_for(Duration::from_secs(34), "the code to be cleared", || {
        std::thread::sleep(Duration::from_millis(200));
        Ok(held(&world)?.is_none().then_some(()))
    })?;
    let after = copied_at.elapsed();
    ensure!(after >= Duration::from_secs(28), "cleared after {after:?}");
    copy(&world, &window)?;
    put(&world, "printf elsewhere")?;
    std::thread::sleep(Duration::from_secs(32));
    ensure!(held(&world)?.as_deref() == Some("elsewhere"));
    Ok(())
}

#[test]
fn when_the_app_ends_its_code_is_cleared_and_nothing_else() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let window = world.open()?;
    wait_code(&window)?;
    copy(&world, &window)?;
    take_over(&world)?;
    window.close_by(|_| world.display.close_the_window())?;
    ensure!(held(&world)?.is_none(), "a code outlives the app");
    let window = world.open()?;
    wait_code(&window)?;
    copy(&world, &window)?;
    put(&world, "printf elsewhere")?;
    window.close_by(|_| world.display.close_the_window())?;
    ensure!(held(&world)?.as_deref() == Some("elsewhere"));
    Ok(())
}
