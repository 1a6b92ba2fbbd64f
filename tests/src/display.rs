//! A display of a story's own, on which nothing else is drawn.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

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
        let mut command = leashed("Xvfb");
        command
            .args(["-displayfd", "1", "-screen", "0", "1280x1024x24"])
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

    /// The name for `DISPLAY`, such as `:7`.
    pub fn name(&self) -> &str {
        &self.name
    }
}
