//! Where the programs under test are found.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The environment variable `name`, if it is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "stories are configured by their environment"
)]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The built program `name` of this workspace.
///
/// `SKTS_BIN_<NAME>` names one program (`SKTS_BIN_SKTS_ISSUER`), `SKTS_BIN_DIR` the folder of all;
/// without either it is the profile folder this very program was built into.
///
/// # Errors
/// When there is no such file, with the command that makes it.
pub fn program(name: &str) -> Result<PathBuf> {
    let own = format!("SKTS_BIN_{}", name.to_uppercase().replace('-', "_"));
    let path = match setting(&own) {
        Some(path) => PathBuf::from(path),
        None => folder()?.join(name),
    };
    if !path.is_file() {
        let package = if name == "skts" { "skts-cli" } else { name };
        bail!(
            "{} is not there; build it: cargo build -p {package}",
            path.display()
        );
    }
    path.canonicalize()
        .with_context(|| format!("cannot resolve {}", path.display()))
}

fn folder() -> Result<PathBuf> {
    if let Some(folder) = setting("SKTS_BIN_DIR") {
        return Ok(PathBuf::from(folder));
    }
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program has no folder")?;
    Ok(match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().unwrap_or(folder).to_owned(),
        _ => folder.to_owned(),
    })
}

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .map_or_else(|| here.clone(), std::path::Path::to_owned)
}

/// Whether `name` is an executable on the search path.
pub fn installed(name: &str) -> bool {
    setting("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

/// Whether all of `names` are installed; if not, says so, so that the story can be skipped.
///
/// The line goes straight to the terminal, past the capture of the test harness.
///
/// # Errors
/// With `CI=true` a missing program is a failure, not a skip.
pub fn have(names: &[&str]) -> Result<bool> {
    use std::io::Write;
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !installed(name))
        .copied()
        .collect();
    if missing.is_empty() {
        return Ok(true);
    }
    if setting("CI").as_deref() == Some("true") {
        bail!("not installed: {}", missing.join(", "));
    }
    writeln!(
        std::io::stderr(),
        "SKIPPED: not installed: {}",
        missing.join(", ")
    )?;
    Ok(false)
}
