//! The ring `wine`: what is built for Windows runs, on a Windows that is a program.

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::count::Tally;
use crate::{build, cross, run};

/// What the ring needs.
pub(crate) const PROGRAMS: &[&str] = &["rustup", "wine64", "x86_64-w64-mingw32-gcc", "setpriv"];

const TARGET: &str = "x86_64-pc-windows-gnu";
const RUNNER: &str = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER";

/// The vault's own tests, then the program with a token service.
///
/// # Errors
/// When a tool cannot be started or a build fails.
pub(crate) fn run(context: &Context<'_>) -> Result<Tally> {
    cross::add_target(context.root, TARGET)?;
    // As ring `story` builds them; the test brings the program that starts Wine.
    build::programs(context.root, false)?;
    for build in [
        &["test", "--no-run", "-p", "skts-tests", "--test", "wine"][..],
        &["build", "--target", TARGET, "-p", "skts-cli"],
    ] {
        run::step(context.root, "cargo", build)?;
    }
    let own = std::env::current_exe()?;
    let runner = own.with_file_name("wine");
    let runner = runner.to_str().context("the target folder's name")?;
    let vault = [
        "test",
        "--target",
        TARGET,
        "-p",
        "skts-vault",
        "--lib",
        "--no-fail-fast",
    ];
    let mut tally = context.steadied(&vault, &[(RUNNER, runner)])?;
    // All at once: they share one Wine as long as one of them has it.
    let stories = [
        "test",
        "-p",
        "skts-tests",
        "--test",
        "wine",
        "--no-fail-fast",
        "--",
        "--test-threads=8",
    ];
    tally += context.steadied(&stories, &[])?;
    Ok(tally)
}
