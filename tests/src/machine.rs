//! The same program on what it takes for another machine.
//!
//! The machine id, a folder or a disk is changed by mounts in a private mount namespace, seen by
//! that one process only. Nothing of this is a switch in the programs under test.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::script;

const ID_FILES: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// What is different on the other machine.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    id: Option<String>,
    read_only: Vec<PathBuf>,
    full: Vec<PathBuf>,
    small: Vec<(PathBuf, u32)>,
    rights_count: bool,
    files: Vec<(String, String)>,
    host_name: Option<String>,
    without_network: bool,
    later_secs: u64,
    clock_ahead_secs: u64,
}

/// A disk of [`Machine::with_small_disk`] under a running program, as others reach it.
#[derive(Clone, Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// The disk under `folder` of the program with this process id.
    pub fn of(pid: u32, folder: &Path) -> Self {
        let below = folder.strip_prefix("/").unwrap_or(folder);
        Self(
            Path::new("/proc")
                .join(pid.to_string())
                .join("root")
                .join(below),
        )
    }

    /// The folder, as it is there.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes all room there is.
    ///
    /// # Errors
    /// When that cannot be written for another reason than being full.
    pub fn fill(&self) -> Result<()> {
        let mut file = fs::File::create(self.ballast())?;
        loop {
            match file.write(&[0; 4096]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives back what [`Disk::fill`] took.
    ///
    /// # Errors
    /// When it took nothing.
    pub fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Machine {
    /// A machine whose id is `id` (32 hexadecimal digits).
    pub fn other(id: &str) -> Self {
        Self {
            id: Some(format!("{id}\n")),
            ..Self::default()
        }
    }

    /// A machine whose id files are empty.
    pub fn without_id() -> Self {
        Self {
            id: Some(String::new()),
            ..Self::default()
        }
    }

    /// This machine, with a wall clock so many seconds ahead. The clock that counts since the start of
    /// the computer is as it is.
    pub fn with_clock_ahead(secs: u64) -> Self {
        Self {
            clock_ahead_secs: secs,
            ..Self::default()
        }
    }

    /// This machine, with `folder` on a disk that cannot be written.
    pub fn with_read_only(folder: &Path) -> Self {
        Self {
            read_only: vec![folder.to_owned()],
            ..Self::default()
        }
    }

    /// This machine, with `folder` an empty disk of its own on which nothing is free.
    pub fn with_full_disk(folder: &Path) -> Self {
        Self {
            full: vec![folder.to_owned()],
            ..Self::default()
        }
    }

    /// This machine, with `folder` and what is in it on a disk of its own of `kib` KiB.
    pub fn with_small_disk(folder: &Path, kib: u32) -> Self {
        Self {
            small: vec![(folder.to_owned(), kib)],
            ..Self::default()
        }
    }

    /// This machine, where the rights to a file count for root as well.
    pub fn where_rights_count() -> Self {
        Self {
            rights_count: true,
            ..Self::default()
        }
    }

    /// The same, where the file `path` of the system has other content.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: &str) -> Self {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// The same, with another host name.
    #[must_use]
    pub fn with_host_name(mut self, name: &str) -> Self {
        self.host_name = Some(name.to_owned());
        self.with_file("/etc/hostname", &format!("{name}\n"))
    }

    /// The same, with no network but an interface that leads nowhere.
    #[must_use]
    pub fn without_network(mut self) -> Self {
        self.without_network = true;
        self
    }

    /// The same, so many seconds later by the clock that counts since the start of the computer.
    #[must_use]
    pub fn later(mut self, secs: u64) -> Self {
        self.later_secs = secs;
        self
    }

    /// Writes an executable into `folder` that runs `program` on this machine, passing its
    /// arguments on, and gives its path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn wrap(&self, program: &Path, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let mut steps = String::from("set -e\n");
        if let Some(id) = &self.id {
            let file = folder.join("machine-id");
            fs::write(&file, id)?;
            for target in ID_FILES {
                let file = quoted(&file);
                steps += &format!("if [ -e {target} ]; then mount --bind {file} {target}; fi\n");
            }
        }
        for (at, (target, content)) in self.files.iter().enumerate() {
            let file = folder.join(format!("file-{at}"));
            fs::write(&file, content)?;
            let (file, target) = (quoted(&file), quoted(target));
            steps += &format!("if [ -e {target} ]; then mount --bind {file} {target}; fi\n");
        }
        if let Some(name) = &self.host_name {
            steps += &format!("hostname {}\n", quoted(name));
        }
        for folder in &self.read_only {
            let folder = quoted(folder);
            steps +=
                &format!("mount --bind {folder} {folder}\nmount -o remount,bind,ro {folder}\n");
        }
        for folder in &self.full {
            let folder = quoted(folder);
            steps += &format!(
                "mount -t tmpfs -o size=16k,mode=0700 tmpfs {folder}\n\
                 head -c 65536 /dev/zero > {folder}/ballast 2>/dev/null || true\n"
            );
        }
        for (place, kib) in &self.small {
            let (place, kept) = (quoted(place), quoted(folder.join("kept")));
            steps += &format!(
                "mkdir -p {kept}\ncp -a {place}/. {kept}\n\
                 mount -t tmpfs -o size={kib}k,mode=0700 tmpfs {place}\n\
                 cp -a {kept}/. {place}\n"
            );
        }
        if self.clock_ahead_secs > 0 {
            steps += &format!(
                "for library in /usr/lib*/faketime/libfaketime.so.1 /usr/lib/*/faketime/libfaketime.so.1; do\n\
                 if [ -e \"$library\" ]; then export LD_PRELOAD=\"$library\"; fi\ndone\n\
                 export FAKETIME=+{}s FAKETIME_DONT_FAKE_MONOTONIC=1\n",
                self.clock_ahead_secs
            );
        }
        let inner = folder.join("inside");
        // The mounts need root, or a user namespace in which we are root; from there the program
        // goes back to the user it was, or the session bus would not know it.
        let mut apart = "--mount".to_owned();
        if self.host_name.is_some() {
            apart += " --uts";
        }
        if self.without_network {
            apart += " --net";
        }
        if self.later_secs > 0 {
            apart += &format!(" --time --boottime {}", self.later_secs);
        }
        let text = format!(
            "#!/bin/sh\nset -e\nif [ \"$(id -u)\" = 0 ]; then exec unshare {apart} sh {inner} \"$@\"; fi\n\
             export WAS_UID=\"$(id -u)\" WAS_GID=\"$(id -g)\"\n\
             exec unshare --user --map-root-user {apart} sh {inner} \"$@\"\n",
            inner = quoted(&inner)
        );
        steps += &format!(
            "if [ -n \"$WAS_UID\" ]; then\n  exec unshare --user --map-user=\"$WAS_UID\" \
             --map-group=\"$WAS_GID\" -- {program} \"$@\"\nfi\nexec {rights}{program} \"$@\"\n",
            program = quoted(program),
            rights = if self.rights_count {
                "setpriv --bounding-set=-dac_override,-dac_read_search -- "
            } else {
                ""
            }
        );
        fs::write(&inner, steps)?;
        let outer = folder.join("outside");
        script::write(&outer, &text)?;
        Ok(outer)
    }
}

/// Whether mounts in a private namespace are allowed here.
///
/// # Errors
/// When they are not, with the reason the system gives.
pub fn check() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("skts-mount-").tempdir()?;
    let program = Machine::other("0123456789abcdef0123456789abcdef")
        .wrap(Path::new("/bin/cat"), folder.path())?;
    let output = Command::new(program)
        .arg("/etc/machine-id")
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        output.stdout.starts_with(b"0123456789abcdef"),
        "no private mounts on this machine: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn quoted(path: impl AsRef<OsStr>) -> String {
    format!(
        "'{}'",
        path.as_ref().to_string_lossy().replace('\'', "'\\''")
    )
}
