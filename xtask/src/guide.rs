//! `./x guide`: builds the maker of the customer's guide, then hands over to it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::context::Context;
use crate::count::Tally;
use crate::rings::TEST;
use crate::run;

/// Builds, then runs the program `guide` with `args`, which says itself what it made or lacks.
///
/// # Errors
/// When the build fails or the program cannot be started.
pub(crate) fn start(root: &Path, args: &[String]) -> Result<ExitCode> {
    run::step(root, "cargo", &["build", "--quiet", "-p", "skts-guide"])?;
    let mut call = vec!["run", "--quiet", "-p", "skts-guide", "--bin", "guide", "--"];
    call.extend(args.iter().map(String::as_str));
    let good = run::command(root, "cargo", &call).status()?.success();
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The ring: the guide of each preset, printed and read back.
///
/// # Errors
/// When cargo cannot be started.
pub(crate) fn ring(context: &Context<'_>) -> Result<Tally> {
    let test = [TEST, &["--test", "printed"]].concat();
    context.steadied(&test, &[])
}
