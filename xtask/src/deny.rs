//! The ring `deny`: cargo-deny over the dependencies, from the lock file alone.

use std::path::Path;

use anyhow::Result;

use crate::context::Context;
use crate::count::Tally;
use crate::run as programs;

const CARGO_DENY: &str = "0.20.2";

/// The advisories need a database from the network, so they are not asked here: CONTRIBUTING.md.
pub(crate) fn run(context: &Context<'_>) -> Result<Tally> {
    let own = context.root.join("target/tools/bin/cargo-deny");
    if !own.is_file() && !programs::installed("cargo-deny") {
        println!(
            "deny: building cargo-deny {CARGO_DENY} once, into target/tools (about 2 minutes)"
        );
        // It works for a second: optimising it would take longer than it ever runs.
        let install = [
            "--config",
            "profile.dev.debug=false",
            "install",
            "cargo-deny",
            "--locked",
            "--debug",
            "--version",
            CARGO_DENY,
        ];
        let place = [
            "--root",
            "target/tools",
            "--target-dir",
            "target/tools/build",
        ];
        programs::step(context.root, "cargo", &[&install[..], &place].concat())?;
    }
    // Every system's crates are looked at, so all are fetched, whatever this system builds.
    programs::step(context.root, "cargo", &["fetch"])?;
    let own = own.to_string_lossy();
    let program = if Path::new(&*own).is_file() {
        &*own
    } else {
        "cargo-deny"
    };
    let mut tally = Tally::default();
    let all = [
        "--offline",
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ];
    tally.check(context.holds(program, &all)?);
    Ok(tally)
}
