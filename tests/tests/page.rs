//! The page in Chromium on a host that stands in for the app: what WebKitGTK does not have, and every
//! scene in little time.
//!
//! The ring `page` builds it into `ui/dist-fixture` before.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use skts_tests::chromium::{Chromium, Device, NEEDED};
use skts_tests::programs::{have, workspace};
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::{contrast, layout, served, shots};

/// CSS pixels of the phones in the manuals.
const PHONE: Device = Device {
    width: 390,
    height: 844,
    user_agent: None,
};

struct World {
    browser: Chromium,
    address: String,
    // Goes last: the browser's folder is in it.
    _sandbox: Sandbox,
}

impl World {
    fn new() -> Result<Option<Self>> {
        if !have(&NEEDED)? {
            return Ok(None);
        }
        let built = workspace().join("ui/dist-fixture");
        ensure!(
            built.join("index.html").is_file(),
            "the page is not built: npm --prefix ui run build -- --mode fixture"
        );
        let sandbox = Sandbox::new(Keyring::NoBus)?;
        let browser = Chromium::open(&sandbox, PHONE)?;
        Ok(Some(Self {
            address: served::serve(built)?,
            browser,
            _sandbox: sandbox,
        }))
    }

    /// Shows the page as a system with these media features does.
    fn wear(&self, features: &[(&str, &str)]) -> Result<()> {
        let features: Vec<Value> = features
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let features = json!({ "features": features });
        self.browser
            .tell("Emulation.setEmulatedMedia", &features)
            .map(drop)
    }

    fn show(&self, scene: &str, language: &str) -> Result<()> {
        let address = format!("{}/?screen={scene}&lang={language}", self.address);
        self.browser.go(&address)?;
        // A code may be asked for after the frame is there.
        let ready = "const s = document.querySelector('[data-screen]'); return s !== null
            && document.fonts.status === 'loaded'
            && (!s.dataset.screen.startsWith('code') || arguments[0] === 'opening'
                || document.querySelector('[data-testid=code], [data-testid=show-code]') !== null)";
        self.browser
            .wait(scene, |page| Ok(page.run(ready, &json!([scene]))? == true))
    }
}

/// The scenes of the host that stands in, by its own list.
fn scenes(world: &World) -> Result<Vec<String>> {
    world.show("welcome", "ja")?;
    let listed = world
        .browser
        .run("return window.scenes ?? []", &json!([]))?;
    let listed = listed.as_array().context("no list of scenes")?;
    let names: Vec<String> = listed
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    ensure!(names.len() > 50, "only {} scenes", names.len());
    Ok(names)
}

/// Every scene as `features` have it shown; all that is wrong is said at once.
fn every_scene(
    features: &[(&str, &str)],
    language: &str,
    look: impl Fn(&World, &str) -> Result<()>,
) -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    world.wear(features)?;
    let mut wrong = Vec::new();
    for scene in scenes(&world)? {
        world.show(&scene, language)?;
        if let Err(error) = look(&world, &scene) {
            wrong.push(error.to_string());
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn contrasts_are_enough_on_light_ground() -> Result<()> {
    let light = [("prefers-color-scheme", "light")];
    every_scene(&light, "ja", |world, scene| {
        contrast::check(&world.browser, scene, false)
    })
}

#[test]
fn contrasts_are_enough_on_dark_ground() -> Result<()> {
    let dark = [("prefers-color-scheme", "dark")];
    every_scene(&dark, "en", |world, scene| {
        contrast::check(&world.browser, scene, false)
    })
}

#[test]
fn in_the_systems_own_colours_nothing_is_lost() -> Result<()> {
    let forced = [
        ("forced-colors", "active"),
        ("prefers-color-scheme", "dark"),
    ];
    every_scene(&forced, "ja", |world, scene| {
        let active = world.browser.run(
            "return matchMedia('(forced-colors: active)').matches",
            &json!([]),
        )?;
        ensure!(active == true, "no colours are forced");
        if ["code", "code-ending", "setup-wrong", "mode", "settings"].contains(&scene) {
            shots::keep(
                &world.browser.whole_picture()?,
                &format!("page/{scene}-forced"),
            )?;
        }
        contrast::check(&world.browser, scene, true)
    })
}

#[test]
fn every_scene_keeps_its_layout_at_320_pixels_in_longer_words() -> Result<()> {
    every_scene(&[], "en", |world, scene| {
        let metrics =
            json!({ "width": 320, "height": 568, "deviceScaleFactor": 1, "mobile": false });
        world
            .browser
            .tell("Emulation.setDeviceMetricsOverride", &metrics)?;
        layout::check(&world.browser, scene)
    })
}
