//! Starting other programs: their output passes through as it comes, and is read on the way.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The environment variable `name`, if it is set and not empty.
pub(crate) fn setting(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether a skipped ring is a failure: `CI=true`.
pub(crate) fn in_ci() -> bool {
    setting("CI").is_some_and(|value| value == "true")
}

/// A point in time, for durations only.
#[expect(
    clippy::disallowed_methods,
    reason = "a host that shows how long its work takes"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Where `program` is: on the search path, or where Debian keeps PostgreSQL's and Wine's.
pub(crate) fn found(program: &str) -> Option<PathBuf> {
    let path = setting("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let postgres = versions.flatten().map(|version| version.path().join("bin"));
    std::env::split_paths(&path)
        .chain(postgres)
        .chain([PathBuf::from("/usr/lib/wine")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Whether `program` can be started.
pub(crate) fn installed(program: &str) -> bool {
    found(program).is_some()
}

/// `program` in the root, with the settings every task shares.
///
/// Snapshots are never rewritten in CI, and cargo keeps its colours where they will be seen.
pub(crate) fn command(root: &Path, program: &str, args: &[&str]) -> Command {
    let mut command = match (program, setting("CARGO")) {
        // The very cargo that started this, without rustup's detour.
        ("cargo", Some(cargo)) => Command::new(cargo),
        _ => Command::new(program),
    };
    command.args(args).current_dir(root);
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    if in_ci() {
        command.env("INSTA_UPDATE", "no");
    }
    // What `cargo run` sets for this program is not meant for the programs it starts.
    for name in [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs `program` to its end, its output on the terminal.
///
/// # Errors
/// When it cannot be started or does not exit with 0.
pub(crate) fn step(root: &Path, program: &str, args: &[&str]) -> Result<()> {
    announce(program, args);
    let status = command(root, program, args)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program} {} ended with {status}", args.join(" "));
    }
    Ok(())
}

/// What `program` prints, without showing it.
///
/// # Errors
/// When it cannot be started or does not exit with 0.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let name = format!("{command:?}");
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!("{name} ended with {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs `command`, passes each line of both its outputs on at once, and gives it to `read`.
///
/// Returns whether it exited with 0.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn watched(command: &mut Command, read: &mut dyn FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let (sender, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        pass_lines(output, sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        pass_lines(output, sender);
    }
    for line in lines {
        println!("{line}");
        read(&line);
    }
    Ok(child.wait()?.success())
}

fn pass_lines(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            // Nobody listens any more only when this program is ending.
            let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
}

/// Says on the terminal what is about to run.
pub(crate) fn announce(program: &str, args: &[&str]) {
    println!("$ {program} {}", args.join(" "));
}
