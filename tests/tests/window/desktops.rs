//! The same window on the desktops there are: Wayland, and screens with small pixels.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::clock::wait_for;
use skts_tests::programs::have;
use skts_tests::shots;
use skts_tests::wayland::Wayland;
use skts_tests::window::Window;

use crate::{Language, World, ready_profile, wait_code};

#[test]
fn on_wayland_it_shows_its_code() -> Result<()> {
    if !have(&["weston"])? {
        return Ok(());
    }
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    world.speak(Language::Japanese)?;
    let _wayland = Wayland::start(&mut world.sandbox)?;
    let window = Window::open(&world.sandbox, &world.app)?;
    wait_code(&window)?;
    shots::save(&window, "code-wayland", "ja")?;
    window.click("menu")?;
    window.click("menu-settings")?;
    window.wait_screen("settings")
}

#[test]
fn on_a_screen_with_small_pixels_it_is_as_large_and_twice_as_sharp() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    ready_profile(&world)?;
    let width_of_code = |window: &Window| -> Result<f64> {
        let script = "return document.querySelector('[data-testid=code]')
            .getBoundingClientRect().width";
        window.run(script, &json!([]))?.as_f64().context("no width")
    };
    let window = Window::open(&world.sandbox, &world.app)?;
    wait_code(&window)?;
    let usual = (
        width_of_code(&window)?,
        window.run("return devicePixelRatio", &json!([]))?,
    );
    window.close()?;
    world.sandbox.set("GDK_SCALE", "2");
    let window = Window::open(&world.sandbox, &world.app)?;
    wait_code(&window)?;
    let ratio = window.run("return devicePixelRatio", &json!([]))?;
    ensure!(
        usual.1 == json!(1) && ratio == json!(2),
        "{} {ratio}",
        usual.1
    );
    let width = width_of_code(&window)?;
    ensure!(
        (width - usual.0).abs() < 1.0,
        "{width} instead of {}",
        usual.0
    );
    shots::save(&window, "code-small-pixels", "ja").map(drop)
}

#[test]
fn the_window_comes_back_as_large_as_it_was() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    // A profile of its own is for tests and pictures, which choose the size themselves.
    world.sandbox.set("SKTS_PROFILE", "");
    let size = |window: &Window| window.run("return [innerWidth, innerHeight]", &json!([]));
    let window = Window::open(&world.sandbox, &world.app)?;
    window.wait_screen("welcome")?;
    ensure!(size(&window)? != json!([520, 640]));
    window.resize(520, 640)?;
    window.close_by(|_| world.display.close_the_window())?;
    let window = Window::open(&world.sandbox, &world.app)?;
    window.wait_screen("welcome")?;
    wait_for(Duration::from_secs(20), "the size it had", || {
        Ok((size(&window)? == json!([520, 640])).then_some(()))
    })
}
