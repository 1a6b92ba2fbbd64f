//! Every procedure of the guides, walked in a real Chromium: the sample bank and the token service as
//! programs, the codes from `skts` over a real keyring or from a hardware token.
//!
//! Each story leaves behind which pictures it took on which screen; `guides` holds that against the
//! table of `docs/guides.md`.

mod counter;
mod exchange;
mod pay;
mod refused;
mod start;
mod stop;
mod token;
mod visit;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use skts_tests::bank::{Customer, Effective, SampleBank};
use skts_tests::hardware::{self, Card};
use skts_tests::issuer::{Issuer, SHINKIN};
use skts_tests::programs::have;
use skts_tests::proxy::Proxy;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::{chromium, shots};

use visit::{Face, Visit};

const NEEDED: [&str; 4] = [
    "dbus-daemon",
    "dbus-send",
    "gnome-keyring-daemon",
    "secret-tool",
];

/// A token service, a bank that reaches it through a proxy, and a keyring for the app.
struct World {
    // Dropped in this order: the sandbox's folder goes last.
    bank: SampleBank,
    /// Between bank and service: what the one asks of the other.
    wire: Proxy,
    issuer: Issuer,
    list: PathBuf,
    /// `<picture> <screen>`, a line each.
    walked: RefCell<Vec<String>>,
    sandbox: Sandbox,
}

/// Tells the story `name`, a test's, and notes what it walked; only one that ends well counts.
fn walk(name: &str, effective: Effective, story: impl FnOnce(&World) -> Result<()>) -> Result<()> {
    if !have(&[&NEEDED[..], &chromium::NEEDED].concat())? {
        return Ok(());
    }
    let world = World::new(effective)?;
    story(&world)?;
    let folder = shots::folder().join("bank/walked");
    fs::create_dir_all(&folder)?;
    let mut walked = world.walked.borrow().join("\n");
    walked.push('\n');
    Ok(fs::write(folder.join(format!("{name}.txt")), walked)?)
}

impl World {
    fn new(effective: Effective) -> Result<Self> {
        let sandbox = Sandbox::new(Keyring::Unlocked)?;
        let issuer = Issuer::start(&sandbox)?;
        let wire = Proxy::start(&issuer.upstream())?;
        let caller = issuer.bank(SHINKIN)?;
        let bank = SampleBank::start(&sandbox, &wire.address(), &caller, effective)?;
        let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
        Ok(Self {
            bank,
            wire,
            issuer,
            list,
            walked: RefCell::default(),
            sandbox,
        })
    }

    fn visit(&self, face: Face) -> Result<Visit<'_>> {
        Visit::open(self, face)
    }

    /// Hardware tokens with these serials, known to the service.
    fn cards<const N: usize>(&self, serials: [&str; N]) -> Result<[Card; N]> {
        let cards = serials.map(Card::make);
        hardware::bring_in(&self.sandbox, &self.issuer, SHINKIN, &cards.each_ref())?;
        Ok(cards)
    }

    /// A card that the counter sent to `customer`, who types its serial in with a wrong code first: so
    /// the service's name for him goes over the wire.
    fn sent_card(&self, customer: Customer, serial: &str) -> Result<Card> {
        let [card] = self.cards([serial])?;
        let visit = self.visit(Face::Pc)?;
        visit.counter()?;
        visit.act(customer, "send", serial)?;
        visit.expect("CTR003")?;
        if self.wire.calls().is_empty() {
            visit.go("/procedures/start")?;
            visit.identify(customer)?;
            visit.expect("OTS002")?;
            visit.fill("serial", serial)?;
            visit.fill("code", "000000")?;
            visit.choose("at_login", "no")?;
            visit.fill_asked(customer)?;
            visit.send()?;
            visit.refused("OTS002", "正しくない")?;
        }
        self.assign(&card)?;
        Ok(card)
    }

    /// The service's own name for the customer of the last question the bank asked it.
    fn subscriber(&self) -> Result<String> {
        let calls = self.wire.calls();
        let last = calls.last().context("the bank has asked nothing")?;
        let body: Value = serde_json::from_slice(&last.body)?;
        let subscriber = body["subscriber_ref"].as_str();
        Ok(subscriber.context("a question about nobody")?.to_owned())
    }

    /// Says to the service that `card` was sent to the customer the bank last asked about, unless
    /// the bank has said so itself.
    fn assign(&self, card: &Card) -> Result<()> {
        if !self.wire.calls_to("tokens/assign").is_empty() {
            return Ok(());
        }
        let answer = self
            .issuer
            .bank(SHINKIN)?
            .assign(&self.subscriber()?, &card.serial)?;
        ensure!(answer["assigned"] == true, "{answer}");
        Ok(())
    }
}
