//! `./x shots`: builds the app that opens scenes and what takes its pictures, then hands over.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::context::Context;
use crate::count::Tally;
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

/// Builds the tool, and the app that opens scenes in the profile `profile`.
///
/// # Errors
/// When a build fails.
fn build(root: &Path, profile: &str) -> Result<()> {
    run::step(root, "cargo", TOOL)?;
    build::page(root)?;
    run::step(root, "cargo", &app(profile))
}

/// The ring: what keeps scenes out of a release. The pictures themselves take a build of their own, which
/// CI's hour has no room for yet: `./x shots --debug --compare`, and the tests `again` and `told` of the tools.
///
/// # Errors
/// When cargo cannot be started.
pub(crate) fn ring(context: &Context<'_>) -> Result<Tally> {
    let mut tally = Tally::default();
    tally.check(refused_in_a_release(context.root)?);
    Ok(tally)
}

/// Whether scenes do not compile as a release has them: without debug assertions.
///
/// # Errors
/// When cargo cannot be started.
fn refused_in_a_release(root: &Path) -> Result<bool> {
    let flags = ["--", "-C", "debug-assertions=off"];
    let args = [
        &["rustc", "--quiet", "-p", "skts-scene", "--lib"][..],
        &flags,
    ]
    .concat();
    run::announce("cargo", &args);
    let built = run::command(root, "cargo", &args).output()?;
    let said = String::from_utf8_lossy(&built.stderr);
    let refused = !built.status.success() && said.contains("no release may contain them");
    if !refused {
        println!("scenes compile as a release has them, or do not for another reason:\n{said}");
    }
    Ok(refused)
}

/// Builds, then runs the tool with `args`. The app is a release's code; with `--debug` it is the one for
/// development, which is built sooner.
///
/// # Errors
/// When a build fails or the tool cannot be started.
pub(crate) fn start(root: &Path, args: &[String]) -> Result<ExitCode> {
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    let debug = args.contains(&"--debug");
    args.retain(|arg| *arg != "--debug");
    let (profile, folder) = if debug {
        ("dev", "debug")
    } else {
        ("qa", "qa")
    };
    let without_app = |arg: &&str| matches!(*arg, "--list" | "--accept" | "--help" | "-h");
    if args.iter().any(without_app) {
        run::step(root, "cargo", TOOL)?;
    } else {
        println!("x: building the app that opens scenes (the first time takes some minutes)");
        build(root, profile)?;
    }
    let target =
        run::setting("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let status = Command::new(target.join("debug/shots"))
        .args(&args)
        .env(
            "SKTS_BIN_SKTS_APP_QA",
            target.join(folder).join("skts-app-qa"),
        )
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
