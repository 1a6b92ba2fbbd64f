//! `wine PROGRAM ARGUMENT…`: runs a program for Windows in a Wine of its own, which is gone afterwards.
//!
//! For cargo: `CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=target/debug/wine cargo test --target …`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use skts_tests::wine::Wine;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().context("which program?")?;
    let wine = Wine::start()?;
    let status = wine.command()?.arg(program).args(arguments).status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
