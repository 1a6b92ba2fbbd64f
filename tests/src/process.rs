//! Programs started by a story, and their certain end.
//!
//! Each program leads a process group of its own, so ending it by its id also ends what it
//! started. It is ended when its handle is dropped (also by a panic), by [`end_everything`] (from
//! a signal), and by the kernel should the story itself be killed outright.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::clock::wait_for;

/// Processes that are running and not yet reaped, so their ids cannot belong to anybody else.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());
/// Folders to remove when the story is interrupted.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A program that runs until it ends, is ended, or its handle is dropped.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Starts `command` as the leader of a process group of its own.
    ///
    /// # Errors
    /// When the program cannot be started; the message names it.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        use std::os::unix::process::CommandExt;
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        lock(&RUNNING).push(child.id());
        Ok(Self {
            name: name.to_owned(),
            child,
            ended: None,
        })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process, for its standard streams.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The exit status, if the program has ended.
    ///
    /// # Errors
    /// When the system refuses the question.
    pub fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none()
            && let Some(status) = self.child.try_wait()?
        {
            lock(&RUNNING).retain(|pid| *pid != self.child.id());
            self.ended = Some(status);
        }
        Ok(self.ended)
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    /// When it has not ended within `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        wait_for(limit, &what, || self.poll())
    }

    /// Kills the program and its group at once, as a crash would (`SIGKILL`).
    ///
    /// # Errors
    /// When it does not end within five seconds.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL);
        self.wait(Duration::from_secs(5)).map(drop)
    }

    /// Asks the program to end (`SIGTERM`), and kills it if it has not after three seconds.
    ///
    /// # Errors
    /// When it does not even end by being killed.
    pub fn end(&mut self) -> Result<()> {
        if self.poll()?.is_some() {
            return Ok(());
        }
        self.signal(Signal::TERM);
        if self.wait(Duration::from_secs(3)).is_err() {
            return self.kill();
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) {
        if self.ended.is_none() {
            signal_group(self.child.id(), signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{}: {error:#}", self.name);
        }
    }
}

/// `program`, to be killed by the kernel should the thread that starts it die.
///
/// Used for servers and daemons, which would otherwise outlive a story that was killed outright.
pub fn leashed(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Sends both output streams of `command` to `log`, and gives it no input.
///
/// # Errors
/// When the file cannot be made.
pub fn log_to(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    Ok(())
}

/// Notes a folder that [`end_everything`] removes.
pub fn remember_folder(folder: &Path) {
    lock(&FOLDERS).push(folder.to_owned());
}

/// Removes a folder and forgets it. A browser writes on for a moment after its end: it is tried again.
pub fn remove_folder(folder: &Path) {
    for _ in 0..20 {
        if std::fs::remove_dir_all(folder).is_ok() || !folder.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    lock(&FOLDERS).retain(|kept| kept != folder);
}

/// Ends every program that is still running and removes every remembered folder.
pub fn end_everything() {
    let pids: Vec<u32> = lock(&RUNNING).drain(..).rev().collect();
    for pid in &pids {
        signal_group(*pid, Signal::TERM);
    }
    std::thread::sleep(Duration::from_millis(300));
    for pid in &pids {
        signal_group(*pid, Signal::KILL);
    }
    for folder in lock(&FOLDERS).drain(..) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

fn signal_group(leader: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
