//! The whole system without a window: `skts` and `skts-issuer` as programs, a real keyring between.

mod check;
mod chip;
mod disk;
mod keystore;
mod levels;
mod life;
mod lost;
mod memory;
mod moves;
mod pin;
mod profile;
mod secrets;
mod service;
mod set_up;
mod sign;
mod stop;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use skts_tests::issuer::{Activation, Bank, Issuer, SHINKUMI};
use skts_tests::programs::have;
use skts_tests::proxy::Proxy;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::skts::Skts;

/// What the stories need to be installed.
const NEEDED: [&str; 7] = [
    "dbus-daemon",
    "dbus-send",
    "gnome-keyring-daemon",
    "secret-tool",
    "unshare",
    "setpriv",
    "mount",
];

const PASSWORD: &str = "73914628";
const CUSTOMER: &str = "customer-0001";

/// A sandbox with a token service, and a proxy through which the app reaches it.
struct World {
    // Dropped in this order: the sandbox's folder goes last.
    proxy: Proxy,
    issuer: Issuer,
    list: PathBuf,
    sandbox: Sandbox,
}

impl World {
    /// A world with an unlocked keyring; `None` if this machine cannot hold one.
    fn new() -> Result<Option<Self>> {
        Self::with(Keyring::Unlocked, None)
    }

    fn with(keyring: Keyring, display: Option<&str>) -> Result<Option<Self>> {
        if !have(&NEEDED)? {
            return Ok(None);
        }
        let sandbox = Sandbox::with_display(keyring, display)?;
        let issuer = Issuer::start(&sandbox)?;
        let proxy = Proxy::start(&issuer.upstream())?;
        let list = issuer.list_file(&sandbox, &proxy.address(), "institutions.json")?;
        Ok(Some(Self {
            proxy,
            issuer,
            list,
            sandbox,
        }))
    }

    fn skts(&self) -> Result<Skts<'_>> {
        Skts::new(&self.sandbox, "profile", &self.list)
    }

    fn issue(&self) -> Result<(Bank, Activation)> {
        let bank = self.issuer.bank(SHINKUMI)?;
        let activation = bank.issue_activation(CUSTOMER, PASSWORD)?;
        Ok((bank, activation))
    }
}

/// The one token of a profile.
fn only_serial(skts: &Skts<'_>) -> Result<String> {
    let mut serials = skts.serials()?;
    ensure!(serials.len() == 1, "the tokens are {serials:?}");
    serials.pop().context("no token")
}

/// Asserts that the code shown now is what the service accepts, once.
fn works(skts: &Skts<'_>, bank: &Bank, customer: &str, period_secs: u64) -> Result<()> {
    let serial = only_serial(skts)?;
    skts_tests::clock::leave_room(period_secs, 4);
    let code = skts.code(&serial)?;
    let answer = bank.register(customer, &serial, &code)?;
    ensure!(answer["verdict"] == "accepted", "registration: {answer}");
    let again = bank.verify(customer, &code)?;
    ensure!(again == "replayed", "the same code again: {again}");
    Ok(())
}
