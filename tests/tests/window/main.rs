//! The story in the real window, driven through WebDriver on a display of its own.

mod causes;
mod clipboard;
mod desktops;
mod every_day;
mod faults;
mod life;
mod link;
mod lock;
mod lost;
mod memory;
mod qr;
mod set_up;
mod settings;
mod sign;
mod system;
mod tour;
mod tray;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use skts_tests::app::{
    agree, begin_activation, fill_and_send, finish, send_activation, shown_code, shown_serial,
    wait_code,
};
use skts_tests::clock::{self, wait_for};
use skts_tests::display::Display;
use skts_tests::issuer::{Activation, Bank, Issuer, RENGO, SHINKIN, SHINKUMI};
use skts_tests::programs::{have, program};
use skts_tests::proxy::Proxy;
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::skts::Skts;
use skts_tests::window::Window;

const NEEDED: [&str; 10] = [
    "Xvfb",
    "WebKitWebDriver",
    "dbus-daemon",
    "dbus-send",
    "gnome-keyring-daemon",
    "secret-tool",
    "unshare",
    "xclip",
    "faketime",
    "setpriv",
];

const PASSWORD: &str = "73914628";
const CUSTOMER: &str = "customer-0001";
/// A size a phone has, in pixels.
const PHONE: (u32, u32) = (400, 780);

/// A sandbox with a display, a token service, and a proxy through which the app reaches it.
struct World {
    // Dropped in this order: the sandbox's folder goes last.
    proxy: Proxy,
    issuer: Issuer,
    list: PathBuf,
    app: PathBuf,
    sandbox: Sandbox,
    display: Display,
}

/// The languages of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Japanese,
    English,
}

impl Language {
    const BOTH: [Self; 2] = [Self::Japanese, Self::English];

    fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// As a session names it.
    fn session(self) -> &'static str {
        match self {
            Self::Japanese => "ja_JP.UTF-8",
            Self::English => "en_GB.UTF-8",
        }
    }
}

impl World {
    /// A world with an unlocked keyring; `None` if this machine cannot hold one.
    fn new() -> Result<Option<Self>> {
        Self::with(Keyring::Unlocked)
    }

    /// A world whose keyring, should it be locked, cannot put up a prompt.
    fn with(keyring: Keyring) -> Result<Option<Self>> {
        if !have(&NEEDED)? {
            return Ok(None);
        }
        let display = Display::start()?;
        let sandbox = Sandbox::new(keyring)?;
        Self::build(display, sandbox).map(Some)
    }

    /// A world whose keyring puts up its prompt when it is locked.
    fn with_prompt() -> Result<Option<Self>> {
        if !have(&NEEDED)? {
            return Ok(None);
        }
        let display = Display::start()?;
        let sandbox = Sandbox::with_display(Keyring::Unlocked, Some(display.name()))?;
        Self::build(display, sandbox).map(Some)
    }

    fn build(display: Display, mut sandbox: Sandbox) -> Result<Self> {
        let issuer = Issuer::start(&sandbox)?;
        let proxy = Proxy::start(&issuer.upstream())?;
        let list = issuer.list_file(&sandbox, &proxy.address(), "institutions.json")?;
        sandbox.set("DISPLAY", display.name());
        sandbox.set("SKTS_PROFILE", sandbox.join("profile"));
        sandbox.set("SKTS_INSTITUTIONS", &list);
        let app = program("skts-app")?;
        Ok(Self {
            proxy,
            issuer,
            list,
            app,
            sandbox,
            display,
        })
    }

    /// Makes `language` the one the customer chose before.
    fn speak(&self, language: Language) -> Result<()> {
        let profile = self.sandbox.join("profile");
        fs::create_dir_all(&profile)?;
        fs::set_permissions(&profile, fs::Permissions::from_mode(0o700))?;
        let choice = format!("{{\"language\":\"{}\"}}", language.code());
        Ok(fs::write(profile.join("prefs.json"), choice)?)
    }

    /// Opens the window at a phone's size.
    fn open(&self) -> Result<Window> {
        self.open_as(&self.app)
    }

    /// Opens it as a desktop does for a link to the app.
    fn open_by(&self, link: &str) -> Result<Window> {
        let window = Window::open_with(&self.sandbox, &self.app, &[link])?;
        window.resize(PHONE.0, PHONE.1)?;
        Ok(window)
    }

    fn open_as(&self, program: &std::path::Path) -> Result<Window> {
        let window = Window::open(&self.sandbox, program)?;
        window.resize(PHONE.0, PHONE.1)?;
        Ok(window)
    }

    fn skts(&self) -> Result<Skts<'_>> {
        Skts::new(&self.sandbox, "profile", &self.list)
    }

    /// Adds the institution `id`, with a policy of self-provisioning and what `more` says, to the
    /// service and to the list.
    fn add_institution(
        &mut self,
        id: &str,
        service_id: &str,
        name: (&str, &str),
        more: &[&str],
    ) -> Result<()> {
        self.issuer
            .add_institution(&self.sandbox, (id, service_id), name, more)?;
        let (address, file) = (self.proxy.address(), format!("with-{id}.json"));
        self.list = self.issuer.list_file(&self.sandbox, &address, &file)?;
        self.sandbox.set("SKTS_INSTITUTIONS", &self.list);
        Ok(())
    }

    fn issue(&self, institution: &str) -> Result<(Bank, Activation)> {
        let bank = self.issuer.bank(institution)?;
        let activation = bank.issue_activation(CUSTOMER, PASSWORD)?;
        Ok((bank, activation))
    }
}

/// Chooses the self-provisioned way and agrees; ends on the sending screen or after it.
fn begin_self_provisioning(window: &Window) -> Result<()> {
    window.wait_screen("welcome")?;
    window.click("welcome-start")?;
    if wait_any(window, &["consent-check", INSTITUTION])? == INSTITUTION {
        window.click(INSTITUTION)?;
    }
    agree(window)?;
    if wait_left(window, "consent")? && window.has(INSTITUTION)? {
        window.click(INSTITUTION)?;
    }
    Ok(())
}

const INSTITUTION: &str = "institution-mihon-shinkin";

/// Asserts that the code in the window is what the service accepts, once.
fn works(window: &Window, bank: &Bank, customer: &str, period_secs: u64) -> Result<()> {
    clock::leave_room(period_secs, 5);
    let code = wait_code(window)?;
    let serial = shown_serial(window)?;
    let answer = bank.register(customer, &serial, &code)?;
    ensure!(
        answer["verdict"] == "accepted",
        "registration of {serial}: {answer}"
    );
    let again = bank.verify(customer, &code)?;
    ensure!(again == "replayed", "the same code again: {again}");
    Ok(())
}

/// Waits until one of `testids` is there, and says which.
fn wait_any<'t>(window: &Window, testids: &[&'t str]) -> Result<&'t str> {
    wait_for(Duration::from_secs(20), &testids.join(" or "), || {
        for testid in testids {
            if window.has(testid)? {
                return Ok(Some(*testid));
            }
        }
        Ok(None)
    })
}

/// Waits until another screen than `screen` is shown.
fn wait_left(window: &Window, screen: &str) -> Result<bool> {
    wait_for(
        Duration::from_secs(20),
        &format!("the end of {screen}"),
        || {
            let shown = window.screen().unwrap_or_default();
            Ok((shown.is_some() && shown.as_deref() != Some(screen)).then_some(true))
        },
    )
}

/// Sets a token up in the window, whichever way its institution has.
fn set_up(world: &World, window: &Window, institution: &str) -> Result<Bank> {
    match institution {
        SHINKIN => {
            begin_self_provisioning(window)?;
            finish(window)?;
            world.issuer.bank(SHINKIN)
        }
        SHINKUMI | RENGO => {
            let (bank, activation) = world.issue(institution)?;
            begin_activation(window)?;
            send_activation(window, &activation)?;
            finish(window)?;
            Ok(bank)
        }
        other => bail!("no institution {other}"),
    }
}

/// The one token of the profile, made without a window: for stories that begin after the set-up.
fn ready_profile(world: &World) -> Result<String> {
    world.skts()?.provision(SHINKIN)?.success()?;
    world.skts()?.serials()?.pop().context("no token")
}
