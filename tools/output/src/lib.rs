//! The folder a tool makes: whole or not at all, and never over somebody's own files.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Who makes folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maker {
    /// The command, as it is called: `./x guide`.
    pub command: &'static str,
    /// The file that shows that a folder was made by it.
    pub marker: &'static str,
}

/// A new folder beside the one it will become.
#[derive(Debug)]
pub struct NewFolder {
    target: PathBuf,
    new: TempDir,
}

/// Why a folder cannot be made or put in place.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something of somebody else's.
    #[error(
        "{path} is there and was not made by {command}; name another folder with --out, or move it away"
    )]
    NotOurs {
        /// Where.
        path: PathBuf,
        /// The command that makes folders here.
        command: &'static str,
    },
    /// The disk says no.
    #[error("{path} cannot be written; make room or name another folder with --out ({cause})")]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

fn disk(path: &Path) -> impl Fn(std::io::Error) -> FolderError {
    let path = path.to_owned();
    move |cause| FolderError::Disk {
        path: path.clone(),
        cause,
    }
}

impl NewFolder {
    /// Begins a folder that will be `target`.
    ///
    /// # Errors
    /// When something is there that is not ours, or the disk says no.
    pub fn begin(target: &Path, maker: Maker) -> Result<Self, FolderError> {
        let Maker { command, marker } = maker;
        let empty = fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
        if target.symlink_metadata().is_ok() && !target.join(marker).is_file() && !empty {
            return Err(FolderError::NotOurs {
                path: target.to_owned(),
                command,
            });
        }
        let above = match target.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        fs::create_dir_all(above).map_err(disk(above))?;
        let new = tempfile::Builder::new().prefix(".skts-").tempdir_in(above);
        let new = new.map_err(disk(above))?;
        fs::write(
            new.path().join(marker),
            format!("Made by {command}, which may replace it.\n"),
        )
        .map_err(disk(new.path()))?;
        Ok(Self {
            target: target.to_owned(),
            new,
        })
    }

    /// The folder as it is being made.
    pub fn path(&self) -> &Path {
        self.new.path()
    }

    /// Takes the file `name` over from the folder whose place this takes; nothing is copied where the disk
    /// can give one file two names.
    ///
    /// # Errors
    /// When it is not there, or the disk says no.
    pub fn keep(&self, name: &str) -> Result<(), FolderError> {
        let (before, now) = (self.target.join(name), self.path().join(name));
        if let Some(above) = now.parent() {
            fs::create_dir_all(above).map_err(disk(above))?;
        }
        fs::hard_link(&before, &now)
            .or_else(|_| fs::copy(&before, &now).map(drop))
            .map_err(disk(&before))
    }

    /// Writes `bytes` as the file `name` of the folder, with the folders it is in.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path().join(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(disk(above))?;
        }
        fs::write(&path, bytes).map_err(disk(&path))
    }

    /// Puts the folder in place of what was made there before.
    ///
    /// # Errors
    /// When the disk says no; what was there before is then there still.
    pub fn finish(self) -> Result<(), FolderError> {
        let target = &self.target;
        let fail = disk(target);
        let new = self.new.keep();
        let before = target.symlink_metadata().is_ok();
        let old = new.with_extension("old");
        if before {
            fs::rename(target, &old).map_err(&fail)?;
        }
        if let Err(cause) = fs::rename(&new, target) {
            if before {
                fs::rename(&old, target).map_err(&fail)?;
            }
            fs::remove_dir_all(&new).map_err(&fail)?;
            return Err(fail(cause));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(target, fs::Permissions::from_mode(0o755)).map_err(&fail)?;
        }
        if before {
            fs::remove_dir_all(&old).map_err(&fail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAKER: Maker = Maker {
        command: "./x guide",
        marker: ".skts-guide",
    };

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_guide_replaces_an_older_one_and_leaves_nothing_beside_it() {
        let above = tempfile::tempdir().unwrap();
        let target = above.path().join("out");
        for text in ["first", "second"] {
            let folder = NewFolder::begin(&target, MAKER).unwrap();
            folder.write("a/b.txt", text.as_bytes()).unwrap();
            folder.finish().unwrap();
            assert_eq!(fs::read_to_string(target.join("a/b.txt")).unwrap(), text);
        }
        assert_eq!(names(above.path()), ["out"]);
    }

    #[test]
    fn what_is_kept_is_there_in_the_new_folder_and_can_be_written_anew() {
        let above = tempfile::tempdir().unwrap();
        let target = above.path().join("out");
        for round in ["first", "second"] {
            let folder = NewFolder::begin(&target, MAKER).unwrap();
            if round == "first" {
                folder.write("a/kept.txt", b"kept").unwrap();
            } else {
                folder.keep("a/kept.txt").unwrap();
                assert!(folder.keep("a/gone.txt").is_err());
            }
            folder.write("new.txt", round.as_bytes()).unwrap();
            folder.finish().unwrap();
        }
        let read = |name: &str| fs::read_to_string(target.join(name)).unwrap();
        assert_eq!(
            (read("a/kept.txt"), read("new.txt")),
            ("kept".to_owned(), "second".to_owned())
        );
    }

    #[test]
    fn a_folder_of_somebody_elses_is_refused_and_left_as_it_is() {
        let above = tempfile::tempdir().unwrap();
        let target = above.path().join("out");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("letter.txt"), "dear").unwrap();
        let refused = NewFolder::begin(&target, MAKER).unwrap_err();
        assert!(matches!(refused, FolderError::NotOurs { .. }), "{refused}");
        assert_eq!(names(above.path()), ["out"]);
        assert_eq!(
            fs::read_to_string(target.join("letter.txt")).unwrap(),
            "dear"
        );
    }

    #[test]
    fn one_that_is_not_finished_leaves_what_was_there() {
        let above = tempfile::tempdir().unwrap();
        let target = above.path().join("out");
        let folder = NewFolder::begin(&target, MAKER).unwrap();
        folder.write("a.txt", b"whole").unwrap();
        folder.finish().unwrap();
        let folder = NewFolder::begin(&target, MAKER).unwrap();
        folder.write("a.txt", b"half").unwrap();
        drop(folder);
        assert_eq!(fs::read_to_string(target.join("a.txt")).unwrap(), "whole");
        assert_eq!(names(above.path()), ["out"]);
    }
}
