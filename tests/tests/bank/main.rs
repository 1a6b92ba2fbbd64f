//! Every procedure of the guides, walked in a real Chromium: the sample bank and the token service as
//! programs, the codes from `skts` over a real keyring or from a hardware token.
//!
//! Each story leaves behind which pictures it took on which screen; `guides` holds that against the
//! table of `docs/guides.md`.

mod counter;
mod exchange;
mod pay;
mod refused;
mod shinkumi;
mod sign;
mod start;
mod stop;
mod token;
mod visit;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;
use skts_tests::bank::{Customer, Effective, SampleBank, Style};
use skts_tests::display::Display;
use skts_tests::hardware::{self, Card};
use skts_tests::issuer::Issuer;
use skts_tests::programs::have;
use skts_tests::proxy::Proxy;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::shots;

use visit::{Face, Visit};

const NEEDED: [&str; 6] = [
    "dbus-daemon",
    "dbus-send",
    "gnome-keyring-daemon",
    "secret-tool",
    "chromium",
    "chromedriver",
];
const NEEDED_BY_THE_WINDOW: [&str; 2] = ["Xvfb", "WebKitWebDriver"];

/// A token service, a bank that reaches it through a proxy, and a keyring for the app.
struct World {
    // Dropped in this order: the sandbox's folder goes last.
    bank: SampleBank,
    /// Between bank and service: what the one asks of the other.
    wire: Proxy,
    issuer: Issuer,
    institution: &'static str,
    list: PathBuf,
    /// `<picture> <screen>`, a line each.
    walked: RefCell<Vec<String>>,
    sandbox: Sandbox,
    /// What the app's window is on, in a story with the window.
    _display: Option<Display>,
}

/// Tells the story `name`, a test's, at a 信用金庫 and notes what it walked; only one that ends well
/// counts.
fn walk(name: &str, effective: Effective, story: impl FnOnce(&World) -> Result<()>) -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    tell(name, &World::new(Style::Shinkin, effective, None)?, story)
}

/// As [`walk`], at one that has first transfers and those above 100,000 yen signed.
fn walk_signing(name: &str, story: impl FnOnce(&World) -> Result<()>) -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let demands = ["--sign-new-payees", "--sign-above", "100000"];
    let world = World::open(Style::Shinkin, None, |sandbox, issuer, service| {
        SampleBank::start_demanding(sandbox, issuer, service, Style::Shinkin, &demands)
    })?;
    tell(name, &world, story)
}

/// As [`walk`], at a 信用組合.
fn walk_shinkumi(name: &str, story: impl FnOnce(&World) -> Result<()>) -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let world = World::new(Style::Shinkumi, Effective::AtOnce, None)?;
    tell(name, &world, story)
}

/// As [`walk_shinkumi`], with a display for the app's window.
fn walk_shinkumi_with_the_window(
    name: &str,
    story: impl FnOnce(&World) -> Result<()>,
) -> Result<()> {
    if !have(&NEEDED)? || !have(&NEEDED_BY_THE_WINDOW)? {
        return Ok(());
    }
    let display = Display::start()?;
    let world = World::new(Style::Shinkumi, Effective::AtOnce, Some(display))?;
    tell(name, &world, story)
}

fn tell(name: &str, world: &World, story: impl FnOnce(&World) -> Result<()>) -> Result<()> {
    story(world)?;
    let folder = shots::folder().join("bank/walked");
    fs::create_dir_all(&folder)?;
    let mut walked = world.walked.borrow().join("\n");
    walked.push('\n');
    Ok(fs::write(folder.join(format!("{name}.txt")), walked)?)
}

impl World {
    fn new(style: Style, effective: Effective, display: Option<Display>) -> Result<Self> {
        Self::open(style, display, |sandbox, issuer, service| {
            SampleBank::start(sandbox, issuer, service, style, effective)
        })
    }

    fn open(
        style: Style,
        display: Option<Display>,
        start: impl FnOnce(&Sandbox, &Issuer, &str) -> Result<SampleBank>,
    ) -> Result<Self> {
        let mut sandbox = Sandbox::new(Keyring::Unlocked)?;
        let issuer = Issuer::start(&sandbox)?;
        let wire = Proxy::start(&issuer.upstream())?;
        let bank = start(&sandbox, &issuer, &wire.address())?;
        let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
        if let Some(display) = &display {
            sandbox.set("DISPLAY", display.name());
            sandbox.set("SKTS_PROFILE", sandbox.join("window"));
            sandbox.set("SKTS_INSTITUTIONS", &list);
        }
        Ok(Self {
            bank,
            wire,
            issuer,
            institution: style.institution(),
            list,
            walked: RefCell::default(),
            sandbox,
            _display: display,
        })
    }

    fn visit(&self, face: Face) -> Result<Visit<'_>> {
        Visit::open(self, face)
    }

    /// Notes a picture of `screen`.
    fn note(&self, picture: &str, screen: &str) {
        self.walked.borrow_mut().push(format!("{picture} {screen}"));
    }

    /// Hardware tokens with these serials, known to the service.
    fn cards<const N: usize>(&self, serials: [&str; N]) -> Result<[Card; N]> {
        self.cards_until(serials, "2037-03-31")
    }

    /// The same, good until the end of the day `until`.
    fn cards_until<const N: usize>(&self, serials: [&str; N], until: &str) -> Result<[Card; N]> {
        let cards = serials.map(Card::make);
        let of = (&self.issuer, self.institution);
        hardware::bring_in(&self.sandbox, of, &cards.each_ref(), until)?;
        Ok(cards)
    }

    /// A card that the counter sent to `customer`.
    fn sent_card(&self, customer: Customer, serial: &str) -> Result<Card> {
        let [card] = self.cards([serial])?;
        let visit = self.visit(Face::Pc)?;
        visit.counter()?;
        visit.act(customer, "send", serial)?;
        visit.expect("CTR003")?;
        Ok(card)
    }

    /// The service's own name for the customer of the last question the bank asked it.
    fn subscriber(&self) -> Result<String> {
        let calls = self.wire.calls();
        // It asks for news of everybody all the time.
        let about = calls.iter().rev().find_map(|call| {
            let body: Value = serde_json::from_slice(&call.body).ok()?;
            Some(body["subscriber_ref"].as_str()?.to_owned())
        });
        about.context("the bank has asked about nobody")
    }
}
