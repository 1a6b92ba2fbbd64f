//! Where the window's figures are taken: a display, a keyring, and a profile with one token.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::clock::{self, wait_for};
use crate::display::Display;
use crate::issuer::{Issuer, SHINKIN};
use crate::painted::{Eye, Sight, leave_room};
use crate::process::Running;
use crate::sandbox::{Keyring, Sandbox};
use crate::skts::Skts;

/// What a stage needs.
pub const NEEDED: [&str; 3] = ["Xvfb", "gnome-keyring-daemon", "dbus-daemon"];

/// How long a start is watched; the picture at the end of it is what the window shows.
pub const WATCHED: Duration = Duration::from_millis(2000);

/// A display with an eye on it, and a profile whose token was set up with a real service.
#[derive(Debug)]
pub struct Stage {
    // Dropped in this order: the sandbox's folder goes after what uses it.
    issuer: Issuer,
    /// The environment of the programs: the profile `profile`, this display.
    pub sandbox: Sandbox,
    /// Sees the display.
    pub eye: Eye,
    /// Where the windows are.
    pub display: Display,
    list: PathBuf,
}

impl Stage {
    /// Makes it and sets the token up; the service goes on running.
    ///
    /// # Errors
    /// When a program is missing or does not start.
    pub fn new() -> Result<Self> {
        let display = Display::start()?;
        let mut sandbox = Sandbox::with_display(Keyring::Unlocked, Some(display.name()))?;
        let issuer = Issuer::start(&sandbox)?;
        let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
        sandbox.set("SKTS_INSTITUTIONS", &list);
        let mut stage = Self {
            issuer,
            eye: Eye::open(display.name())?,
            sandbox,
            display,
            list,
        };
        stage.set_up("profile")?;
        Ok(stage)
    }

    /// Sets a token up in another profile, which the programs use from now on.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn set_up(&mut self, profile: &str) -> Result<()> {
        let skts = Skts::new(&self.sandbox, profile, &self.list)?;
        skts.provision(SHINKIN)?.success()?;
        self.use_profile(profile);
        Ok(())
    }

    /// Has the programs started from now on use `profile`.
    pub fn use_profile(&mut self, profile: &str) {
        let folder = self.sandbox.join(profile);
        self.sandbox.set("SKTS_PROFILE", folder);
    }

    /// Ends the service: what is measured shall have the machine for itself.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop_service(&mut self) -> Result<()> {
        self.issuer.stop()
    }

    /// Starts `program` and watches until it has painted; no code changes meanwhile.
    ///
    /// # Errors
    /// When it ends, or paints nothing.
    pub fn start(&self, program: &Path) -> Result<(Running, Sight)> {
        leave_room(WATCHED + Duration::from_secs(1));
        let started = clock::now();
        let mut running = self.run(program)?;
        let sight = self.eye.watch(started, WATCHED);
        if let Some(status) = running.poll()? {
            bail!("{} ended with {status}", program.display());
        }
        Ok((running, sight?))
    }

    /// Starts `program` and waits for its window, however long it takes: the first program of a display
    /// loads what draws on it.
    ///
    /// # Errors
    /// When there is no window after half a minute.
    pub fn open(&self, program: &Path) -> Result<Running> {
        let running = self.run(program)?;
        wait_for(Duration::from_secs(30), "a window", || {
            Ok(self.eye.light_part()?.map(drop))
        })?;
        Ok(running)
    }

    fn run(&self, program: &Path) -> Result<Running> {
        let mut command = self.sandbox.command(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Running::start("window", &mut command)
    }
}
