//! A Wayland desktop of a story's own, without a screen (`weston`).

use std::time::Duration;

use anyhow::Result;

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};
use crate::sandbox::Sandbox;

/// The compositor's socket in the sandbox's runtime folder.
const SOCKET: &str = "skts-wayland";

/// A compositor that draws into memory.
#[derive(Debug)]
pub struct Wayland {
    _compositor: Running,
}

impl Wayland {
    /// Starts it, and has what is started in `sandbox` from now on use it and no X server.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(sandbox: &mut Sandbox) -> Result<Self> {
        let mut command = leashed("weston");
        sandbox.dress(&mut command);
        command
            .args(["--backend=headless-backend.so", "--idle-time=0"])
            .args(["--width=1280", "--height=1024"])
            .arg(format!("--socket={SOCKET}"));
        log_to(&mut command, &sandbox.join("logs/weston.log"))?;
        let compositor = Running::start("weston", &mut command)?;
        let socket = sandbox.join("run").join(SOCKET);
        wait_for(Duration::from_secs(30), "the compositor", || {
            Ok(socket.exists().then_some(()))
        })?;
        sandbox.set("WAYLAND_DISPLAY", SOCKET);
        sandbox.set("GDK_BACKEND", "wayland");
        sandbox.set("DISPLAY", "");
        Ok(Self {
            _compositor: compositor,
        })
    }
}
