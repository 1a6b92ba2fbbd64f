//! A real Chromium without a display, driven through `chromedriver`.

use std::fs;
use std::ops::Deref;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::geteuid;
use serde_json::{Value, json};

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};
use crate::sandbox::Sandbox;
use crate::webdriver::{Page, free_port};

/// What a browser is driven with, to be installed.
pub const NEEDED: [&str; 2] = ["chromium", "chromedriver"];

/// The device a browser says it runs on.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Width of the page, CSS pixels.
    pub width: u32,
    /// Height of the page, CSS pixels.
    pub height: u32,
    /// Its `User-Agent`; `None` for Chromium's own.
    pub user_agent: Option<&'static str>,
}

/// A browser with one page and a profile of its own.
#[derive(Debug)]
pub struct Chromium {
    page: Page,
}

impl Deref for Chromium {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Chromium {
    /// Starts a browser as `device` in `sandbox`.
    ///
    /// # Errors
    /// When driver or browser do not start.
    pub fn open(sandbox: &Sandbox, device: Device) -> Result<Self> {
        Self::start(sandbox, options(device, None, &[]))
    }

    /// As [`Chromium::open`], drawn with `scale` pixels a CSS pixel, and with more `arguments`.
    ///
    /// # Errors
    /// As [`Chromium::open`].
    pub fn open_drawn(
        sandbox: &Sandbox,
        device: Device,
        scale: u32,
        arguments: &[&str],
    ) -> Result<Self> {
        Self::start(sandbox, options(device, Some(scale), arguments))
    }

    fn start(sandbox: &Sandbox, options: Value) -> Result<Self> {
        let port = free_port()?;
        let mut command = leashed("chromedriver");
        sandbox.dress(&mut command);
        // Profiles are left behind where the browser is ended with its driver: they go with the
        // sandbox.
        let folder = sandbox.join("chromium");
        fs::create_dir_all(&folder)?;
        command.env("TMPDIR", &folder).arg(format!("--port={port}"));
        log_to(&mut command, &sandbox.join("logs/chromium.log"))?;
        let driver = Running::start("chromedriver", &mut command)?;
        // A check of a whole page takes its time where a dozen browsers share two cores.
        let capabilities = json!({
            "goog:chromeOptions": options, "timeouts": { "script": 120_000 },
        });
        let page = Page::open(driver, port, &capabilities)?;
        Ok(Self { page })
    }

    /// Goes to `url`, as by the address bar, and waits until it is loaded.
    ///
    /// # Errors
    /// When the browser cannot.
    pub fn go(&self, url: &str) -> Result<()> {
        self.send("/url", &json!({ "url": url })).map(drop)
    }

    /// Presses the browser's own "back".
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn back(&self) -> Result<()> {
        self.send("/back", &json!({})).map(drop)
    }

    /// Opens another tab and goes on in it; gives the handle of the one left.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn open_tab(&self) -> Result<String> {
        let left = self.ask("/window")?;
        let tab = self.send("/window/new", &json!({ "type": "tab" }))?;
        self.enter_tab(tab["handle"].as_str().context("no handle")?)?;
        left.as_str().map(str::to_owned).context("no handle")
    }

    /// Goes on in the tab `handle`.
    ///
    /// # Errors
    /// When there is no such tab.
    pub fn enter_tab(&self, handle: &str) -> Result<()> {
        self.send("/window", &json!({ "handle": handle })).map(drop)
    }

    /// A picture of the whole page, also of what one would have to scroll to, as PNG.
    ///
    /// # Errors
    /// When the browser gives none.
    pub fn whole_picture(&self) -> Result<Vec<u8>> {
        let size = &self.tell("Page.getLayoutMetrics", &json!({}))?["cssContentSize"];
        let clip = json!({
            "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1,
        });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.tell("Page.captureScreenshot", &parameters)?;
        Ok(STANDARD.decode(answer["data"].as_str().context("no picture")?)?)
    }

    /// Has the browser do what WebDriver has no words for: a command of Chromium's own protocol.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn tell(&self, command: &str, parameters: &Value) -> Result<Value> {
        let command = json!({ "cmd": command, "params": parameters });
        self.send("/goog/cdp/execute", &command)
    }

    /// Waits until `probe` holds in the page; while a page is being replaced it cannot answer.
    ///
    /// # Errors
    /// When it does not within 20 seconds.
    pub fn wait(&self, what: &str, probe: impl Fn(&Self) -> Result<bool>) -> Result<()> {
        wait_for(Duration::from_secs(20), what, || {
            Ok(probe(self).unwrap_or(false).then_some(()))
        })
    }
}

fn options(device: Device, scale: Option<u32>, more: &[&str]) -> Value {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        format!("--window-size={},{}", device.width, device.height),
        "--lang=ja".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--hide-scrollbars".to_owned(),
    ];
    arguments.extend(scale.map(|scale| format!("--force-device-scale-factor={scale}")));
    arguments.extend(more.iter().copied().map(str::to_owned));
    // Chromium's own sandbox does not start for root, who has what it would keep away anyhow.
    if geteuid().is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    let mut options = json!({ "args": arguments });
    if let Some(user_agent) = device.user_agent {
        let ratio = f64::from(scale.unwrap_or(2));
        options["mobileEmulation"] = json!({
            "deviceMetrics": {
                "width": device.width, "height": device.height, "pixelRatio": ratio, "touch": true,
            },
            "userAgent": user_agent,
        });
    }
    options
}
