//! The real window, driven through `WebKitWebDriver`.
//!
//! Screens are known by their `data-screen`, controls by their `data-testid`.

use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};
use crate::sandbox::Sandbox;
use crate::webdriver::{Page, free_port, key};

/// How long a screen may take to appear: a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A window of the app: its page, and the program around it.
#[derive(Debug)]
pub struct Window {
    page: Page,
}

impl Deref for Window {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Window {
    /// Starts `program` in `sandbox`, whose environment it gets, and waits for its page.
    ///
    /// # Errors
    /// When driver or app do not start.
    pub fn open(sandbox: &Sandbox, program: &Path) -> Result<Self> {
        Self::open_with(sandbox, program, &[])
    }

    /// As [`Window::open`], with arguments.
    ///
    /// # Errors
    /// As [`Window::open`].
    pub fn open_with(sandbox: &Sandbox, program: &Path, args: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let mut command = leashed("WebKitWebDriver");
        sandbox.dress(&mut command);
        command
            .arg(format!("--port={port}"))
            .arg("--host=127.0.0.1");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        // With the renderer the app chooses by itself a picture is never answered.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "0");
        log_to(&mut command, &sandbox.join("logs/window.log"))?;
        let driver = Running::start("WebKitWebDriver", &mut command)?;
        let options = json!({ "binary": program, "args": args });
        let page = Page::open(
            driver,
            port,
            &json!({ "webkitgtk:browserOptions": options }),
        )?;
        Ok(Self { page })
    }

    /// The picture name of the screen that is shown; `None` while there is none.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn screen(&self) -> Result<Option<String>> {
        let name = self.run(
            "const e = document.querySelector('[data-screen]'); return e && e.dataset.screen",
            &json!([]),
        )?;
        Ok(name.as_str().map(str::to_owned))
    }

    /// Waits until `screen` is shown.
    ///
    /// # Errors
    /// When it is not within 20 seconds; the message says which is.
    pub fn wait_screen(&self, screen: &str) -> Result<()> {
        self.wait_screen_for(screen, PATIENCE)
    }

    /// As [`Window::wait_screen`], with a limit of one's own.
    ///
    /// # Errors
    /// As [`Window::wait_screen`].
    pub fn wait_screen_for(&self, screen: &str, limit: Duration) -> Result<()> {
        let mut last = None;
        wait_for(limit, screen, || {
            // While the page is being replaced it cannot answer.
            last = self.screen().unwrap_or_default();
            Ok((last.as_deref() == Some(screen)).then_some(()))
        })
        .with_context(|| format!("expected the screen {screen}, found {last:?}"))
    }

    /// Whether a control or text `testid` is in the page.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn has(&self, testid: &str) -> Result<bool> {
        let script = "return !!document.querySelector(`[data-testid=\"${arguments[0]}\"]`)";
        Ok(self.run(script, &json!([testid]))?.as_bool() == Some(true))
    }

    /// Waits until `testid` is in the page.
    ///
    /// # Errors
    /// When it is not within 20 seconds.
    pub fn wait(&self, testid: &str) -> Result<()> {
        wait_for(PATIENCE, testid, || Ok(self.has(testid)?.then_some(())))
    }

    /// Clicks `testid` as a pointer does.
    ///
    /// # Errors
    /// When it does not come, or cannot be clicked.
    pub fn click(&self, testid: &str) -> Result<()> {
        self.wait(testid)?;
        self.click_on(&selector(testid))
    }

    /// Types `text` into the field `testid`, after what is in it.
    ///
    /// # Errors
    /// When it does not come, or takes no text.
    pub fn type_into(&self, testid: &str, text: &str) -> Result<()> {
        self.wait(testid)?;
        self.type_on(&selector(testid), text)
    }

    /// Pastes `text` into the field `testid`: the event a paste makes, with its text.
    ///
    /// # Errors
    /// When it does not come.
    pub fn paste_into(&self, testid: &str, text: &str) -> Result<()> {
        self.click(testid)?;
        // The clipboard of a display belongs to whoever asks last, so the page is given the event.
        let script = "const e = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
            const data = new DataTransfer(); data.setData('text/plain', arguments[1]);
            const event = new ClipboardEvent('paste',
              { clipboardData: data, bubbles: true, cancelable: true });
            if (e.dispatchEvent(event)) document.execCommand('insertText', false, arguments[1]);";
        self.run(script, &json!([testid, text])).map(drop)
    }

    /// Drops a picture (PNG) on the page, as a file from a folder.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn drop_picture(&self, png: &[u8]) -> Result<()> {
        let script = "const bytes = Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
            const at = document.querySelector('main');
            for (const type of ['dragover', 'drop'])
              at.dispatchEvent(new DragEvent(type,
                { dataTransfer: data, bubbles: true, cancelable: true }));";
        self.run(script, &json!([STANDARD.encode(png)])).map(drop)
    }

    /// Empties the field `testid` as a user does: all of it marked and deleted.
    ///
    /// # Errors
    /// When it does not come.
    pub fn empty(&self, testid: &str) -> Result<()> {
        let mark_all_and_delete = format!("{}a{}{}", key::CONTROL, key::NONE, key::BACKSPACE);
        self.type_into(testid, &mark_all_and_delete)
    }

    /// What the field `testid` holds.
    ///
    /// # Errors
    /// When it does not come.
    pub fn value(&self, testid: &str) -> Result<String> {
        self.wait(testid)?;
        let script = "return document.querySelector(`[data-testid=\"${arguments[0]}\"]`).value";
        Ok(self
            .run(script, &json!([testid]))?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// The text of `testid`.
    ///
    /// # Errors
    /// When it does not come.
    pub fn text(&self, testid: &str) -> Result<String> {
        self.wait(testid)?;
        let script = "return document.querySelector(`[data-testid=\"${arguments[0]}\"]`).innerText";
        Ok(self
            .run(script, &json!([testid]))?
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned())
    }

    /// The `data-testid` of what has the keyboard.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn focused(&self) -> Result<Option<String>> {
        let id = self.run(
            "return document.activeElement?.dataset?.testid ?? null",
            &json!([]),
        )?;
        Ok(id.as_str().map(str::to_owned))
    }

    /// Gives the window a size in pixels.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let rect = json!({ "width": width, "height": height });
        wait_for(PATIENCE, "the new size", || {
            // Asked again each time: a window that is only being shown loses what it was asked before.
            self.send("/window/rect", &rect)?;
            let size = self.run("return [innerWidth, innerHeight]", &json!([]))?;
            Ok((size == json!([width, height])).then_some(()))
        })
    }

    /// The process id of the app itself.
    ///
    /// # Errors
    /// When it has ended.
    pub fn app_pid(&self) -> Result<u32> {
        children(self.driver().pid())?
            .first()
            .copied()
            .context("the app is not running")
    }

    /// Kills the app at once, as a crash would.
    ///
    /// # Errors
    /// When it is not running or does not end.
    pub fn kill_app(self) -> Result<()> {
        let app = self.app_pid()?;
        let pid = i32::try_from(app).ok().and_then(Pid::from_raw);
        kill_process(pid.context("no process id")?, Signal::KILL)?;
        wait_gone(app, Duration::from_secs(5))?;
        self.page.end()
    }

    /// Waits for the app to end by itself once `ask` has asked it to; ending the session, as
    /// [`Window::close`] does, gives it no time to clear up.
    ///
    /// # Errors
    /// When it does not within 5 seconds.
    pub fn close_by(self, ask: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        let app = self.app_pid()?;
        ask(&self)?;
        wait_gone(app, Duration::from_secs(5))?;
        self.page.end()
    }

    /// Ends the app and its driver at once, without the ways of a customer.
    ///
    /// # Errors
    /// When they do not end.
    pub fn end(self) -> Result<()> {
        self.page.end()
    }

    /// Closes the window as its user does, and waits for the app to end.
    ///
    /// # Errors
    /// When it does not.
    pub fn close(self) -> Result<()> {
        let app = self.app_pid()?;
        self.page.leave();
        let closed = wait_gone(app, Duration::from_secs(5));
        self.page.end()?;
        // An app that did not close was ended with its driver.
        closed.or_else(|_| wait_gone(app, Duration::from_secs(5)))
    }
}

fn selector(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// Waits until process `pid` has ended; one that nobody has reaped yet has ended, once the last of
/// its threads has let go of its files.
fn wait_gone(pid: u32, limit: Duration) -> Result<()> {
    wait_for(limit, "the app to end", || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        Ok((stat.is_empty() || (stat.contains(") Z ") && threads <= 1)).then_some(()))
    })
}

/// The processes whose parent is `parent`.
fn children(parent: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may end while it is looked at.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let mut fields = after_name.split(' ');
        let state = fields.next();
        if state != Some("Z") && fields.next() == Some(parent.to_string().as_str()) {
            found.push(pid);
        }
    }
    Ok(found)
}
