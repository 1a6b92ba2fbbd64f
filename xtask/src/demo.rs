//! `./x demo`: builds what the demonstration shows, then becomes the demonstration.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{build, run};

/// Builds, then hands over to the `demo` program, which cleans up after itself.
///
/// # Errors
/// When a build fails or the program cannot be started.
pub(crate) fn start(root: &Path, args: &[String]) -> Result<ExitCode> {
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    let display = run::setting("DISPLAY").is_some() || run::setting("WAYLAND_DISPLAY").is_some();
    if !display && !args.contains(&"--headless") {
        println!("x: there is no display here (DISPLAY, WAYLAND_DISPLAY): headless instead");
        args.push("--headless");
    }
    println!("x: building what the demonstration needs (the first time takes some minutes)");
    build::programs(root, !args.contains(&"--headless"))?;
    run::step(
        root,
        "cargo",
        &["build", "-p", "skts-tests", "--bin", "demo"],
    )?;
    let mut call = vec!["run", "--quiet", "-p", "skts-tests", "--bin", "demo", "--"];
    call.extend(args);
    become_program(run::command(root, "cargo", &call))
}

/// The demonstration takes this process's place, so that Ctrl-C reaches it and nobody dies before
/// it has cleaned up.
#[cfg(unix)]
fn become_program(mut command: std::process::Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("cannot start the demonstration")
}

#[cfg(not(unix))]
fn become_program(mut command: std::process::Command) -> Result<ExitCode> {
    let status = command.status().context("cannot start the demonstration")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
