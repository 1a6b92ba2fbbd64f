//! A copy of a SQLite database while others read and write it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::Place;

/// Why no copy was made. What was there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is not a file.
    #[error("the database is on a PostgreSQL server: copy it with pg_dump")]
    Server,
    /// The copy cannot be written, or there is something of this name.
    #[error("{path} cannot be written: {why}", path = path.display())]
    Out {
        /// The copy.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// The database.
    #[error("the database cannot be copied: {0}")]
    Database(#[from] sqlx::Error),
}

/// Copies the database at `place` to a new file `out`, as it is at one moment. Needs no key and changes
/// nothing, the schema of an older version neither.
///
/// # Errors
/// [`BackupError`]; a copy that was begun is taken away.
pub(crate) async fn copy(place: &Place, out: &Path) -> Result<(), BackupError> {
    let Place::File(database) = place else {
        return Err(BackupError::Server);
    };
    let failed = |why| BackupError::Out {
        path: out.to_owned(),
        why,
    };
    // SQLite fills an empty file, and leaves its mode as it is.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(out).map_err(failed)?;
    let copied = fill(database, out).await;
    let done = match copied {
        Ok(()) => file.sync_all().map_err(failed),
        Err(error) => Err(error.into()),
    };
    if done.is_err() {
        // What failed first is what is told.
        let _ = fs::remove_file(out);
    }
    done
}

async fn fill(database: &Path, out: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true);
    let mut connection = options.connect().await?;
    sqlx::query("VACUUM INTO ?")
        .bind(out.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await?;
    connection.close().await
}
