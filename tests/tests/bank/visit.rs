//! A customer, or a teller, before the bank's pages on one of its faces.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use skts_tests::bank::{Customer, STAFF_PASSWORD};
use skts_tests::chromium::{Chromium, Device};
use skts_tests::{axe, shots};

use crate::World;
use crate::token::Token;

/// What the bank tells apart by the browser's name for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Pc,
    Smartphone,
    Feature,
}

impl Face {
    fn device(self) -> Device {
        match self {
            Self::Pc => Device {
                width: 1280,
                height: 900,
                user_agent: None,
            },
            Self::Smartphone => Device {
                width: 360,
                height: 740,
                user_agent: Some(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                ),
            },
            Self::Feature => Device {
                width: 240,
                height: 320,
                user_agent: Some("DoCoMo/2.0 P903i(c100;TB;W24H12)"),
            },
        }
    }

    /// Its word in the names of pictures.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Smartphone => "smartphone",
            Self::Feature => "feature",
        }
    }
}

/// A browser at the bank.
pub(crate) struct Visit<'w> {
    pub(crate) browser: Chromium,
    pub(crate) face: Face,
    world: &'w World,
}

/// The shapes of pages that axe-core has seen in this run: it takes longer than all else that is done
/// with a page, and finds in the next customer's the same.
static LOOKED_AT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Every element of the page with its attributes and whether it has words of its own; what is of one
/// customer or one moment (values, addresses, numbers in attributes) left out.
const SHAPE: &str = "return [...document.querySelectorAll('html, body, body *')].map(e => [
    e.tagName,
    ...[...e.attributes].map(({ name, value }) => name + '=' +
      (['value', 'href', 'action'].includes(name) ? value !== '' : value.replace(/[0-9]+/g, ''))),
    [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim() !== '')
  ].join(' ')).join('\\n')";

/// The button that sends a page: not those of the software keyboard, which have names, nor the one that
/// only the Enter key presses.
const SUBMIT: &str = "form:not([action='/logout']) button:not(.skip):not([name]), \
                      form:not([action='/logout']) input[type='submit']:not([name])";
const LOGOUT: &str = "form[action='/logout'] button, form[action='/logout'] input[type='submit']";

impl<'w> Visit<'w> {
    pub(crate) fn open(world: &'w World, face: Face) -> Result<Self> {
        let browser = Chromium::open(&world.sandbox, face.device())?;
        Ok(Self {
            browser,
            face,
            world,
        })
    }

    /// Goes to a page of the bank by its address.
    pub(crate) fn go(&self, path: &str) -> Result<()> {
        self.browser
            .go(&format!("{}{path}", self.world.bank.address()))
    }

    /// The 画面ID shown; empty while there is none.
    pub(crate) fn screen(&self) -> Result<String> {
        let text = self.browser.page_text()?;
        let id = text.split_once("画面ID：").map(|(_, rest)| rest);
        let id = id.and_then(|rest| rest.split_whitespace().next());
        Ok(id.unwrap_or_default().to_owned())
    }

    /// Waits for the screen `id`, which has to be whole: no fault that axe-core finds, nothing wider
    /// than the display.
    pub(crate) fn expect(&self, id: &str) -> Result<()> {
        let waited = self
            .browser
            .wait(id, |_| Ok(self.screen()? == id))
            .and_then(|()| self.browser.wait_painted());
        if let Err(error) = waited {
            let text = self.browser.page_text().unwrap_or_default();
            bail!("{error:#}, on {:?} found:\n{text}", self.face);
        }
        let wide = self.browser.run(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth",
            &json!([]),
        )?;
        ensure!(
            wide == false,
            "{id} is wider than a display of {:?}",
            self.face
        );
        let shape = self.browser.run(SHAPE, &json!([]))?;
        let mut looked_at = LOOKED_AT.lock().unwrap_or_else(PoisonError::into_inner);
        let new = looked_at.insert(format!("{:?} {id} {shape}", self.face));
        drop(looked_at);
        if !new {
            return Ok(());
        }
        let place = format!("{id} ({:?})", self.face);
        match self.face {
            Face::Feature => axe::check_wcag(&self.browser, &place),
            Face::Pc | Face::Smartphone => axe::check(&self.browser, &place),
        }
    }

    /// A picture of the screen `id`, as `<name>-<face>.png`.
    pub(crate) fn picture(&self, id: &str, name: &str) -> Result<()> {
        self.expect(id)?;
        let name = format!("{name}-{}", self.face.word());
        shots::keep(&self.browser.whole_picture()?, &format!("bank/{name}"))?;
        self.world.note(&name, id);
        Ok(())
    }

    /// Saves a picture of the page for the customer's own use, as `file` in the sandbox.
    pub(crate) fn save_page(&self, file: &str) -> Result<()> {
        let picture = self.browser.whole_picture()?;
        Ok(fs::write(self.world.sandbox.join(file), picture)?)
    }

    /// The sentences in the page's list of faults, or its refusal.
    pub(crate) fn faults(&self) -> Result<String> {
        let script = "return [...document.querySelectorAll('[role=\"alert\"]')]
            .map(e => e.innerText).join('\\n')";
        let text = self.browser.run(script, &json!([]))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Asserts that the page refuses in these words, with the same screen shown again.
    pub(crate) fn refused(&self, id: &str, words: &str) -> Result<()> {
        self.browser
            .wait(words, |_| Ok(self.faults()?.contains(words)))
            .with_context(|| format!("{words} in {:?}", self.faults()))?;
        self.expect(id)
    }

    /// Asserts that `words` are on the page.
    pub(crate) fn says(&self, words: &str) -> Result<()> {
        let text = self.browser.page_text()?;
        ensure!(text.contains(words), "{words} is not in:\n{text}");
        Ok(())
    }

    pub(crate) fn fill(&self, field: &str, text: &str) -> Result<()> {
        self.browser.fill(&format!("input[name='{field}']"), text)
    }

    pub(crate) fn choose(&self, field: &str, value: &str) -> Result<()> {
        self.browser
            .click_on(&format!("input[name='{field}'][value='{value}']"))
    }

    /// Sends the page's form and waits for the page that answers: what is asked of one that
    /// is being left gets no answer.
    pub(crate) fn send(&self) -> Result<()> {
        // Into the middle: after a picture of the whole page the driver takes a button on the edge of
        // a small display for one that is on it, and presses beside it.
        let script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
        self.browser.run(script, &json!([SUBMIT]))?;
        self.leave(|| self.browser.click_on(SUBMIT))
    }

    /// Does what leaves the page, and waits for the one that answers.
    fn leave(&self, act: impl FnOnce() -> Result<()>) -> Result<()> {
        let script = "document.documentElement.dataset.left = ''";
        self.browser.run(script, &json!([]))?;
        act()?;
        let script = "return !('left' in document.documentElement.dataset)
            && document.readyState === 'complete'";
        self.browser.wait("an answer to the form", |browser| {
            Ok(browser.run(script, &json!([]))? == true)
        })
    }

    /// 申込を中止する.
    pub(crate) fn quit(&self) -> Result<()> {
        self.leave(|| {
            self.browser
                .click_on("button[name='quit'], input[name='quit']")
        })
    }

    /// Follows the link to `path` on the page, and waits for the page that answers.
    pub(crate) fn follow(&self, path: &str) -> Result<()> {
        let followed = self.leave(|| self.browser.click_on(&format!("a[href='{path}']")));
        followed.with_context(|| {
            let text = self.browser.page_text().unwrap_or_default();
            format!("the link to {path} on:\n{text}")
        })
    }

    pub(crate) fn logout(&self) -> Result<()> {
        self.browser.click_on(LOGOUT)?;
        self.expect("LGI001")
    }

    /// 利用者認証, sent.
    pub(crate) fn identify(&self, customer: Customer) -> Result<()> {
        self.fill("contract_id", customer.contract_id)?;
        self.fill("login_password", customer.login_password)?;
        self.send()
    }

    /// The fields of the two asked digits of the 資金移動用パスワード, with the digits asked for.
    pub(crate) fn asked(&self, customer: Customer) -> Result<[(&'static str, String); 2]> {
        let digit = |field| -> Result<String> {
            let script = "return document.querySelector(`label[for='${arguments[0]}']`).innerText";
            let label = self.browser.run(script, &json!([field]))?;
            let label = label.as_str().unwrap_or_default();
            let position: String = label.chars().filter(char::is_ascii_digit).collect();
            customer.transfer_digit(position.parse().context("no position is asked for")?)
        };
        Ok([
            ("digit_first", digit("digit_first")?),
            ("digit_second", digit("digit_second")?),
        ])
    }

    /// What stands beside `name` in a table of the page.
    pub(crate) fn cell(&self, name: &str) -> Result<String> {
        let script = "const head = [...document.querySelectorAll('th')]
            .find(head => head.innerText === arguments[0]);
            return head && head.nextElementSibling.innerText";
        let cell = self.browser.run(script, &json!([name]))?;
        let cell = cell.as_str().map(str::to_owned);
        cell.with_context(|| format!("no {name} on the page"))
    }

    /// Types `text` into `field` on the software keyboard, whose keys are in another order each time.
    pub(crate) fn press_keys(&self, field: &str, text: &str) -> Result<()> {
        let key = |selector: &str| -> Result<()> { self.leave(|| self.browser.click_on(selector)) };
        key(&format!("button[name='keyboard'][value='{field}']"))?;
        for (pressed, character) in (1..).zip(text.chars()) {
            let script = "const key = [...document.querySelectorAll(\"button[name='key']\")]
                .find(key => key.innerText === arguments[0]);
                key.id = 'wanted'";
            self.browser.run(script, &json!([character.to_string()]))?;
            key("#wanted")?;
            self.says(&format!("{pressed}文字入力しました"))?;
        }
        key("button[name='key'][value='close']")
    }

    pub(crate) fn fill_asked(&self, customer: Customer) -> Result<()> {
        for (field, digit) in self.asked(customer)? {
            self.fill(field, &digit)?;
        }
        Ok(())
    }

    /// From the login page to the top page; `token` is asked if its owner chose so.
    pub(crate) fn login(&self, customer: Customer, token: Option<&Token<'_>>) -> Result<()> {
        self.go("/")?;
        self.expect("LGI001")?;
        self.identify(customer)?;
        if let Some(token) = token {
            self.expect("LGI002")?;
            self.fill("code", &token.code()?)?;
            self.send()?;
        }
        self.expect("HOM001")
    }

    /// The counter, as its staff.
    pub(crate) fn counter(&self) -> Result<()> {
        self.go("/staff")?;
        self.expect("CTR000")?;
        self.fill("login_password", STAFF_PASSWORD)?;
        self.send()?;
        self.expect("CTR001")
    }

    /// One act for `customer` at the counter; ends on whatever comes of it.
    pub(crate) fn act(&self, customer: Customer, act: &str, serial: &str) -> Result<()> {
        self.go("/procedures/counter")?;
        self.expect("CTR001")?;
        self.fill("contract_id", customer.contract_id)?;
        self.send()?;
        self.expect("CTR002")?;
        self.choose("act", act)?;
        if !serial.is_empty() {
            self.fill("serial", serial)?;
        }
        self.send()
    }

    /// The bank's next day.
    pub(crate) fn next_day(&self) -> Result<()> {
        self.go("/demo")?;
        self.expect("DMO001")?;
        self.send()?;
        self.expect("DMO001")
    }
}
