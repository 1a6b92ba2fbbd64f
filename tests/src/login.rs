//! A stand-in for systemd-logind on a story's own bus, which tells of sleep and of locked sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use zbus::blocking::connection::{Builder, Connection};
use zbus::zvariant::{OwnedObjectPath, Value};

use crate::clock::wait_for;
use crate::sandbox::Sandbox;

const NAME: &str = "org.freedesktop.login1";
const NOBODY: Option<&str> = None;
const ROOT: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const OURS: &str = "/org/freedesktop/login1/session/_31";
const ANOTHERS: &str = "/org/freedesktop/login1/session/_32";

/// The service, for as long as it is held.
#[derive(Debug)]
pub struct Login {
    bus: Connection,
    asked: Arc<AtomicBool>,
}

struct Sessions {
    asked: Arc<AtomicBool>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Sessions {
    #[zbus(name = "GetSessionByPID")]
    fn session_of(&self, _pid: u32) -> zbus::fdo::Result<OwnedObjectPath> {
        self.asked.store(true, Ordering::SeqCst);
        OwnedObjectPath::try_from(OURS).map_err(|error| zbus::fdo::Error::Failed(error.to_string()))
    }
}

impl Login {
    /// Takes the name on the sandbox's bus, which is the system's to its programs from now on.
    ///
    /// # Errors
    /// When there is no bus, or the name is taken.
    pub fn start(sandbox: &mut Sandbox) -> Result<Self> {
        let address = sandbox
            .environment()
            .get(std::ffi::OsStr::new("DBUS_SESSION_BUS_ADDRESS"))
            .and_then(|address| address.to_str())
            .context("no bus")?
            .to_owned();
        let asked = Arc::new(AtomicBool::new(false));
        let sessions = Sessions {
            asked: Arc::clone(&asked),
        };
        let bus = Builder::address(address.as_str())?
            .name(NAME)?
            .serve_at(ROOT, sessions)?
            .build()?;
        sandbox.set("DBUS_SYSTEM_BUS_ADDRESS", address);
        Ok(Self { bus, asked })
    }

    /// Waits until a program has asked for its session; it listens a moment later.
    ///
    /// # Errors
    /// When none has in half a minute.
    pub fn wait_asked(&self) -> Result<()> {
        wait_for(
            Duration::from_secs(30),
            "the question for the session",
            || Ok(self.asked.load(Ordering::SeqCst).then_some(())),
        )
    }

    /// The computer is about to sleep.
    ///
    /// # Errors
    /// When the bus is gone.
    pub fn goes_to_sleep(&self) -> Result<()> {
        Ok(self
            .bus
            .emit_signal(NOBODY, ROOT, MANAGER, "PrepareForSleep", &(true,))?)
    }

    /// The computer woke up.
    ///
    /// # Errors
    /// As [`Login::goes_to_sleep`].
    pub fn wakes_up(&self) -> Result<()> {
        Ok(self
            .bus
            .emit_signal(NOBODY, ROOT, MANAGER, "PrepareForSleep", &(false,))?)
    }

    /// The session is asked to lock its screen.
    ///
    /// # Errors
    /// As [`Login::goes_to_sleep`].
    pub fn asks_to_lock(&self) -> Result<()> {
        Ok(self.bus.emit_signal(NOBODY, OURS, SESSION, "Lock", &())?)
    }

    /// Another user's session is.
    ///
    /// # Errors
    /// As [`Login::goes_to_sleep`].
    pub fn asks_another_to_lock(&self) -> Result<()> {
        Ok(self
            .bus
            .emit_signal(NOBODY, ANOTHERS, SESSION, "Lock", &())?)
    }

    /// The desktop says that it has locked its screen.
    ///
    /// # Errors
    /// As [`Login::goes_to_sleep`].
    pub fn says_locked(&self) -> Result<()> {
        let changed = std::collections::HashMap::from([("LockedHint", Value::Bool(true))]);
        let properties = "org.freedesktop.DBus.Properties";
        let body = (SESSION, changed, Vec::<&str>::new());
        Ok(self
            .bus
            .emit_signal(NOBODY, OURS, properties, "PropertiesChanged", &body)?)
    }
}
