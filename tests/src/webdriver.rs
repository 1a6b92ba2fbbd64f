//! W3C WebDriver over HTTP: what any page can be asked and told, whichever driver holds it.
//!
//! [`crate::window`] starts one around the app, [`crate::chromium`] around a browser.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::wait_for;
use crate::process::Running;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

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

/// A page, and the driver that holds it.
#[derive(Debug)]
pub struct Page {
    driver: Running,
    agent: ureq::Agent,
    base: String,
    session: String,
}

/// A port of this machine that is free now, for a driver that does not choose one itself.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Page {
    /// Waits for `driver` to listen on `port` and has it open a page with `capabilities` (the
    /// `alwaysMatch` of W3C WebDriver §7).
    ///
    /// # Errors
    /// When the driver ends, does not listen within 10 seconds, or refuses.
    pub fn open(mut driver: Running, port: u16, capabilities: &Value) -> Result<Self> {
        wait_for(Duration::from_secs(10), "the driver", || {
            if let Some(status) = driver.poll()? {
                bail!("the driver ended with {status}");
            }
            Ok(TcpStream::connect(("127.0.0.1", port)).ok())
        })?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut page = Self {
            driver,
            agent,
            base: format!("http://127.0.0.1:{port}"),
            session: String::new(),
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let answer = page.post("/session", &wanted)?;
        let id = answer["sessionId"].as_str().context("no session id")?;
        page.session = format!("/session/{id}");
        Ok(page)
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
        self.send("/actions", &json!({ "actions": [keyboard] }))
            .map(drop)
    }

    /// Runs `script` (a function body) in the page and gives what it returns.
    ///
    /// # Errors
    /// When it throws, or the page cannot be asked.
    pub fn run(&self, script: &str, arguments: &Value) -> Result<Value> {
        let body = json!({ "script": script, "args": arguments });
        self.send("/execute/sync", &body)
    }

    /// As [`Page::run`]; the last argument is the function to call with the answer.
    ///
    /// # Errors
    /// As [`Page::run`].
    pub fn run_async(&self, script: &str, arguments: &Value) -> Result<Value> {
        let body = json!({ "script": script, "args": arguments });
        self.send("/execute/async", &body)
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
        let answer = self.ask("/screenshot")?;
        let text = answer.as_str().context("no picture")?;
        Ok(STANDARD.decode(text)?)
    }

    /// The text of the whole page.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub fn page_text(&self) -> Result<String> {
        let text = self.run("return document.body.innerText", &json!([]))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks the first element that the CSS selector `selector` finds, as a pointer does.
    ///
    /// # Errors
    /// When there is none, or it cannot be clicked.
    pub fn click_on(&self, selector: &str) -> Result<()> {
        let element = self.element(selector)?;
        self.send(&format!("/element/{element}/click"), &json!({}))
            .with_context(|| format!("click {selector}"))
            .map(drop)
    }

    /// Types `text` into the first element that `selector` finds, after what is in it.
    ///
    /// # Errors
    /// When there is none, or it takes no text.
    pub fn type_on(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector)?;
        let body = json!({ "text": text });
        self.send(&format!("/element/{element}/value"), &body)
            .with_context(|| format!("type into {selector}"))
            .map(drop)
    }

    /// Empties the field that `selector` finds and types `text` into it.
    ///
    /// # Errors
    /// As [`Page::type_on`].
    pub fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector)?;
        self.send(&format!("/element/{element}/clear"), &json!({}))?;
        self.type_on(selector, text)
    }

    /// Sends a command of the page's session, such as `/url`, and gives its answer.
    ///
    /// # Errors
    /// When the driver refuses, with its words.
    pub fn send(&self, command: &str, body: &Value) -> Result<Value> {
        self.post(&format!("{}{command}", self.session), body)
    }

    /// Asks the page's session, such as `/screenshot`.
    ///
    /// # Errors
    /// As [`Page::send`].
    pub fn ask(&self, command: &str) -> Result<Value> {
        let url = format!("{}{}{command}", self.base, self.session);
        answer_of(self.agent.get(url).call()?)
    }

    /// Ends the session, which closes what it holds; a driver that does not answer is no matter.
    pub fn leave(&self) {
        let _ = self
            .agent
            .delete(format!("{}{}", self.base, self.session))
            .config()
            .timeout_global(Some(Duration::from_secs(5)))
            .build()
            .call();
    }

    /// The driver.
    pub fn driver(&self) -> &Running {
        &self.driver
    }

    /// Ends the driver, and with it all that it started.
    ///
    /// # Errors
    /// When it does not end.
    pub fn end(mut self) -> Result<()> {
        self.driver.end()
    }

    fn element(&self, selector: &str) -> Result<String> {
        let using = json!({ "using": "css selector", "value": selector });
        self.send("/element", &using)?[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("no element {selector}"))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let reply = self
            .agent
            .post(format!("{}{path}", self.base))
            .send_json(body)?;
        answer_of(reply)
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
