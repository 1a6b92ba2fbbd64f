//! A browser before the bank's pages, on one of its faces.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use skts_tests::chromium::{Chromium, Device};
use skts_tests::sandbox::Sandbox;

use crate::callouts;
use crate::walk::Face;

/// What draws the same everywhere: no colours of a screen, no shapes fitted to its pixels, nothing in
/// motion.
const DRAWN_ALIKE: [&str; 6] = [
    // No link is drawn as one that was followed before.
    "--incognito",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-prefers-reduced-motion",
    "--disable-features=Translate,AutofillServerCommunication,OptimizationHints",
];
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
const FEATURE_PHONE: &str = "DoCoMo/2.0 P903i(c100;TB;W24H12)";

impl Face {
    /// CSS pixels of its display, and pixels of a picture for each.
    fn display(self) -> (Device, u32) {
        let device = |width, height, user_agent| Device {
            width,
            height,
            user_agent,
        };
        match self {
            // Low, so that a picture ends with its page.
            Self::Pc => (device(1280, 420, None), 2),
            Self::Smartphone => (device(390, 844, Some(IPHONE)), 3),
            Self::Feature => (device(240, 320, Some(FEATURE_PHONE)), 2),
        }
    }
}

/// An open browser.
pub(crate) struct Browser {
    chromium: Chromium,
    address: String,
}

impl Browser {
    /// Opens one as `face` at the bank of `address`.
    pub(crate) fn open(sandbox: &Sandbox, face: Face, address: &str) -> Result<Self> {
        let (device, scale) = face.display();
        let chromium = Chromium::open_drawn(sandbox, device, scale, &DRAWN_ALIKE)?;
        let browser = Self {
            chromium,
            address: address.to_owned(),
        };
        let width = browser.chromium.run("return innerWidth", &json!([]))?;
        ensure!(
            width == device.width || face != Face::Pc,
            "the page is {width} pixels wide, not {}",
            device.width
        );
        Ok(browser)
    }

    /// Goes to a page of the bank by its address.
    pub(crate) fn go(&self, path: &str) -> Result<()> {
        self.chromium.go(&format!("{}{path}", self.address))
    }

    /// Waits for the screen `id`, drawn whole.
    pub(crate) fn screen(&self, id: &str) -> Result<()> {
        let waited = self.chromium.wait(id, |_| Ok(self.shown_screen()? == id));
        waited.with_context(|| {
            let shown = self.shown_screen().unwrap_or_default();
            format!(
                "screen: {id} is expected, {shown} is shown, {}",
                self.alerts()
            )
        })?;
        self.chromium.wait_painted()
    }

    fn shown_screen(&self) -> Result<String> {
        let text = self.chromium.page_text()?;
        let id = text.split_once("画面ID：").map(|(_, rest)| rest);
        let id = id.and_then(|rest| rest.split_whitespace().next());
        Ok(id.unwrap_or_default().to_owned())
    }

    /// What the page refuses, for the message of a failure.
    fn alerts(&self) -> String {
        let script = "return [...document.querySelectorAll('[role=\"alert\"]')]
            .map(e => e.innerText).join(' ')";
        let said = self.chromium.run(script, &json!([])).unwrap_or_default();
        match said.as_str() {
            None | Some("") => "and nothing is refused".to_owned(),
            Some(said) => format!("saying {said:?}"),
        }
    }

    /// Waits until `words` are on the page.
    pub(crate) fn says(&self, words: &str) -> Result<()> {
        let on_page = |_: &Chromium| Ok(self.chromium.page_text()?.contains(words));
        let said = self.chromium.wait(words, on_page);
        said.with_context(|| format!("says: {words:?} is not on {:?}", self.shown_screen()))
    }

    /// Presses what `wanted` names, and waits for the page that answers if it leads to one.
    pub(crate) fn click(&self, wanted: &str) -> Result<()> {
        let leads = "return found && found.matches(
            'a, button, input[type=submit]')";
        let leads = callouts::found(&self.chromium, wanted, leads)?;
        match leads.as_bool() {
            None => bail!(
                "click: {wanted:?} is not on {:?}: {}",
                self.shown_screen(),
                self.names()
            ),
            Some(false) => self.press(wanted),
            Some(true) => self.leave(wanted),
        }
    }

    fn press(&self, wanted: &str) -> Result<()> {
        let element = self.element(wanted)?;
        self.chromium
            .send(&format!("/element/{element}/click"), &json!({}))
            .with_context(|| format!("click: {wanted:?}"))
            .map(drop)
    }

    /// Presses what leaves the page, and waits for the one that answers.
    fn leave(&self, wanted: &str) -> Result<()> {
        let mark = "document.documentElement.dataset.left = ''";
        self.chromium.run(mark, &json!([]))?;
        self.press(wanted)?;
        let answered = "return !('left' in document.documentElement.dataset)
            && document.readyState === 'complete'";
        self.chromium.wait("the page that answers", |page| {
            Ok(page.run(answered, &json!([]))? == true)
        })
    }

    /// Types `text` into the field that `wanted` names, in the place of what is in it.
    pub(crate) fn fill(&self, wanted: &str, text: &str) -> Result<()> {
        let element = self.element(wanted)?;
        self.chromium
            .send(&format!("/element/{element}/clear"), &json!({}))?;
        let typed = self.chromium.send(
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
        typed.with_context(|| format!("into: {wanted:?}")).map(drop)
    }

    /// Types `text` into the field of this name on the software keyboard.
    pub(crate) fn press_keys(&self, field: &str, text: &str) -> Result<()> {
        self.leave(&format!("button[name='keyboard'][value='{field}']"))?;
        for (pressed, character) in (1..).zip(text.chars()) {
            let script = "const key = [...document.querySelectorAll(\"button[name='key']\")]
                .find(key => key.innerText === arguments[0]);
                if (key) key.id = 'wanted'";
            self.chromium.run(script, &json!([character.to_string()]))?;
            self.leave("wanted")?;
            self.says(&format!("{pressed}文字入力しました"))?;
        }
        self.leave("button[name='key'][value='close']")
    }

    /// The words of the label of the field `name`.
    pub(crate) fn label(&self, name: &str) -> Result<String> {
        let script = "return document.querySelector(`label[for='${arguments[0]}']`)?.innerText";
        let label = self.chromium.run(script, &json!([name]))?;
        let label = label.as_str().map(str::to_owned);
        label.with_context(|| format!("into: {name:?} has no label on the page"))
    }

    /// What stands beside `name` in a table or a list of the page.
    pub(crate) fn cell(&self, name: &str) -> Result<String> {
        let script = "const head = [...document.querySelectorAll('th, dt')]
            .find(head => head.innerText === arguments[0]);
            return head?.nextElementSibling?.innerText";
        let cell = self.chromium.run(script, &json!([name]))?;
        let cell = cell.as_str().map(str::to_owned);
        cell.with_context(|| format!("no {name} is on {:?}", self.shown_screen()))
    }

    /// A picture of the whole page, with `callouts` drawn on it.
    pub(crate) fn picture(&self, callouts: &[callouts::Callout]) -> Result<Vec<u8>> {
        // No caret, no ring round a field, no pointer over a button: a page that is only looked at.
        let rest = "document.activeElement?.blur(); scrollTo(0, 0);
            document.documentElement.style.caretColor = 'transparent'";
        self.chromium.run(rest, &json!([]))?;
        callouts::draw(&self.chromium, callouts)?;
        self.chromium.wait_painted()?;
        let picture = self.chromium.whole_picture()?;
        callouts::clear(&self.chromium)?;
        Ok(picture)
    }

    /// The words and names by which something on the page can be found, for the message of a failure.
    fn names(&self) -> String {
        let list = "return [...document.querySelectorAll('a, button, label, input[type=submit]')]
            .filter(shown).map(words).filter(Boolean).join(' | ')";
        let names = callouts::found(&self.chromium, "", list).unwrap_or_default();
        format!("there are {}", names.as_str().unwrap_or_default())
    }

    /// The element that `wanted` names, brought into the middle of the display.
    fn element(&self, wanted: &str) -> Result<String> {
        let into_view = "found?.scrollIntoView({ block: 'center' }); return found";
        let found = callouts::found(&self.chromium, wanted, into_view)?;
        let id = found.as_object().and_then(|found| found.values().next());
        let id = id.and_then(Value::as_str).map(str::to_owned);
        id.with_context(|| {
            format!(
                "{wanted:?} is not on {:?}: {}",
                self.shown_screen(),
                self.names()
            )
        })
    }
}
