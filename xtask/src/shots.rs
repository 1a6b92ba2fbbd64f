//! `./x shots`: builds the app that opens scenes and what takes its pictures, then hands over.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{build, run};

const TOOL: &[&str] = &["build", "-p", "skts-shots"];

/// The app on scenes, in the profile `profile`.
fn app(profile: &str) -> [&str; 9] {
    [
        "build",
        "--profile",
        profile,
        "-p",
        "skts-app",
        "--bin",
        "skts-app-qa",
        "--features",
        "dangerous-qa",
    ]
}

/// Builds, then runs the tool with `args`. The app is a release's code; `--debug` as the first argument
/// takes the one for development, which is built sooner.
///
/// # Errors
/// When a build fails or the tool cannot be started.
pub(crate) fn start(root: &Path, args: &[String]) -> Result<ExitCode> {
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    let debug = args.first() == Some(&"--debug");
    if debug {
        args.remove(0);
    }
    let needs_app = !args
        .iter()
        .any(|arg| matches!(*arg, "--list" | "--accept" | "--help" | "-h"));
    run::step(root, "cargo", TOOL)?;
    let target =
        run::setting("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut tool = Command::new(target.join("debug/shots"));
    tool.args(&args);
    if needs_app {
        let (profile, folder) = if debug {
            ("dev", "debug")
        } else {
            ("qa", "qa")
        };
        println!("x: building the app that opens scenes (the first time takes some minutes)");
        build::page(root)?;
        run::step(root, "cargo", &app(profile))?;
        tool.env(
            "SKTS_BIN_SKTS_APP_QA",
            target.join(folder).join("skts-app-qa"),
        );
    }
    let status = tool.status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
