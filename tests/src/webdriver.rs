//! The real window, driven through `WebKitWebDriver` (W3C WebDriver over HTTP).
//!
//! Screens are known by their `data-screen`, controls by their `data-testid`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};
use crate::sandbox::Sandbox;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a screen may take to appear: a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keys as WebDriver names them.
pub mod key {
    /// Backspace.
    pub const BACKSPACE: &str = "\u{E003}";
    /// Tab.
    pub const TAB: &str = "\u{E004}";
    /// Enter.
    pub const ENTER: &str = "\u{E007}";
    /// Shift, held until the next [`NONE`].
    pub const SHIFT: &str = "\u{E008}";
    /// Control, held until the next [`NONE`].
    pub const CONTROL: &str = "\u{E009}";
    /// Escape.
    pub const ESCAPE: &str = "\u{E00C}";
    /// Space.
    pub const SPACE: &str = " ";
    /// Arrow down.
    pub const DOWN: &str = "\u{E015}";
    /// Lets held keys go.
    pub const NONE: &str = "\u{E000}";
}

/// A window of the app, and the driver that holds it.
#[derive(Debug)]
pub struct Window {
    driver: Running,
    agent: ureq::Agent,
    base: String,
    session: String,
}

impl Window {
    /// Starts `program` in `sandbox`, whose environment it gets, and waits for its page.
    ///
    /// # Errors
    /// When driver or app do not start.
    pub fn open(sandbox: &Sandbox, program: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = leashed("WebKitWebDriver");
        sandbox.dress(&mut command);
        command
            .arg(format!("--port={port}"))
            .arg("--host=127.0.0.1");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        // With the renderer the app chooses by itself a picture is never answered.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "0");
        log_to(&mut command, &sandbox.join("logs/window.log"))?;
        let mut driver = Running::start("WebKitWebDriver", &mut command)?;
        wait_for(Duration::from_secs(10), "WebKitWebDriver", || {
            if let Some(status) = driver.poll()? {
                bail!("WebKitWebDriver ended with {status}");
            }
            Ok(TcpStream::connect(("127.0.0.1", port)).ok())
        })?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut window = Self {
            driver,
            agent,
            base: format!("http://127.0.0.1:{port}"),
            session: String::new(),
        };
        let options = json!({ "binary": program, "args": [] });
        let wanted = json!({ "alwaysMatch": { "webkitgtk:browserOptions": options } });
        let answer = window.post("/session", &json!({ "capabilities": wanted }))?;
        let id = answer["sessionId"].as_str().context("no session id")?;
        window.session = format!("/session/{id}");
        Ok(window)
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
        let element = self.element(testid)?;
        self.post(
            &format!("{}/element/{element}/click", self.session),
            &json!({}),
        )
        .with_context(|| format!("click {testid}"))?;
        Ok(())
    }

    /// Types `text` into the field `testid`, after what is in it.
    ///
    /// # Errors
    /// When it does not come, or takes no text.
    pub fn type_into(&self, testid: &str, text: &str) -> Result<()> {
        self.wait(testid)?;
        let element = self.element(testid)?;
        let path = format!("{}/element/{element}/value", self.session);
        self.post(&path, &json!({ "text": text }))
            .with_context(|| format!("type into {testid}"))?;
        Ok(())
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

    /// The text of the whole page.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn page_text(&self) -> Result<String> {
        let text = self.run("return document.body.innerText", &json!([]))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
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

    /// Presses and releases each of `keys` in turn, wherever the keyboard is.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn press(&self, keys: &[&str]) -> Result<()> {
        let mut actions = Vec::new();
        let mut held: Vec<&str> = Vec::new();
        for key in keys {
            if *key == key::NONE {
                actions.extend(
                    held.drain(..)
                        .map(|key| json!({ "type": "keyUp", "value": key })),
                );
                continue;
            }
            actions.push(json!({ "type": "keyDown", "value": key }));
            if *key == key::SHIFT || *key == key::CONTROL {
                held.push(key);
            } else {
                actions.push(json!({ "type": "keyUp", "value": key }));
            }
        }
        actions.extend(
            held.drain(..)
                .map(|key| json!({ "type": "keyUp", "value": key })),
        );
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post(
            &format!("{}/actions", self.session),
            &json!({ "actions": [keyboard] }),
        )
        .map(drop)
    }

    /// Runs `script` (a function body) in the page and gives what it returns.
    ///
    /// # Errors
    /// When it throws, or the page cannot be asked.
    pub fn run(&self, script: &str, arguments: &Value) -> Result<Value> {
        let body = json!({ "script": script, "args": arguments });
        self.post(&format!("{}/execute/sync", self.session), &body)
    }

    /// As [`Window::run`]; the last argument is the function to call with the answer.
    ///
    /// # Errors
    /// As [`Window::run`].
    pub fn run_async(&self, script: &str, arguments: &Value) -> Result<Value> {
        let body = json!({ "script": script, "args": arguments });
        self.post(&format!("{}/execute/async", self.session), &body)
    }

    /// Gives the window a size in pixels.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let rect = json!({ "width": width, "height": height });
        self.post(&format!("{}/window/rect", self.session), &rect)?;
        wait_for(Duration::from_secs(3), "the new size", || {
            let size = self.run("return [innerWidth, innerHeight]", &json!([]))?;
            Ok((size == json!([width, height])).then_some(()))
        })
    }

    /// Waits until what the page holds now is on the glass: two frames later.
    ///
    /// # Errors
    /// When no frame is drawn.
    pub fn wait_painted(&self) -> Result<()> {
        let script = "const done = arguments[arguments.length - 1];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))";
        self.run_async(script, &json!([])).map(drop)
    }

    /// A picture of the page, as PNG.
    ///
    /// # Errors
    /// When the driver gives none.
    pub fn picture(&self) -> Result<Vec<u8>> {
        let answer = self.get(&format!("{}/screenshot", self.session))?;
        let text = answer.as_str().context("no picture")?;
        Ok(STANDARD.decode(text)?)
    }

    /// The process id of the app itself.
    ///
    /// # Errors
    /// When it has ended.
    pub fn app_pid(&self) -> Result<u32> {
        children(self.driver.pid())?
            .first()
            .copied()
            .context("the app is not running")
    }

    /// Kills the app at once, as a crash would.
    ///
    /// # Errors
    /// When it is not running or does not end.
    pub fn kill_app(mut self) -> Result<()> {
        let app = self.app_pid()?;
        let pid = i32::try_from(app).ok().and_then(Pid::from_raw);
        kill_process(pid.context("no process id")?, Signal::KILL)?;
        wait_gone(app, Duration::from_secs(5))?;
        self.driver.end()
    }

    /// Closes the window as its user does, and waits for the app to end.
    ///
    /// # Errors
    /// When it does not.
    pub fn close(mut self) -> Result<()> {
        let app = self.app_pid()?;
        let _ = self
            .agent
            .delete(format!("{}{}", self.base, self.session))
            .config()
            .timeout_global(Some(Duration::from_secs(5)))
            .build()
            .call();
        let closed = wait_gone(app, Duration::from_secs(5));
        self.driver.end()?;
        // An app that did not close was ended with its driver.
        closed.or_else(|_| wait_gone(app, Duration::from_secs(5)))
    }

    fn element(&self, testid: &str) -> Result<String> {
        let using = json!({
            "using": "css selector",
            "value": format!("[data-testid=\"{testid}\"]"),
        });
        let answer = self.post(&format!("{}/element", self.session), &using)?;
        answer[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .context("no element")
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let reply = self
            .agent
            .post(format!("{}{path}", self.base))
            .send_json(body)?;
        answer_of(reply)
    }

    fn get(&self, path: &str) -> Result<Value> {
        answer_of(self.agent.get(format!("{}{path}", self.base)).call()?)
    }
}

fn answer_of(mut reply: ureq::http::Response<ureq::Body>) -> Result<Value> {
    let good = reply.status().is_success();
    let text = reply
        .body_mut()
        .with_config()
        .limit(64 << 20)
        .read_to_string()?;
    let mut answer: Value = serde_json::from_str(&text)?;
    let value = answer["value"].take();
    ensure!(good, "{}: {}", value["error"], value["message"]);
    Ok(value)
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
