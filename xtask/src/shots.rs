//! `./x shots`: builds the app that opens scenes and what takes its pictures, then hands over.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::context::Context;
use crate::count::Tally;
use crate::rings::TEST;
use crate::{build, run};

/// The tool, built with all other crates at hand, as ring `unit` builds them: nothing is built twice.
const TOOL: &[&str] = &[
    "build",
    "--workspace",
    "--exclude",
    "skts-tests",
    "--bin",
    "shots",
];

/// What comes to it for the app on scenes.
const APP: &[&str] = &[
    "--bin",
    "skts-app-qa",
    "--features",
    "skts-app/dangerous-qa",
];

/// The ring: what keeps scenes out of a release, and pictures against their baselines and each other.
///
/// # Errors
/// When a build fails or cargo cannot be started.
pub(crate) fn ring(context: &Context<'_>) -> Result<Tally> {
    let mut tally = Tally::default();
    tally.check(refused_in_a_release(context.root)?);
    build::page(context.root)?;
    let test = [TEST, &["--features", "skts-app/dangerous-qa"]].concat();
    // `icons` is a test of the app's, for which cargo builds the app on scenes as well.
    let named = ["--test", "again", "--test", "told", "--test", "icons"];
    let test = [&test[..], &named].concat();
    tally += context.steadied(&test, &[])?;
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

/// Builds, then runs the tool with `args`.
///
/// # Errors
/// When a build fails or the tool cannot be started.
pub(crate) fn start(root: &Path, args: &[String]) -> Result<ExitCode> {
    let without_app = |arg: &String| matches!(&**arg, "--list" | "--accept" | "--help" | "-h");
    if args.iter().any(without_app) {
        run::step(root, "cargo", TOOL)?;
    } else {
        println!("x: building the app that opens scenes (the first time takes some minutes)");
        build::page(root)?;
        run::step(root, "cargo", &[TOOL, APP].concat())?;
    }
    let target =
        run::setting("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let status = Command::new(target.join("debug/shots"))
        .args(args)
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
