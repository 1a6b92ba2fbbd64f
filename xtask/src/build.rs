//! What several tasks build: the page of the window, and the programs.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

use crate::run;

/// Installs the page's packages, unless the installed ones are those of the lock file.
///
/// # Errors
/// When npm fails.
pub(crate) fn page_packages(root: &Path) -> Result<()> {
    let installed = root.join("ui/node_modules/.package-lock.json");
    if newest(&installed) < newest(&root.join("ui/package-lock.json")) {
        run::step(root, "npm", &["--prefix", "ui", "ci"])?;
    }
    Ok(())
}

const FIXTURE: &str = "dist-fixture";

/// Builds the page into `ui/dist`, unless it is newer than all it is made of.
///
/// The window's crate embeds it, so this comes before any build of `skts-app`.
///
/// # Errors
/// When npm or the build fails.
pub(crate) fn page(root: &Path) -> Result<()> {
    page_packages(root)?;
    let ui = root.join("ui");
    let mut sources = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(&ui)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != "dist" && name != FIXTURE && name != "node_modules" {
            sources = sources.max(newest(&entry.path()));
        }
    }
    if newest(&ui.join("dist/index.html")) < sources {
        run::step(root, "npm", &["--prefix", "ui", "run", "build"])?;
    }
    Ok(())
}

/// Builds the page on the host that stands in for the app, for a browser.
///
/// # Errors
/// When npm or the build fails.
pub(crate) fn fixture_page(root: &Path) -> Result<()> {
    page_packages(root)?;
    let build = ["--prefix", "ui", "run", "build", "--", "--mode", "fixture"];
    run::step(root, "npm", &build)
}

/// The programs the stories and the demo drive.
pub(crate) const PROGRAMS: &[&str] = &[
    "build",
    "-p",
    "skts-issuer",
    "-p",
    "skts-sample-bank",
    "-p",
    "skts-cli",
];

/// Builds the programs, with the window if `window`.
///
/// # Errors
/// When a build fails.
pub(crate) fn programs(root: &Path, window: bool) -> Result<()> {
    if !window {
        return run::step(root, "cargo", PROGRAMS);
    }
    page(root)?;
    run::step(root, "cargo", &[PROGRAMS, &["-p", "skts-app"]].concat())
}

/// When the file, or the newest file below the folder, was last written; the epoch if it is absent.
fn newest(path: &Path) -> SystemTime {
    let own = fs::metadata(path).and_then(|metadata| metadata.modified());
    let mut latest = own.unwrap_or(SystemTime::UNIX_EPOCH);
    if path.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            latest = latest.max(newest(&entry.path()));
        }
    }
    latest
}
