//! Pictures of every screen of the app, the same to the byte each time: `./x shots`.
//!
//! ```text
//! scenes/*.toml ──► plan ──► take (the app on a scene, by WebDriver) ──► album: the pictures,
//! ../walks ────────────────► bank (its pages, by WebDriver) ───────────► pictures.json, index.html
//!                            compare ◄── baseline/*.png
//! ```

mod album;
mod arguments;
mod bank;
mod compare;
mod look;
mod own;
mod pixels;
mod plan;
mod room;
mod sheet;
mod take;
mod work;

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::{Arguments, USAGE, Wish};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nshots: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    match arguments.wish {
        Wish::Help => print!("{USAGE}"),
        Wish::List => plan::list(&arguments)?,
        Wish::Take => work::take(&arguments)?,
        Wish::Compare => return compare::against_baselines(&arguments),
        Wish::Accept => compare::accept(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
