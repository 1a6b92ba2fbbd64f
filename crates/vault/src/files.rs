//! Files of the profile: replaced whole or not at all, for their owner only.
//!
//! Every change goes through [`FileSystem`], so that tests can cut it off after any step.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::OpenError;

/// No file of a profile is larger; what is, is damaged.
pub(crate) const FILE_LIMIT_BYTES: usize = 256 * 1024;

const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The steps by which a profile changes.
pub(crate) trait FileSystem: fmt::Debug + Send + Sync {
    /// Makes the folder and those above it; one that is there is given the right mode.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Writes a file that nobody reads yet, down to the disk.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Puts one name in the place of another, at once.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Brings the names in a folder down to the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug)]
pub(crate) struct Disk;

impl FileSystem for Disk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
            builder.mode(0o700);
            builder.create(path)?;
            if fs::metadata(path)?.permissions().mode() & 0o777 != 0o700 {
                fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            }
            Ok(())
        }
        #[cfg(not(unix))]
        builder.create(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Windows has no such call: there the rename itself is journalled.
        #[cfg(unix)]
        File::open(path)?.sync_all()?;
        #[cfg(not(unix))]
        let _ = path;
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// The profile's folder. Names are relative to it, with `/` between the parts.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    disk: Arc<dyn FileSystem>,
}

impl Folder {
    pub(crate) fn new(root: PathBuf, disk: Arc<dyn FileSystem>) -> Self {
        Self { root, disk }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn make(&self, name: &str) -> io::Result<()> {
        self.disk.make_folder(&if name.is_empty() {
            self.root.clone()
        } else {
            self.path(name)
        })
    }

    /// Reads a file; `None` if there is none. One over the limit comes back cut off just past
    /// it, so that no reader takes it for whole.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take((FILE_LIMIT_BYTES as u64).saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Replaces a file whole: whoever reads it, now or after a crash, reads the old or the new.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        let new = self.path(&format!("{name}.new"));
        let replaced = self
            .disk
            .write(&new, bytes)
            .and_then(|()| self.disk.rename(&new, &path));
        if let Err(error) = replaced {
            // Not to leave half a file on a full disk; the first error is the one that counts.
            let _ = self.disk.remove(&new);
            return Err(error);
        }
        self.sync_above(&path)
    }

    /// Removes a file and what a cut-off `replace` left of it; one that is not there is gone.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        for name in [format!("{name}.new"), name.to_owned()] {
            match self.disk.remove(&self.path(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.sync_above(&self.path(name))
    }

    /// Moves a file or folder; one that is not there is moved already.
    pub(crate) fn move_to(&self, from: &str, to: &str) -> io::Result<()> {
        match self.disk.rename(&self.path(from), &self.path(to)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.disk.sync_folder(&self.root),
        }
    }

    /// The names, without their ending, of the `.skts` files in a folder, sorted.
    pub(crate) fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.path(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            if let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".skts")) {
                names.push(stem.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Copies a damaged file to `damaged/`, under a name made from its bytes so that trying again
    /// makes no second copy. `None` if the copy could not be made; the original stays as it is.
    pub(crate) fn save_aside(&self, name: &str) -> Option<PathBuf> {
        let bytes = self.read(name).ok()??;
        let digest = hex::encode(Sha256::digest(&bytes));
        let copy = format!("damaged/{}.{}", name.replace('/', "-"), digest.get(..8)?);
        if self.read(&copy).ok()?.as_deref() != Some(&bytes) {
            self.make("damaged").ok()?;
            self.replace(&copy, &bytes).ok()?;
        }
        Some(self.path(&copy))
    }

    /// Takes the profile for this program alone, until the result is dropped.
    ///
    /// A profile on a read-only disk can still be opened: the lock needs no writing once the file
    /// is there.
    pub(crate) fn lock(&self) -> Result<ProfileLock, OpenError> {
        let path = self.path("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options
            .open(&path)
            .or_else(|error| File::open(&path).map_err(|_| error))
            .map_err(|error| OpenError::Disk(error.kind()))?;
        // A child that is just being started shares our open files until it runs its own program,
        // so a lock let go a moment ago can still be seen as held.
        let mut patience = LOCK_TRIES;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(ProfileLock { _file: file }),
                Err(TryLockError::WouldBlock) if patience > 0 => {
                    patience = patience.saturating_sub(1);
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => return Err(OpenError::InUse),
                // Android has no such lock in the standard library, and one process an
                // application.
                Err(TryLockError::Error(error))
                    if cfg!(target_os = "android")
                        && error.kind() == io::ErrorKind::Unsupported =>
                {
                    return Ok(ProfileLock { _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(OpenError::Disk(error.kind())),
            }
        }
    }

    fn sync_above(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_folder(path.parent().unwrap_or(&self.root))
    }
}

/// Holds the profile; the system lets go of it when the file is closed, also by a crash.
#[derive(Debug)]
pub(crate) struct ProfileLock {
    _file: File,
}
