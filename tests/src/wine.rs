//! A Windows of a story's own: a Wine prefix in a temporary folder.
//!
//! Wine shares this computer's network and sees its files as drive `Z:`, so that a program built for
//! Windows meets the same token service as one built for Linux, and a path of a folder here is one
//! there too.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{remember_folder, remove_folder};
use crate::programs::{installed, setting};
use crate::script;

/// What builds for Windows here.
const COMPILER: &str = "x86_64-w64-mingw32-gcc";
/// Where Debian has Wine's programs, none of which is on the search path.
const DEBIAN: &str = "/usr/lib/wine";
const READY: &str = "skts-prefix-is-made";
const MADE_WITHIN: Duration = Duration::from_secs(120);
/// No menus, no .NET, no browser: none of them is asked for.
const LEFT_OUT: &str = "mscoree,mshtml=;winemenubuilder.exe=d";

/// One installation of Wine: its drive `C:`, its registry, its Credential Manager, its machine.
#[derive(Debug)]
pub struct Wine {
    /// A program that waits. With the last one Wine ends its server and services, and one that starts at
    /// that moment finds them half gone.
    keeper: Option<Child>,
    folder: tempfile::TempDir,
}

impl Wine {
    /// Whether Wine and the compiler are here; says so if not.
    ///
    /// # Errors
    /// With `CI=true` when they are not.
    pub fn is_here() -> Result<bool> {
        let wine = if loader().is_some() { "sh" } else { "wine64" };
        crate::programs::have(&[wine, COMPILER])
    }

    /// Makes a prefix; takes some seconds and 700 MB.
    ///
    /// # Errors
    /// When Wine is not installed or fails.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("skts-wine-").tempdir()?;
        remember_folder(folder.path());
        let mut wine = Self {
            keeper: None,
            folder,
        };
        fs::create_dir(wine.join("home"))?;
        wine.keep()?;
        let system = wine.join("prefix/drive_c/windows/system32");
        if !system.join("bcryptprimitives.dll").exists() {
            wine.stand_in_for_bcryptprimitives(&system)?;
        }
        Ok(wine)
    }

    /// Starts the program that waits, as the first one here: for it Wine makes the prefix.
    fn keep(&mut self) -> Result<()> {
        let mut command = self.command()?;
        command
            .args(["cmd.exe", "/q"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let keeper = self.keeper.insert(command.spawn()?);
        let (input, output) = (keeper.stdin.as_mut(), keeper.stdout.take());
        let (input, output) = input.zip(output).context("no pipes to cmd.exe")?;
        writeln!(input, "echo {READY}\r")?;
        let (said, heard) = mpsc::channel();
        // Not to its end, which is Wine's: services that it starts hold the pipe too.
        std::thread::spawn(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            if lines.any(|line| line.contains(READY)) {
                let _ = said.send(());
            }
        });
        heard
            .recv_timeout(MADE_WITHIN)
            .context("Wine has made no prefix")
    }

    /// One prefix for all who ask while somebody has it.
    ///
    /// # Errors
    /// As [`Wine::start`].
    pub fn shared() -> Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Wine>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wine) = shared.upgrade() {
            return Ok(wine);
        }
        let wine = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&wine);
        Ok(wine)
    }

    /// Writes a program into `folder` that runs the Windows program `exe` here.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn wrap(&self, exe: &Path, folder: &Path) -> Result<PathBuf> {
        let wine = self.command()?;
        let mut text = String::from("#!/bin/sh\nunset SKTS_TPM\n");
        for (name, value) in wine.get_envs() {
            let value = value.unwrap_or_default();
            text += &format!("export {}={}\n", name.display(), quoted(value));
        }
        let (loader, exe) = (quoted(wine.get_program()), quoted(exe));
        text += &format!("exec {loader} {exe} \"$@\"\n");
        fs::create_dir_all(folder)?;
        let path = folder.join("run");
        script::write(&path, &text)?;
        Ok(path)
    }

    /// Wine's own program, here, without a display and without this program's environment.
    ///
    /// # Errors
    /// When Wine is not installed.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(loader().context("Wine is not installed")?);
        self.dress(command.env_clear());
        Ok(command)
    }

    fn dress(&self, command: &mut Command) {
        command
            .env("PATH", setting("PATH").unwrap_or_default())
            .env("HOME", self.join("home"))
            .env("WINEPREFIX", self.join("prefix"))
            .env("WINEARCH", "win64")
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", LEFT_OUT);
    }

    /// Rust's standard library takes its random numbers from a system library that Wine has since
    /// version 8.13 only, and Debian 12 has 8.0: there the name leads to the same generator under its
    /// older name.
    fn stand_in_for_bcryptprimitives(&self, folder: &Path) -> Result<()> {
        let names = self.join("names.def");
        fs::write(
            &names,
            "LIBRARY bcryptprimitives.dll\nEXPORTS\nProcessPrng = advapi32.SystemFunction036\n",
        )?;
        let made = Command::new(COMPILER)
            .args(["-shared", "-nostdlib", "-Wl,--entry=0", "-o"])
            .args([&folder.join("bcryptprimitives.dll"), &names])
            .output()
            .with_context(|| format!("{COMPILER} is not installed"))?;
        ensure!(made.status.success(), "{made:?}");
        Ok(())
    }

    fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        if let Some(server) = found("wineserver") {
            let mut server = Command::new(server);
            self.dress(server.arg("-k"));
            // Should it fail, Wine ends by itself soon after its last program.
            let _ = server.output();
        }
        if let Some(keeper) = &mut self.keeper {
            let _ = keeper.kill();
            let _ = keeper.wait();
        }
        remove_folder(self.folder.path());
    }
}

/// The program that starts a Windows program.
pub fn loader() -> Option<PathBuf> {
    found("wine64")
}

/// On the search path, or where Debian has it.
fn found(name: &str) -> Option<PathBuf> {
    let debian = Path::new(DEBIAN).join(name);
    if installed(name) {
        Some(name.into())
    } else {
        debian.is_file().then_some(debian)
    }
}

/// The `skts.exe` beside what this was built into.
///
/// # Errors
/// When it has not been built.
pub fn skts_exe() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let exe = own
        .ancestors()
        .map(|folder| folder.join("x86_64-pc-windows-gnu/debug/skts.exe"))
        .find(|path| path.is_file());
    exe.context(
        "skts.exe is not there; build it: cargo build --target x86_64-pc-windows-gnu -p skts-cli",
    )
}

/// For a shell.
fn quoted(text: impl AsRef<OsStr>) -> String {
    let text = text.as_ref().to_string_lossy().replace('\'', r"'\''");
    format!("'{text}'")
}
