//! Key files: written once, for their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::KeyError;

/// Writes a file that only its owner can read; what is there is never overwritten.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path).map_err(KeyError::from_io)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(KeyError::from_io)
}

/// A key that others can read is no secret.
#[cfg(unix)]
pub(crate) fn refuse_if_others_can_read(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path)
        .map_err(KeyError::from_io)?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::ReadableByOthers)
    }
}

#[cfg(not(unix))]
pub(crate) fn refuse_if_others_can_read(_path: &Path) -> Result<(), KeyError> {
    Ok(())
}
