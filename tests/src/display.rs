//! A display of a story's own, on which nothing else is drawn.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, InputFocus, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::process::{Running, leashed};

/// An X server without a screen (`Xvfb`) on a display number that was free.
#[derive(Debug)]
pub struct Display {
    name: String,
    _server: Running,
}

impl Display {
    /// Starts the server with one screen of 1280 × 1024, 24 bits deep.
    ///
    /// # Errors
    /// When `Xvfb` is not installed or finds no free display.
    pub fn start() -> Result<Self> {
        Self::with_screen(1280, 1024)
    }

    /// As [`Display::start`], with a screen of another size in pixels.
    ///
    /// # Errors
    /// As [`Display::start`].
    pub fn with_screen(width: u16, height: u16) -> Result<Self> {
        let mut command = leashed("Xvfb");
        command
            .args(["-displayfd", "1", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .args(["-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Running::start("Xvfb", &mut command)?;
        let output = server.child().stdout.take().context("Xvfb has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(!line.trim().is_empty(), "Xvfb found no free display");
        Ok(Self {
            name: format!(":{}", line.trim()),
            _server: server,
        })
    }

    /// Takes the focus from whichever window has it, as a click beside every window does.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn give_focus_to_nobody(&self) -> Result<()> {
        let (connection, _) = x11rb::connect(Some(&self.name))?;
        focus(&connection, x11rb::NONE)
    }

    /// Gives the focus to the largest window that is shown, as a click on it does.
    ///
    /// # Errors
    /// When there is none, or the server refuses.
    pub fn give_focus_to_the_window(&self) -> Result<()> {
        let (connection, screen) = x11rb::connect(Some(&self.name))?;
        let root = connection.setup().roots.get(screen).context("no screen")?;
        let largest = largest(&connection, root.root)?.context("no window")?;
        focus(&connection, largest.window)
    }

    /// Asks the largest window to close, as the button in its corner does.
    ///
    /// # Errors
    /// When there is none, or the server refuses.
    pub fn close_the_window(&self) -> Result<()> {
        let (connection, screen) = x11rb::connect(Some(&self.name))?;
        let root = connection.setup().roots.get(screen).context("no screen")?;
        let window = largest(&connection, root.root)?
            .context("no window")?
            .window;
        ask_to_close(&connection, window)
    }

    /// Asks the window of the program `class` (as of `WM_CLASS`) to close; false while it shows none.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn close_window_of(&self, class: &str) -> Result<bool> {
        let (connection, screen) = x11rb::connect(Some(&self.name))?;
        let root = connection.setup().roots.get(screen).context("no screen")?;
        for window in connection.query_tree(root.root)?.reply()?.children {
            let asked = (
                connection.get_window_attributes(window)?,
                connection.get_property(
                    false,
                    window,
                    AtomEnum::WM_CLASS,
                    AtomEnum::STRING,
                    0,
                    64,
                )?,
            );
            // A window may go while it is looked at.
            let (Ok(attributes), Ok(named)) = (asked.0.reply(), asked.1.reply()) else {
                continue;
            };
            let named = String::from_utf8_lossy(&named.value).to_lowercase();
            if attributes.map_state == MapState::VIEWABLE && named.contains(class) {
                ask_to_close(&connection, window)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The name for `DISPLAY`, such as `:7`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn ask_to_close(connection: &RustConnection, window: Window) -> Result<()> {
    let atom = |name: &str| -> Result<u32> {
        Ok(connection
            .intern_atom(false, name.as_bytes())?
            .reply()?
            .atom)
    };
    let asked = [atom("WM_DELETE_WINDOW")?, x11rb::CURRENT_TIME, 0, 0, 0];
    let event = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS")?, asked);
    connection
        .send_event(false, window, EventMask::NO_EVENT, event)?
        .check()?;
    Ok(())
}

fn focus(connection: &RustConnection, window: Window) -> Result<()> {
    connection
        .set_input_focus(InputFocus::NONE, window, x11rb::CURRENT_TIME)?
        .check()?;
    Ok(())
}

/// A window that is shown.
pub(crate) struct Shown {
    pub(crate) window: Window,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// The largest window below `root`; `None` while there is none worth the name.
pub(crate) fn largest(connection: &RustConnection, root: Window) -> Result<Option<Shown>> {
    let mut largest = None;
    for window in connection.query_tree(root)?.reply()?.children {
        // A window may go while it is looked at.
        let Ok(attributes) = connection.get_window_attributes(window)?.reply() else {
            continue;
        };
        let Ok(geometry) = connection.get_geometry(window)?.reply() else {
            continue;
        };
        let (width, height) = (geometry.width, geometry.height);
        let area = u32::from(width) * u32::from(height);
        let shown = attributes.map_state == MapState::VIEWABLE && area > 10_000;
        if shown && largest.as_ref().is_none_or(|(_, best)| area > *best) {
            let found = Shown {
                window,
                width,
                height,
            };
            largest = Some((found, area));
        }
    }
    Ok(largest.map(|(found, _)| found))
}
